// The watch against a real engine: how soon a commit is a snapshot, what that is worth, and a restart of the engine.
// A Swarm of one node without an edge; the source runs here, and reads the node's two sockets.

import { join } from 'node:path'
import protobuf from 'protobufjs/light.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createDocker } from '../../agent/docker/docker.ts'
import type { SwarmSourceOptions } from '../../agent/swarm/source.ts'
import { callWatch } from '../../agent/swarm/watch/call.ts'
import { readTrustRoot } from '../../agent/swarm/watch/trust-root.ts'
import { eventually } from '../support/eventually.ts'
import { readSource, type SourceReader } from '../support/source-reader.ts'
import { layOut } from './swarm/layout.ts'
import { createTestBed, removeTestBed, type TestBed } from './swarm/test-bed.ts'

const name = 'tgwatch'
const image = 'localhost:5000/tidegate-app:1'

let bed: TestBed
let swarmSocket: string

beforeAll(async () => {
  await removeTestBed(name)
  bed = await createTestBed({ name, nodes: 1, edge: false })
  swarmSocket = join(layOut(name, 1).nodes[0]?.execRoot ?? '', 'swarm/control.sock')
  await bed.node(0).docker('network', 'create', '--driver', 'overlay', 'web')
}, 240_000)

afterAll(async () => {
  await bed?.[Symbol.asyncDispose]()
}, 60_000)

const createService = (service: string, ...options: readonly string[]) =>
  bed
    .node(0)
    .docker(
      ...['service', 'create', '--name', service, '--network', 'web', '--no-resolve-image', '--quiet'],
      ...options,
      image,
    )

const isFollowing = (reader: SourceReader) => reader.source.status().watch?.isFollowing === true

/** What a task looked like from when on: `running, running`, or `gone` once it is in no snapshot. */
type Sighting = { readonly id: string; readonly says: string; readonly atMs: number }

/** A reader that notes, of each snapshot as it comes, the tasks that are not as they were. */
function noteTasks(options: Partial<SwarmSourceOptions>) {
  const sightings: Sighting[] = []
  let last: ReadonlyMap<string, string> = new Map()
  const reader = readSource(bed.node(0).socket, options, ({ tasks }) => {
    const atMs = Date.now()
    const now = new Map(tasks.map((each) => [each.id, `${each.state}, ${each.desiredState}`]))
    for (const id of new Set([...last.keys(), ...now.keys()])) {
      if (last.get(id) !== now.get(id)) sightings.push({ id, says: now.get(id) ?? 'gone', atMs })
    }
    last = now
  })
  return { reader, sightings, [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose]() }
}

// The commit's time is in the watch alone, and nobody but this test reads it: Meta.updated_at (swarmkit api/objects.proto).
const field = (id: number, type: string) => ({ id, type })
const timedMessage = protobuf.Root.fromJSON({
  nested: {
    Message: { fields: { events: { ...field(1, 'Event'), rule: 'repeated' } } },
    Event: { fields: { object: field(2, 'StoreObject') } },
    StoreObject: { fields: { task: field(4, 'Task') } },
    Task: {
      fields: {
        id: field(1, 'string'),
        meta: field(2, 'Meta'),
        status: field(9, 'Status'),
        desiredState: field(10, 'int32'),
      },
    },
    Meta: { fields: { updatedAt: field(3, 'Timestamp') } },
    Status: { fields: { state: field(2, 'int32') } },
    Timestamp: { fields: { seconds: field(1, 'int64'), nanos: field(2, 'int32') } },
  },
}).lookupType('Message')

const timed = z.object({
  events: z.array(
    z.object({
      object: z.object({
        task: z.object({
          id: z.string(),
          meta: z.object({ updatedAt: z.object({ seconds: z.number(), nanos: z.number().default(0) }) }),
          status: z.object({ state: z.number().default(0) }),
          desiredState: z.number(),
        }),
      }),
    }),
  ),
})

/** A sighting by a bare watch, the least that can be had, with the time at which Swarm began the commit. */
type Commit = Sighting & { readonly begunAtMs: number }

/** The commits of RUNNING, and of the decision to stop (SHUTDOWN, REMOVE), with their times; by a bare watch. */
async function noteCommits(commits: Commit[], signal: AbortSignal): Promise<void> {
  const docker = createDocker({
    endpoint: { kind: 'unix', socketPath: bed.node(0).socket },
    deadlineMs: 5_000,
    listBytesMax: 1024 ** 2,
  })
  try {
    const trustRoot = await readTrustRoot(docker, signal)
    for await (const bytes of callWatch({ socketPath: swarmSocket, trustRoot, kinds: ['task'] }, signal)) {
      const { data } = timed.safeParse(timedMessage.toObject(timedMessage.decode(bytes), { longs: Number }))
      for (const { object } of data?.events ?? []) {
        const { id, meta, status, desiredState } = object.task
        const says = desiredState > 512 ? 'gone' : status.state === 512 ? 'running, running' : ''
        const begunAtMs = meta.updatedAt.seconds * 1000 + meta.updatedAt.nanos / 1e6
        const isKnown = commits.some((commit) => commit.id === id && commit.says === says)
        if (says !== '' && !isKnown) commits.push({ id, says, atMs: Date.now(), begunAtMs })
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    docker.close()
  }
}

/** From the commits' time to the sightings of the same, ascending. */
function delaysMs(
  commits: readonly Commit[],
  sightings: readonly Sighting[],
  from: 'atMs' | 'begunAtMs',
): readonly number[] {
  return commits
    .map((commit) => {
      const seen = sightings.find(({ id, says }) => id === commit.id && says === commit.says)
      return (seen?.atMs ?? Number.POSITIVE_INFINITY) - commit[from]
    })
    .sort((a, b) => a - b)
}

function summary(delays: readonly number[]): string {
  const at = (part: number) => (delays[Math.ceil(part * delays.length) - 1] ?? Number.NaN).toFixed(1)
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, maximum ${at(1)} ms`
}

test('a commit is a snapshot within some milliseconds, and a task is out of it long before its SIGTERM', async () => {
  const stop = new AbortController()
  const commits: Commit[] = []
  const noting = noteCommits(commits, stop.signal)
  await using followed = noteTasks({ swarmSocket })
  await using polled = noteTasks({})
  await eventually(() => isFollowing(followed.reader) && polled.reader.now())
  const sinceMs = Date.now()

  await createService('web', '--replicas', '8', '--stop-grace-period', '3s')
  await bed.node(0).docker('service', 'scale', '--detach', 'web=2')
  await bed
    .node(0)
    .docker(
      'service',
      'update',
      '--quiet',
      '--force',
      '--update-order',
      'start-first',
      '--update-parallelism',
      '1',
      'web',
    )
  await bed.node(0).docker('service', 'rm', 'web')
  await eventually(() => followed.reader.now().tasks.length === 0 && polled.reader.now().tasks.length === 0)
  const killed = await eventually(
    async () => {
      const times = await sigterms(sinceMs)
      return times.size >= 10 && times
    },
    { timeoutMs: 20_000, intervalMs: 200 },
  )
  stop.abort()
  await noting

  for (const says of ['running, running', 'gone']) {
    const made = commits.filter((commit) => commit.says === says)
    const watch = delaysMs(made, followed.sightings, 'begunAtMs')
    const floor = delaysMs(made, made, 'begunAtMs')
    const polling = delaysMs(made, polled.sightings, 'begunAtMs')
    console.log(`${says}, ${made.length} commits, since each began`)
    console.log(`  bare watch  ${summary(floor)}`)
    console.log(`  watch       ${summary(watch)}`)
    console.log(`  polling     ${summary(polling)}`)
    expect(made.length).toBeGreaterThanOrEqual(10)
    // Beyond what a bare watch takes; the disk under the commit is no concern of ours.
    const own = delaysMs(made, followed.sightings, 'atMs')
    expect(own[Math.floor(own.length / 2)]).toBeLessThan(25)
    expect(own.at(-1)).toBeLessThan(250)
  }
  const warnings = [...killed].map(([id, atMs]) => {
    const gone = followed.sightings.find((each) => each.id === id && each.says === 'gone')
    return atMs - (gone?.atMs ?? Number.POSITIVE_INFINITY)
  })
  console.log(
    `before SIGTERM: ${warnings
      .toSorted((a, b) => a - b)
      .map(Math.round)
      .join(' ')} ms`,
  )
  expect(Math.min(...warnings)).toBeGreaterThan(1_500)
})

/** When each task's container got SIGTERM, by the engine's own events. */
async function sigterms(sinceMs: number): Promise<ReadonlyMap<string, number>> {
  const [since, until] = [sinceMs, Date.now()].map((ms) => (ms / 1000).toFixed(3))
  const template =
    '{{index .Actor.Attributes "com.docker.swarm.task.id"}} {{.Actor.Attributes.signal}} {{.TimeNano}}'
  const printed = await bed
    .node(0)
    .docker(
      'events',
      '--since',
      `${since}`,
      '--until',
      `${until}`,
      '--filter',
      'event=kill',
      '--format',
      template,
    )
  const lines = printed.split('\n').map((line) => line.split(' '))
  return new Map(
    lines.flatMap(([id = '', signal, nanos]) => (signal === '15' ? [[id, Number(nanos) / 1e6]] : [])),
  )
}

test('asks the engine for less than polling does', async () => {
  await createService('calm')
  await using followed = readSource(bed.node(0).socket, { swarmSocket })
  await using polled = readSource(bed.node(0).socket)
  await eventually(() => isFollowing(followed) && polled.source.status().mode === 'quiet', {
    timeoutMs: 30_000,
  })
  const listsOf = (reader: SourceReader) => reader.source.status().lists
  const before = [followed, polled].map(listsOf)
  await eventually(() => listsOf(polled) - (before[1] ?? 0) >= 10, { timeoutMs: 30_000 })
  expect(listsOf(followed) - (before[0] ?? 0)).toBeLessThanOrEqual(4)
})

test('goes on by polling while the engine restarts, and follows again when it is back', async () => {
  await using reader = readSource(bed.node(0).socket, { swarmSocket })
  await eventually(() => isFollowing(reader) && reader.now().tasks.length === 1)
  await bed.node(0).stop()
  await eventually(() => !isFollowing(reader) && reader.troubles.length > 0, { timeoutMs: 10_000 })
  await bed.node(0).start()
  await eventually(() => isFollowing(reader), { timeoutMs: 60_000 })
  expect(reader.source.status().watch?.opened).toBe(2)
  await eventually(() => reader.now().tasks.some((task) => task.state === 'running'), { timeoutMs: 60_000 })
  expect(reader.snapshots.every(({ services }) => services.length === 1)).toBe(true)
})
