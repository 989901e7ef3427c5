// The part `propagation`: from Swarm's commit to HAProxy, on a real Swarm of one node.
// Owns the changes and the groups. Agents and HAProxys run beside the Swarm; they cannot reach its tasks, and need not.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { layOut } from '../../../e2e/swarm/layout.ts'
import { createTestBed, type TestBed } from '../../../e2e/swarm/test-bed.ts'
import { freePort } from '../../../support/edge.ts'
import { eventually } from '../../../support/eventually.ts'
import { tempDir } from '../../../support/temp-dir.ts'
import { takenHere } from '../../machine.ts'
import type { ChurnBench } from '../bench.ts'
import { type ContenderSpec, contenders } from '../contenders/all.ts'
import type { Contender } from '../contenders/contender.ts'
import { type Commit, delaysOf, spreadOf } from '../delays.ts'
import { createKeep } from '../keep.ts'
import { createObserver, type Observer } from '../observer.ts'
import type { Propagated, PropagationResult } from '../results.ts'

const bedName = 'tgchurn'
const image = 'localhost:5000/tidegate-app:1'
const service = 'app'

/** The floor runs in each group: it is the clock as well. The slow ways do not share the cores with the fast ones. */
const groups: readonly (readonly ContenderSpec[])[] = [
  [contenders.floor, contenders.watch, contenders.polling],
  [contenders.floor, contenders.reload, contenders.interlock, contenders.traefik],
]

/** The longest that any contender takes, and what Swarm needs. */
const settleTimeoutMs = 60_000

export async function runPropagation(bench: ChurnBench): Promise<PropagationResult> {
  if (process.getuid?.() !== 0) throw new Error('propagation needs root: it starts a real Swarm')
  const taken = takenHere(bench.haproxy)
  const replicas = bench.isQuick ? 4 : 16
  bench.say('propagation: starting a Swarm')
  await using bed = await createTestBed({
    name: bedName,
    nodes: 1,
    edge: false,
    say: (line) => bench.say(`propagation: ${line}`),
  })
  await bed.node(0).docker('network', 'create', '--driver', 'overlay', 'web')
  await createServices(bed)
  const measured = []
  for (const group of groups) {
    bench.signal.throwIfAborted()
    bench.say(`propagation: ${group.map(({ name }) => name).join(', ')}`)
    measured.push(await measureGroup(bench, bed, group, replicas))
  }
  return { taken, replicas, groups: measured }
}

type Running = {
  readonly spec: ContenderSpec
  readonly contender: Contender
  readonly observer: Observer
}

async function measureGroup(
  bench: ChurnBench,
  bed: TestBed,
  group: readonly ContenderSpec[],
  replicas: number,
): Promise<PropagationResult['groups'][number]> {
  await using dir = await tempDir('tgp-')
  await using keep = createKeep()
  const running: Running[] = []
  const heard: Heard[] = []
  for (const spec of group) {
    const runDir = join(dir.path, spec.name)
    await mkdir(runDir)
    const place = { ...bench, runDir, port: await freePort(), ...socketsOf(bed) }
    // The host cannot reach the tasks' network, so nobody is asked whether they accept connections.
    const contender = keep.keep(await spec.start(place, { flags: { 'accept-grace': '0ms' } }))
    const observer = keep.keep(createObserver({ socketPath: contender.workerSocket, log: contender.log }))
    if (spec.name === 'floor') contender.log.onLine((line) => heard.push(...readHeard(line)))
    running.push({ spec, contender, observer })
  }
  await eventually(() => running.every(isFollowing), { timeoutMs: 20_000, signal: bench.signal })
  await change(bench, bed, running, replicas)
  const result = {
    commits: heard.length,
    contenders: [heardRow(heard), ...running.map((each) => rowOf(heard, each))],
  }
  // A bare watch client knows of what it has heard only: the next group begins with nothing.
  await bed.node(0).docker('service', 'scale', '--detach', `${service}=0`)
  await areOpen(bench, running, 0)
  return result
}

function areOpen(bench: ChurnBench, running: readonly Running[], count: number) {
  return eventually(
    async () => {
      const looks = await Promise.all(running.map(({ observer }) => observer.look()))
      return looks.every(({ size }) => size === count)
    },
    { timeoutMs: settleTimeoutMs, intervalMs: 500, signal: bench.signal },
  )
}

function socketsOf(bed: TestBed) {
  const [node] = layOut(bed.name, 1).nodes
  return { engine: bed.node(0).socket, swarmSocket: join(node?.execRoot ?? '', 'swarm/control.sock') }
}

/** An agent that has a control socket polls until it follows. */
function isFollowing({ spec, contender }: Running): boolean {
  return spec.name !== 'watch' || contender.log.told('tasks are followed') > 0
}

const create = ['service', 'create', '--quiet', '--network', 'web', '--no-resolve-image']

/**
 * The service that changes, without a task so far, and beside it one that nobody publishes: a Swarm whose last task goes is
 * doubted by a polling agent, and that is not what is measured.
 */
async function createServices(bed: TestBed): Promise<void> {
  const { docker } = bed.node(0)
  const labels = ['hosts=app.local', 'port=8080'].flatMap((label) => ['--label', `com.docker.lb.${label}`])
  const update = ['--update-order', 'start-first', '--update-parallelism', '1', '--update-monitor', '100ms']
  const options = ['--detach', '--replicas', '0', '--stop-grace-period', '3s', ...labels, ...update]
  await docker(...create, '--name', 'other', image)
  await docker(...create, '--name', service, ...options, image)
}

/** A burst of tasks, rolling updates one task at a time, and all but one go as a burst. A task lives longer than any poll takes. */
async function change(
  bench: ChurnBench,
  bed: TestBed,
  running: readonly Running[],
  replicas: number,
): Promise<void> {
  const { docker } = bed.node(0)
  await docker('service', 'scale', '--detach', `${service}=${replicas}`)
  await areOpen(bench, running, replicas)
  for (let update = 0; update < (bench.isQuick ? 1 : 5); update += 1) {
    bench.signal.throwIfAborted()
    await docker('service', 'update', '--quiet', '--force', '--no-resolve-image', service)
  }
  await areOpen(bench, running, replicas)
  // The last one would not close at once: where nobody else serves it stays a moment longer (core/last-standing.ts).
  await docker('service', 'scale', '--detach', `${service}=1`)
  await areOpen(bench, running, 1)
}

type Heard = Commit & { readonly heardMs: number }

const heardLine = z.object({
  msg: z.literal('commit'),
  id: z.string(),
  is: z.enum(['running', 'stopping']),
  begunAtMs: z.number(),
  heardAtMs: z.number(),
})

function readHeard(line: unknown): readonly Heard[] {
  const { data } = heardLine.safeParse(line)
  return data === undefined
    ? []
    : [{ id: data.id, is: data.is, atMs: data.begunAtMs, heardMs: data.heardAtMs }]
}

function rowOf(heard: readonly Commit[], { spec: { name, what }, observer: { seen } }: Running): Propagated {
  return { name, what, opened: delaysOf(heard, seen, 'running'), closed: delaysOf(heard, seen, 'stopping') }
}

/** What is left to everybody: the commit itself, and the word of it. */
function heardRow(heard: readonly Heard[]): Propagated {
  const delays = (is: Commit['is']) => {
    const made = heard.filter((each) => each.is === is)
    return { ...spreadOf(made.map(({ atMs, heardMs }) => heardMs - atMs)), never: 0 }
  }
  return {
    name: 'heard',
    what: 'heard by a bare watch, nothing done',
    opened: delays('running'),
    closed: delays('stopping'),
  }
}
