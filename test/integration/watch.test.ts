// The Docker source and SwarmKit's watch: tasks as they are committed, and what is left when the stream is not to be had.
// The engine is simulated, its Watch server real gRPC over TLS on a unix socket.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Snapshot } from '../../agent/core/snapshot.ts'
import type { SwarmSourceOptions } from '../../agent/swarm/source.ts'
import { messageBytesMax } from '../../agent/swarm/watch/call.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { createSwarmCertificates, type SwarmCertificates } from '../sim/swarm-certificates.ts'
import { fastTiming } from '../sim/timing.ts'
import { encodeMessage, type WatchServer } from '../sim/watch-server.ts'
import { eventually } from '../support/eventually.ts'
import { readSource, type SourceReader } from '../support/source-reader.ts'
import { tempDir } from '../support/temp-dir.ts'

type World = AsyncDisposable & {
  readonly swarm: SimulatedSwarm
  readonly watchServer: WatchServer
  readonly socketPath: string
  readonly swarmSocket: string
}

/** A Swarm with the service `web`, two tasks, on the network `front`. */
async function createWorld(): Promise<World> {
  const dir = await tempDir()
  const socketPath = join(dir.path, 'docker.sock')
  const swarmSocket = join(dir.path, 'control.sock')
  const swarm = await createSimulatedSwarm({
    socketPath,
    swarmSocketPath: swarmSocket,
    timing: fastTiming,
    runtime: 'none',
  })
  const { watchServer } = swarm
  if (watchServer === undefined) throw new Error('the simulated Swarm has no control socket')
  await swarm.createNetwork('front')
  swarm.createService({ name: 'web', replicas: 2, networks: ['front'], hosts: ['web.example.com'], port: 80 })
  await swarm.waitFor('web', 2)
  return {
    swarm,
    watchServer,
    socketPath,
    swarmSocket,
    [Symbol.asyncDispose]: async () => {
      await swarm[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

/** Nothing is listed for its own sake, so that what is seen was told. */
const hour = 3_600_000
const neverPolled = { quietMs: hour, movingMs: hour, fullMs: hour }

function readWorld(world: World, options: Partial<SwarmSourceOptions> = {}): SourceReader {
  return readSource(world.socketPath, { swarmSocket: world.swarmSocket, ...options })
}

const watchOf = (reader: SourceReader) => reader.source.status().watch
const isFollowing = (reader: SourceReader) => watchOf(reader)?.isFollowing === true
const running = (snapshot: Snapshot) => snapshot.tasks.filter((task) => task.state === 'running')
const taskLists = (swarm: SimulatedSwarm) =>
  swarm.api.requests.filter((request) => request.path.startsWith('/tasks'))

test('shows tasks as they are committed, without listing them', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: neverPolled })
  await eventually(() => isFollowing(reader) && reader.now())
  world.swarm.api.reset()
  world.swarm.scale('web', 5)
  await world.swarm.waitFor('web', 5)
  await eventually(() => running(reader.now()).length === 5, { timeoutMs: 200 })
  world.swarm.scale('web', 1)
  await eventually(() => reader.now().tasks.length === 1, { timeoutMs: 1_000 })
  expect(taskLists(world.swarm)).toEqual([])
  expect(running(reader.now())[0]?.attachments[0]?.addresses).toEqual([expect.stringMatching(/^[\d.]+$/)])
  expect(watchOf(reader)).toMatchObject({ opened: 1, failures: 0, trouble: undefined })
  expect(reader.watched()).toBe(1)
  expect(reader.unwatched).toEqual([])
})

test('says what the lists say, whichever way it came', async () => {
  await using world = await createWorld()
  await using told = readWorld(world, { cadence: neverPolled })
  await eventually(() => isFollowing(told))
  world.swarm.createService({
    name: 'api',
    replicas: 3,
    networks: ['front'],
    ports: [{ target: 80, published: 8080, mode: 'host' }],
  })
  world.swarm.updateService('web', { image: 'app:2' })
  await world.swarm.waitFor('api', 3)
  await world.swarm.waitFor('web', 2)
  await using listed = readSource(world.socketPath)
  const now = await eventually(listed.now)
  const byId = (snapshot: Snapshot) => snapshot.tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  await eventually(() => expect(byId(told.now())).toEqual(byId(now)) === undefined || true)
})

test('asks for tasks, services, nodes and networks, and for nothing else', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world)
  await eventually(() => isFollowing(reader))
  expect(world.watchServer.asked).toEqual([['task', 'service', 'node', 'network']])
})

test('asks for the list of what changed otherwise at once, events or not', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: neverPolled })
  await eventually(() => isFollowing(reader) && reader.source.status().events.isOpen)
  world.swarm.silenceEvents()
  world.swarm.updateService('web', { labels: { note: 'changed' } })
  await eventually(() => reader.now().services[0]?.labels['note'] === 'changed', { timeoutMs: 500 })
  await world.swarm.createNetwork('back')
  await eventually(() => reader.now().networks.some(({ name }) => name === 'back'), { timeoutMs: 500 })
})

test('lists tasks only with all the rest while it follows, however much moves', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: { quietMs: 50, movingMs: 50, fullMs: 1_000 } })
  await eventually(() => isFollowing(reader))
  world.swarm.createService({ name: 'stuck', constraints: ['node.hostname == nowhere'] })
  await eventually(() => reader.source.status().mode === 'moving')
  world.swarm.api.reset()
  const startedAtMs = performance.now()
  await eventually(() => performance.now() - startedAtMs >= 2_000)
  expect(taskLists(world.swarm).length).toBeLessThanOrEqual(3)
})

test('takes a burst as few snapshots, the last of which has all of it', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: neverPolled })
  await eventually(() => isFollowing(reader) && reader.now())
  const before = reader.snapshots.length
  const { messages = 0 } = watchOf(reader) ?? {}
  world.swarm.scale('web', 200)
  await world.swarm.waitFor('web', 200)
  await eventually(() => running(reader.now()).length === 200, { timeoutMs: 10_000 })
  const told = (watchOf(reader)?.messages ?? 0) - messages
  expect(told).toBeGreaterThan(200)
  expect(reader.snapshots.length - before).toBeLessThan(told)
})

test('keeps the objects of tasks that did not change, through messages and lists', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: { fullMs: 300 } })
  await eventually(() => isFollowing(reader) && reader.now())
  const kept = new Map(reader.now().tasks.map((task) => [task.id, task]))
  world.swarm.scale('web', 3)
  await world.swarm.waitFor('web', 3)
  await eventually(() => running(reader.now()).length === 3)
  const three = reader.now()
  for (const [id, task] of kept) expect(three.tasks.find((each) => each.id === id)).toBe(task)
  const { lists } = reader.source.status()
  await eventually(() => reader.source.status().lists >= lists + 8)
  expect(reader.now()).toBe(three)
})

test('believes at once that all tasks are gone when the watch says so', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: { ...neverPolled, doubtMs: hour } })
  await eventually(() => isFollowing(reader) && reader.now().tasks.length === 2)
  // Services stay as they are, so that nothing but the watch makes it plausible.
  world.swarm.faults.set({ kind: 'hang', path: /^\/services/ })
  world.swarm.scale('web', 0)
  await eventually(() => reader.now().tasks.length === 0, { timeoutMs: 1_000 })
  expect(reader.source.status().isHeldBack).toBe(false)
})

test.for([
  ['ends', (server: WatchServer) => server.end()],
  ['sends what is no message', (server: WatchServer) => server.send(Buffer.from('not protobuf'))],
  [
    'sends more than a message may have',
    (server: WatchServer) => server.send(Buffer.alloc(messageBytesMax + 1)),
  ],
] as const)('opens the stream anew when it %s, and misses nothing', async ([, disturb]) => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: neverPolled })
  await eventually(() => isFollowing(reader))
  disturb(world.watchServer)
  world.swarm.scale('web', 4)
  await world.swarm.waitFor('web', 4)
  await eventually(() => running(reader.now()).length === 4, { timeoutMs: 10_000 })
  await eventually(() => isFollowing(reader) && watchOf(reader)?.opened === 2, { timeoutMs: 10_000 })
  expect(watchOf(reader)?.trouble?.code).toBe('docker-bad-reply')
  expect(reader.troubles).toEqual([])
  expect(reader.unwatched).toEqual([])
})

test('a task that makes no sense is listed', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: neverPolled })
  await eventually(() => isFollowing(reader))
  world.watchServer.stall()
  world.swarm.scale('web', 3)
  await world.swarm.waitFor('web', 3)
  world.watchServer.send(
    encodeMessage({
      events: [{ action: 2, object: { task: { id: 'x', serviceId: 'y', desiredState: 7 } } }],
    }),
  )
  await eventually(() => running(reader.now()).length === 3)
  expect(watchOf(reader)?.opened).toBe(1)
})

test('polls again, and opens the stream anew, when it does not tell of what the lists show', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: { fullMs: 500 } })
  await eventually(() => isFollowing(reader))
  world.watchServer.stall()
  world.swarm.scale('web', 3)
  await world.swarm.waitFor('web', 3)
  await eventually(() => running(reader.now()).length === 3, { timeoutMs: 2_000 })
  expect(isFollowing(reader)).toBe(false)
  world.swarm.scale('web', 4)
  await world.swarm.waitFor('web', 4)
  await eventually(() => running(reader.now()).length === 4, { timeoutMs: 2_000 })
  await eventually(() => watchOf(reader)?.opened === 2, { timeoutMs: 15_000 })
  world.watchServer.resume()
  await eventually(() => isFollowing(reader))
  expect(watchOf(reader)?.trouble?.message).toContain('has not told of what the list of tasks shows')
})

test('polls again when a task is gone from the list, and the stream has not told of its end', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: { fullMs: 500 } })
  await eventually(() => isFollowing(reader) && reader.now())
  world.watchServer.stall()
  world.swarm.scale('web', 1)
  await eventually(() => reader.now().tasks.length === 1 && !isFollowing(reader), { timeoutMs: 2_000 })
})

test('takes silence for what it is while nothing happens', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { deadlineMs: 300, cadence: { fullMs: 100 } })
  await eventually(() => isFollowing(reader))
  const { lists } = reader.source.status()
  await eventually(() => reader.source.status().lists >= lists + 40, { timeoutMs: 10_000 })
  expect(watchOf(reader)).toMatchObject({ isFollowing: true, opened: 1 })
})

test('polls while a stream never brings its first message, and says so once', async () => {
  await using world = await createWorld()
  world.watchServer.stall(false)
  await using reader = readWorld(world, { deadlineMs: 300 })
  await eventually(() => reader.unwatched.length > 0, { timeoutMs: 10_000 })
  expect(reader.unwatched[0]).toMatchObject({
    code: 'docker-unreachable',
    message: expect.stringContaining('no first message within 300 ms'),
  })
  world.swarm.scale('web', 3)
  await eventually(() => running(reader.now()).length === 3)
  world.watchServer.resume()
  await eventually(() => isFollowing(reader), { timeoutMs: 10_000 })
  expect(reader.unwatched).toHaveLength(1)
  expect(reader.watched()).toBe(1)
})

test.for([
  ["another swarm's manager", () => createSwarmCertificates()],
  ["its own swarm's worker", (own: SwarmCertificates) => createSwarmCertificates('swarm-worker', own)],
] as const)('does not believe the certificate of %s', async ([, certificates]) => {
  await using world = await createWorld()
  await world.watchServer.present(certificates(world.watchServer.certificates))
  await using reader = readWorld(world)
  await eventually(() => reader.unwatched.length > 0, { timeoutMs: 10_000 })
  expect(reader.unwatched[0]).toMatchObject({
    code: 'docker-refused',
    hint: expect.stringContaining('DOCKER_HOST'),
  })
  expect(world.watchServer.asked).toEqual([])
  expect(running(await eventually(reader.now))).toHaveLength(2)
})

test('goes on by polling when the node is demoted, and follows again when it is promoted', async () => {
  await using world = await createWorld()
  await using reader = readWorld(world, { cadence: { doubtMs: 100 } })
  await eventually(() => isFollowing(reader) && reader.now())
  const before = reader.snapshots.length
  world.swarm.setRole('worker')
  await eventually(() => !isFollowing(reader) && reader.troubles.length > 0)
  expect(reader.troubles[0]?.code).toBe('docker-not-manager')
  await eventually(() => (watchOf(reader)?.failures ?? 0) >= 4, { timeoutMs: 10_000 })
  expect(watchOf(reader)?.trouble?.code).toBe('docker-not-manager')
  // The engine is the trouble, and told; what it is not, is not told besides.
  expect(reader.unwatched).toEqual([])
  expect(reader.snapshots.length).toBe(before)
  world.swarm.setRole('manager')
  await eventually(() => isFollowing(reader), { timeoutMs: 15_000 })
  world.swarm.scale('web', 3)
  await eventually(() => running(reader.now()).length === 3)
})

test.for([
  ['there is no socket', 'nosuch.sock', 'docker-unreachable', 'Mount its folder'],
  ['it is not the control socket', 'docker.sock', 'docker-refused', 'control.sock'],
] as const)('polls, and says once what to do, where %s', async ([, name, code, hint]) => {
  await using world = await createWorld()
  await using reader = readWorld(world, { swarmSocket: join(world.socketPath, '..', name) })
  await eventually(() => (watchOf(reader)?.failures ?? 0) >= 5, { timeoutMs: 15_000 })
  expect(reader.unwatched).toHaveLength(1)
  expect(reader.unwatched[0]).toMatchObject({ code, hint: expect.stringContaining(hint) })
  world.swarm.scale('web', 3)
  await eventually(() => running(reader.now()).length === 3)
  expect(reader.troubles).toEqual([])
})

test('has no watch where none is asked for', async () => {
  await using world = await createWorld()
  await using reader = readSource(world.socketPath)
  await eventually(reader.now)
  expect(watchOf(reader)).toBeUndefined()
  expect(world.watchServer.asked).toEqual([])
})
