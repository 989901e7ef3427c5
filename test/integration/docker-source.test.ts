// The Docker source against a simulated engine: what it asks, what it makes of the answers, what trouble does to it.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Snapshot } from '../../agent/core/snapshot.ts'
import { createSwarmSource, readSwarm, type SwarmSourceOptions } from '../../agent/swarm/source.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { eventually } from '../support/eventually.ts'
import { readSource } from '../support/source-reader.ts'
import { tempDir } from '../support/temp-dir.ts'

type World = AsyncDisposable & { readonly swarm: SimulatedSwarm; readonly socketPath: string }

/** A Swarm with the service `web`, two tasks, on the network `front`. */
async function createWorld(): Promise<World> {
  const dir = await tempDir()
  const socketPath = join(dir.path, 'docker.sock')
  const swarm = await createSimulatedSwarm({ socketPath, timing: fastTiming, runtime: 'none' })
  await swarm.createNetwork('front')
  swarm.createService({ name: 'web', replicas: 2, networks: ['front'], hosts: ['web.example.com'], port: 80 })
  await swarm.waitFor('web', 2)
  return {
    swarm,
    socketPath,
    [Symbol.asyncDispose]: async () => {
      await swarm[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

/** The label that tests change where any change will do. */
function noteOf(snapshot: Snapshot, name = 'web'): string | undefined {
  return Object.entries(snapshot.services.find((service) => service.name === name)?.labels ?? {}).find(
    ([key]) => key === 'note',
  )?.[1]
}

const running = (snapshot: Snapshot) => snapshot.tasks.filter((task) => task.state === 'running')

function requestsTo(swarm: SimulatedSwarm, path: string) {
  return swarm.api.requests.filter((request) => request.path.startsWith(path))
}

test('lists services, tasks, nodes and networks as the core knows them', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath)
  const snapshot = await eventually(watching.now)
  const web = snapshot.services.find((service) => service.name === 'web')
  const front = world.swarm.network('front')
  expect(web).toMatchObject({
    mode: 'replicated',
    endpointMode: 'vip',
    networkIds: [front.ID],
    labels: { 'com.docker.lb.hosts': 'web.example.com', 'com.docker.lb.port': '80' },
  })
  expect(web?.virtualIps).toEqual([{ networkId: front.ID, address: expect.stringMatching(/^[\d.]+$/) }])
  expect(running(snapshot)).toHaveLength(2)
  expect(running(snapshot)[0]?.attachments[0]?.addresses).toEqual([expect.stringMatching(/^[\d.]+$/)])
  expect(snapshot.nodes.map((node) => node.status)).toEqual(['ready', 'ready', 'ready'])
  expect(snapshot.networks.map((network) => network.name).sort()).toEqual(['front', 'ingress'])
  expect(snapshot.edge).toEqual({ networkIds: 'every' })
})

test('shows a change well before the next poll, with no further snapshot while nothing changes', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath, {
    cadence: { quietMs: 60_000, fullMs: 60_000, movingMs: 60_000 },
  })
  await eventually(() => watching.source.status().events.isOpen && watching.snapshots.length > 0)
  const { lists } = watching.source.status()
  await eventually(() => watching.source.status().lists >= lists)
  const before = watching.snapshots.length
  world.swarm.updateService('web', { labels: { note: 'changed' } })
  await eventually(() => noteOf(watching.now()) === 'changed', { timeoutMs: 500 })
  expect(watching.snapshots.length).toBe(before + 1)
})

test('keeps the objects of what did not change', async () => {
  await using world = await createWorld()
  world.swarm.createService({ name: 'other', networks: ['front'] })
  await world.swarm.waitFor('other', 1)
  await using watching = readSource(world.socketPath)
  const before = await eventually(watching.now)
  const byName = (snapshot: Snapshot, name: string) =>
    snapshot.services.find((service) => service.name === name)
  world.swarm.updateService('other', { labels: { note: 'changed' } })
  await eventually(() => noteOf(watching.now(), 'other') === 'changed')
  expect(byName(watching.now(), 'web')).toBe(byName(before, 'web'))
  expect(watching.now().nodes).toBe(before.nodes)
  expect(watching.now().networks).toBe(before.networks)
})

test('asks for tasks about once a second when quiet, five times while something moves, and never for one alone', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath, { cadence: { hotMs: 300 } })
  await eventually(() => watching.snapshots.length > 0 && watching.source.status().mode === 'quiet')
  const count = () => requestsTo(world.swarm, '/tasks').length
  const per2s = async () => {
    const [from, started] = [count(), performance.now()]
    await eventually(() => performance.now() - started >= 2000)
    return count() - from
  }
  expect(await per2s()).toBeLessThanOrEqual(3)
  world.swarm.createService({ name: 'stuck', constraints: ['node.hostname == nowhere'] })
  await eventually(() => watching.source.status().mode === 'moving')
  const moving = await per2s()
  expect(moving).toBeGreaterThanOrEqual(7)
  expect(moving).toBeLessThanOrEqual(13)
  expect(world.swarm.api.concurrentTaskListsMax).toBe(1)
  expect([...world.swarm.api.counts.keys()].sort()).toEqual([
    'GET /events',
    'GET /networks',
    'GET /nodes',
    'GET /services',
    'GET /tasks',
  ])
})

test('never has two lists under way, and answers a burst of hints with few of them', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath, {
    cadence: { quietMs: 60_000, fullMs: 60_000, movingMs: 60_000 },
  })
  await eventually(() => watching.source.status().events.isOpen && watching.snapshots.length > 0)
  world.swarm.faults.set({ kind: 'slow', path: /^\/(services|tasks)/, delayMs: 100 })
  world.swarm.api.reset()
  for (let i = 0; i < 30; i += 1) world.swarm.updateService('web', { labels: { note: String(i) } })
  await eventually(() => noteOf(watching.now()) === '29')
  const lists = world.swarm.api.requests.filter((request) => !request.path.startsWith('/events'))
  expect(requestsTo(world.swarm, '/services').length).toBeLessThanOrEqual(2)
  for (const [i, list] of lists.entries()) {
    const next = lists[i + 1]
    if (next !== undefined) expect(list.endedAtMs).toBeLessThanOrEqual(next.startedAtMs)
  }
})

test.for([
  ['is away', { kind: 'down' }, 'docker-unreachable'],
  ['hangs', { kind: 'hang' }, 'docker-unreachable'],
  ['is too slow', { kind: 'slow', delayMs: 2_000 }, 'docker-unreachable'],
  ['has lost its quorum', { kind: 'error-500' }, 'docker-bad-reply'],
  ['answers no JSON', { kind: 'garbage' }, 'docker-bad-reply'],
  ['breaks off half-way', { kind: 'truncated' }, 'docker-unreachable'],
  ['breaks off in the list of tasks', { kind: 'truncated', path: /^\/tasks/ }, 'docker-unreachable'],
] as const)(
  'keeps the last snapshot while the engine %s, and goes on when it is back',
  async ([, fault, code]) => {
    await using world = await createWorld()
    await using watching = readSource(world.socketPath, { deadlineMs: 500 })
    await eventually(watching.now)
    const before = watching.snapshots.length
    world.swarm.faults.set(fault)
    await eventually(() => watching.source.status().failures >= 2, { timeoutMs: 10_000 })
    expect(watching.troubles[0]?.code).toBe(code)
    expect(watching.troubles[0]?.hint).not.toBe('')
    expect(watching.snapshots.length).toBe(before)
    world.swarm.faults.clear()
    world.swarm.scale('web', 3)
    await eventually(() => running(watching.now()).length === 3, { timeoutMs: 10_000 })
    expect(watching.source.status()).toMatchObject({ failures: 0, trouble: undefined })
    expect(watching.recoveries.length).toBeGreaterThan(0)
    expect(watching.snapshots.slice(before).every((snapshot) => snapshot.tasks.length >= 2)).toBe(true)
  },
)

test.for([
  ['all lists', undefined],
  ['the services', /^\/services/],
  ['the tasks', /^\/tasks/],
  ['the networks', /^\/networks/],
] as const)('does not believe an engine that suddenly answers [] for %s', async ([, path]) => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath)
  await eventually(watching.now)
  world.swarm.faults.set({ kind: 'empty-list', ...(path !== undefined && { path }) })
  world.swarm.updateService('web', { labels: { note: 'meanwhile' } })
  const { lists } = watching.source.status()
  await eventually(() => watching.source.status().lists > lists + 8)
  world.swarm.faults.clear()
  await eventually(() => noteOf(watching.now()) === 'meanwhile')
  for (const snapshot of watching.snapshots) {
    expect(snapshot.services).toHaveLength(1)
    expect(snapshot.networks.some((network) => network.name === 'front')).toBe(true)
  }
})

test('believes at once that the last service is gone when an event says so', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath)
  await eventually(() => watching.source.status().events.isOpen && watching.now())
  world.swarm.removeService('web')
  await eventually(() => watching.now().services.length === 0, { timeoutMs: 1_000 })
})

test('believes in the end that the last service is gone, though no event said so', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath, { cadence: { fullMs: 500, doubtMs: 800 } })
  await eventually(() => watching.source.status().events.isOpen && watching.now())
  world.swarm.silenceEvents()
  world.swarm.removeService('web')
  await eventually(() => watching.source.status().isHeldBack)
  await eventually(() => watching.now().services.length === 0)
})

test('holds back a snapshot that lacks services right after the engine came back', async () => {
  await using world = await createWorld()
  world.swarm.createService({ name: 'other', networks: ['front'] })
  await world.swarm.waitFor('other', 1)
  await using watching = readSource(world.socketPath, { cadence: { doubtMs: 1_000 } })
  await eventually(watching.now)
  world.swarm.faults.set({ kind: 'down' })
  await eventually(() => watching.source.status().failures > 0)
  world.swarm.removeService('other')
  world.swarm.faults.clear()
  await eventually(() => watching.source.status().isHeldBack)
  expect(watching.now().services).toHaveLength(2)
  await eventually(() => watching.now().services.length === 1)
})

test('says once what to do when the node is no manager, and goes on when it is one', async () => {
  await using world = await createWorld()
  world.swarm.setRole('worker')
  await using watching = readSource(world.socketPath)
  await eventually(() => watching.source.status().failures >= 3)
  expect(watching.troubles).toHaveLength(1)
  expect(watching.troubles[0]).toMatchObject({
    code: 'docker-not-manager',
    hint: expect.stringContaining('docker node promote'),
  })
  await expect(readSwarm(optionsFor(world), new AbortController().signal)).rejects.toMatchObject({
    code: 'docker-not-manager',
  })
  world.swarm.setRole('manager')
  await eventually(watching.now)
})

function optionsFor({ socketPath }: { readonly socketPath: string }): SwarmSourceOptions {
  return { endpoint: { kind: 'unix', socketPath }, edgeNetworks: 'every', hostname: 'laptop' }
}

test('sees what no event told of at the next full round', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath, { cadence: { fullMs: 1_000 } })
  await eventually(() => watching.source.status().events.isOpen && watching.now())
  world.swarm.silenceEvents()
  world.swarm.updateService('web', { labels: { note: 'unheard' } })
  await eventually(() => noteOf(watching.now()) === 'unheard', { timeoutMs: 3_000 })
})

test('opens the event stream again when it breaks or says nothing for long, and lists everything then', async () => {
  await using world = await createWorld()
  await using watching = readSource(world.socketPath, { eventSilenceMs: 700, cadence: { fullMs: 60_000 } })
  await eventually(() => watching.source.status().events.opened === 1)
  world.swarm.breakEvents()
  world.swarm.updateService('web', { labels: { note: 'while it was broken' } })
  await eventually(() => watching.source.status().events.opened === 2)
  await eventually(() => noteOf(watching.now()) === 'while it was broken')
  await eventually(() => watching.source.status().events.opened === 3)
  expect(watching.source.status().events.trouble?.message).toContain('said nothing for 700 ms')
  expect(watching.troubles).toEqual([])
})

test('works without events at all', async () => {
  await using world = await createWorld()
  world.swarm.faults.set({ kind: 'error-500', path: /^\/events/ })
  await using watching = readSource(world.socketPath)
  await eventually(watching.now)
  world.swarm.scale('web', 4)
  await eventually(() => running(watching.now()).length === 4, { timeoutMs: 5_000 })
  expect(watching.troubles.map((error) => error.message)).toEqual([expect.stringContaining('GET /events')])
})

test('hands a slow reader the latest snapshot only', async () => {
  await using world = await createWorld()
  const stop = new AbortController()
  const source = createSwarmSource(optionsFor(world))
  const snapshots = source.snapshots(stop.signal)[Symbol.asyncIterator]()
  expect((await snapshots.next()).value.services).toHaveLength(1)
  await eventually(() => source.status().events.isOpen)
  for (let i = 0; i < 5; i += 1) {
    const { snapshots: seen } = source.status()
    world.swarm.updateService('web', { labels: { note: String(i) } })
    await eventually(() => source.status().snapshots > seen)
  }
  expect((await snapshots.next()).value.services[0].labels.note).toBe('4')
  stop.abort()
  expect((await snapshots.next()).done).toBe(true)
})

test('finds the networks of the edge by its own container', async () => {
  await using world = await createWorld()
  const own = world.swarm.runningTasksOf('web')[0]
  const containerId = own?.Status.ContainerStatus?.ContainerID ?? ''
  const read = (options: Partial<SwarmSourceOptions>) =>
    readSwarm({ ...optionsFor(world), ...options }, new AbortController().signal)
  const front = world.swarm.network('front').ID
  expect((await read({ edgeNetworks: 'auto', hostname: containerId.slice(0, 12) })).edge.networkIds).toEqual([
    front,
  ])
  expect((await read({ edgeNetworks: 'auto', hostname: 'laptop' })).edge.networkIds).toBe('every')
  expect((await read({ edgeNetworks: ['front', 'nosuch'] })).edge.networkIds).toEqual([front])
})

test.for([
  ['a socket that is not there', (dir: string) => join(dir, 'nosuch.sock'), 'docker-unreachable', 'Mount'],
  ['a file that is no socket', () => import.meta.filename, 'docker-unreachable', 'listens|socket'],
] as const)('says what to do about %s', async ([, path, code, hint]) => {
  await using dir = await tempDir()
  const reading = readSwarm(optionsFor({ socketPath: path(dir.path) }), new AbortController().signal)
  await expect(reading).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) })
})

test('reads from an engine over tcp', async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 's'),
    tcp: true,
    timing: fastTiming,
    runtime: 'none',
  })
  const { hostname, port } = new URL(`http://${swarm.tcpAddress?.replace(/^tcp:\/\//, '')}`)
  const endpoint = { kind: 'tcp', host: hostname, port: Number(port), tls: undefined } as const
  const snapshot = await readSwarm(
    { endpoint, edgeNetworks: 'every', hostname: '' },
    new AbortController().signal,
  )
  expect(snapshot.nodes).toHaveLength(3)
})
