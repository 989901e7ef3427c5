// What traffic notices: nothing of any graceful change, and of a task killed in rotation only what it had in its hands.
// Tasks are real processes that exit at once on SIGTERM, the hard case. Every third request is a POST, and half of all
// clients open a new connection for each.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming, realTiming } from '../sim/timing.ts'
import { startAgentProcess } from '../support/agent-process.ts'
import { ask } from '../support/client.ts'
import { type EdgeOptions, freePort, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import { watchRest } from '../support/rest.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { startTraffic, type Tally } from '../support/traffic.ts'

const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }

/** Quick but for the two seconds between Swarm’s decision and SIGTERM, which the agent counts on. */
const timing = { ...fastTiming, stopDelayMs: realTiming.stopDelayMs }

async function startSwarm(
  dir: TempDir,
  more: Readonly<Record<string, string>> = {},
): Promise<SimulatedSwarm> {
  const swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing,
    runtime: 'process',
  })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 4, networks: ['demo'], labels: { ...labels, ...more } })
  await swarm.waitFor('shop', 4, AbortSignal.timeout(20_000))
  return swarm
}

/** The cadence of the defaults: what a user gets. */
const defaultCadence = { 'poll-quiet': '1s', 'poll-moving': '200ms', 'poll-moving-for': '10s' }

const startDefaultEdge = (options: EdgeOptions) => startEdge({ ...options, flags: defaultCadence })

const lostNothing = (tally: Tally) => {
  expect(tally.failures).toEqual([])
  expect(tally.answered).toBeGreaterThan(30)
}

describe('under load', { timeout: 180_000 }, () => {
  it('scaling and rolling updates in both orders lose no request and reload nothing', async () => {
    await using dir = await tempDir()
    await using swarm = await startSwarm(dir)
    await using edge = await startDefaultEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
    using rest = watchRest(swarm)
    const before = await rest.of(edge)
    await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'] })
    const change = async (work: () => void) => {
      work()
      await rest.of(edge, 30_000)
    }
    const update = (order: 'start-first' | 'stop-first', image: string) =>
      swarm.updateService('shop', { image, update: { order, parallelism: 1, delayMs: 100 } })
    lostNothing(await traffic.during(() => change(() => swarm.scale('shop', 7))))
    lostNothing(await traffic.during(() => change(() => swarm.scale('shop', 3))))
    lostNothing(await traffic.during(() => change(() => update('start-first', 'tidegate/app:2'))))
    lostNothing(await traffic.during(() => change(() => update('stop-first', 'tidegate/app:3'))))
    lostNothing(await traffic.stop())
    const after = await rest.of(edge)
    expect(after.counters.reloads).toBe(before.counters.reloads)
    expect(after.observed?.worker.pid).toBe(before.observed?.worker.pid)
  })

  it('tasks that run before they listen get no request until they do', async () => {
    await using dir = await tempDir()
    await using swarm = await startSwarm(dir)
    await using edge = await startDefaultEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
    using rest = watchRest(swarm)
    await rest.of(edge)
    swarm.updateService('shop', { env: { LISTEN_AFTER_MS: '1500' } })
    await rest.of(edge, 60_000)
    swarm.scale('shop', 1)
    await rest.of(edge, 30_000)
    await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'] })
    swarm.scale('shop', 10)
    await rest.of(edge, 30_000)
    lostNothing(await traffic.stop())
    expect(edge.status().awaited).toBe(0)
    expect(edge.told.notes).toEqual([])
  })

  it('the only task of a service replaced by one that listens late: requests wait for it', async () => {
    await using dir = await tempDir()
    await using swarm = await startSwarm(dir)
    await using edge = await startDefaultEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
    using rest = watchRest(swarm)
    swarm.scale('shop', 1)
    await rest.of(edge, 30_000)
    // So many that their refused connections would take the server out of rotation, were it checked already.
    await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'], clients: 32 })
    swarm.updateService('shop', { env: { LISTEN_AFTER_MS: '1500' }, update: { order: 'start-first' } })
    await rest.of(edge, 30_000)
    lostNothing(await traffic.stop())
  })

  it.each([1, 3])(
    'all %i tasks of a service replaced at once, the old ones first: requests wait for the new ones',
    async (replicas) => {
      await using dir = await tempDir()
      await using swarm = await startSwarm(dir)
      await using edge = await startDefaultEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
      using rest = watchRest(swarm)
      swarm.scale('shop', replicas)
      await rest.of(edge, 30_000)
      await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'], clients: 8 })
      swarm.updateService('shop', {
        image: 'tidegate/app:2',
        update: { order: 'stop-first', parallelism: 0 },
      })
      await rest.of(edge, 30_000)
      lostNothing(await traffic.stop())
    },
  )

  const moves = [
    { mode: 'task', order: 'start-first' },
    { mode: 'task', order: 'stop-first' },
    { mode: 'vip', order: 'start-first' },
    { mode: 'vip', order: 'stop-first' },
  ] as const

  it.each(moves)(
    'a move to another network in $mode mode, $order, reloads once and loses no request',
    async ({ mode, order }) => {
      await using dir = await tempDir()
      await using swarm = await startSwarm(dir, { 'com.docker.lb.backend_mode': mode })
      await using edge = await startDefaultEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
      using rest = watchRest(swarm)
      await swarm.createNetwork('other')
      await rest.of(edge)
      await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'] })
      swarm.updateService('shop', { networks: ['other'], update: { order, parallelism: 1, delayMs: 100 } })
      await rest.of(edge, 30_000)
      lostNothing(await traffic.stop())
      expect(edge.status().counters.reloads).toBe(1)
    },
  )

  it('a deploy and a removal of another service reload, and lose no request', async () => {
    await using dir = await tempDir()
    await using swarm = await startSwarm(dir)
    await using edge = await startDefaultEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
    using rest = watchRest(swarm)
    await rest.of(edge)
    await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'] })
    for (let round = 0; round < 3; round++) {
      const other = { ...labels, 'com.docker.lb.hosts': 'other.local' }
      swarm.createService({ name: 'other', replicas: 1, networks: ['demo'], labels: other })
      await rest.of(edge)
      swarm.removeService('other')
      await rest.of(edge)
    }
    lostNothing(await traffic.stop())
    expect(edge.status().counters.reloads).toBe(6)
  })

  it('a task killed in rotation takes along only the POST requests that it had in its hands', async () => {
    await using dir = await tempDir()
    await using swarm = await startSwarm(dir)
    await using edge = await startDefaultEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
    using rest = watchRest(swarm)
    await rest.of(edge)
    // Slow enough that each of the four tasks holds requests when it dies.
    const clients = 16
    await using traffic = startTraffic({
      port: edge.port,
      hosts: ['shop.local'],
      path: '/slow?ms=50',
      clients,
      pauseMs: 5,
    })
    const kills = 3
    for (let kill = 0; kill < kills; kill++) {
      await eventually(() => swarm.runningTasksOf('shop').length === 4, { timeoutMs: 20_000 })
      await rest.of(edge, 30_000)
      const [victim] = swarm.runningTasksOf('shop')
      swarm.killTask(victim?.ID ?? '', 'SIGKILL')
      await rest.of(edge, 30_000)
    }
    const { failures, answered } = await traffic.stop()
    expect(answered).toBeGreaterThan(100)
    expect(failures.filter((failure) => failure.method !== 'POST')).toEqual([])
    // At most what every client could have had there at once; in practice a fourth of the POSTs among them.
    expect(failures.length).toBeLessThanOrEqual(kills * clients)
    expect(edge.status().counters.reloads).toBe(0)
  })

  it('the agent killed and started again: no request lost, no reload, and it goes on where it was', async () => {
    await using dir = await tempDir()
    await using swarm = await startSwarm(dir)
    const port = await freePort()
    const flags = {
      'docker-host': `unix://${swarm.socketPath}`,
      'edge-networks': 'every',
      'run-dir': join(dir.path, 'run'),
      'haproxy-bin': haproxyBinary(),
      'http-bind': `127.0.0.1:${port}`,
      ...defaultCadence,
    }
    const first = startAgentProcess(flags)
    await first.logged('haproxy started')
    await eventually(async () => (await ask({ port, host: 'shop.local' })).status === 200, {
      timeoutMs: 10_000,
    })
    await using traffic = startTraffic({ port, hosts: ['shop.local'] })
    await first.kill('SIGKILL')
    await eventually(() => traffic.tally().answered > 100, { timeoutMs: 10_000 })
    await using second = startAgentProcess(flags)
    await second.logged('haproxy adopted')
    swarm.scale('shop', 6)
    const line = await second.logged('change applied live')
    expect(line).toMatchObject({ backends: 1 })
    await swarm.waitFor('shop', 6, AbortSignal.timeout(20_000))
    swarm.scale('shop', 2)
    await eventually(() => swarm.tasksOf('shop').length === 2, { timeoutMs: 20_000 })
    lostNothing(await traffic.stop())
    expect(second.log.map((each) => each.msg)).not.toContain('haproxy reloaded')
  })
})
