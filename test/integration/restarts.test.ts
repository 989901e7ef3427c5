// Everything beside the tasks that can die, hang or fall silent, with traffic through it: what is lost, and that
// afterwards HAProxy runs what a fresh one would come up with from the files.
// The whole container, dockerd and a manager without a leader are test/e2e/faults.test.ts's affair.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kill } from 'node:process'
import { describe, expect, it } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { type Edge, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { freshState } from '../support/fresh-haproxy.ts'
import { type LiveState, readLiveState } from '../support/live-state.ts'
import { type Rest, watchRest } from '../support/rest.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startTraffic, type Traffic } from '../support/traffic.ts'

const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }
const clients = 8

type World = {
  readonly swarm: SimulatedSwarm
  readonly edge: Edge
  readonly rest: Rest
  readonly traffic: Traffic
}

/** Runs a scenario on an edge in service, and holds the files to what runs when it is over. */
async function inWorld(
  scenario: (world: World) => Promise<void>,
  flags: Readonly<Record<string, string>> = {},
) {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
  })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 3, networks: ['demo'], labels })
  await swarm.waitFor('shop', 3)
  const runDir = join(dir.path, 'run')
  await using edge = await startEdge({ engine: swarm.socketPath, runDir, flags })
  using rest = watchRest(swarm)
  await rest.of(edge)
  await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'], clients })
  await scenario({ swarm, edge, rest, traffic })
  await rest.of(edge, 30_000)
  await filesSayWhatRuns(edge, runDir)
}

async function filesSayWhatRuns({ settings }: Edge, runDir: string): Promise<void> {
  const source = { socketPath: settings.haproxy.workerSocket, routesMap: settings.config.routesMap }
  const fresh = await freshState({ binary: settings.haproxy.binary, runDir })
  expect(comparable(fresh)).toEqual(comparable(await readLiveState(source)))
}

function comparable({ structure, backends, routes }: LiveState) {
  const servers = [...backends].flatMap(([backend, its]) =>
    [...its].map(([name, { address, weight, admin }]) => `${backend} ${name} ${address} ${weight} ${admin}`),
  )
  return { structure, servers: servers.sort(), routes: [...routes].sort() }
}

const answeredMore = ({ traffic }: World, count: number) => {
  const before = traffic.tally().answered
  return eventually(() => traffic.tally().answered >= before + count, { timeoutMs: 20_000 })
}

const workerPid = ({ edge }: World) => edge.status().observed?.worker.pid ?? 0

describe('HAProxy', () => {
  it.each([
    { what: 'the worker', victim: (world: World) => workerPid(world) },
    { what: 'the master', victim: (world: World) => masterOf(workerPid(world)) },
  ])('$what killed: it is started again, and loses what it had in its hands', async ({ victim }) => {
    await inWorld(async (world) => {
      const before = workerPid(world)
      const { failures } = await world.traffic.during(async () => {
        kill(await victim(world), 'SIGKILL')
        await eventually(() => ![0, before].includes(workerPid(world)), { timeoutMs: 20_000 })
        await world.edge.settled(20_000)
      })
      // While nobody listens connections are refused; whoever was connected is cut once.
      const cut = failures.filter(({ what }) => !/ECONNREFUSED/.test(what))
      expect(cut.length).toBeLessThanOrEqual(2 * clients)
      const after = await world.traffic.during(() => answeredMore(world, 100))
      expect(after.failures).toEqual([])
    })
  })

  async function masterOf(worker: number): Promise<number> {
    const status = await readFile(`/proc/${worker}/status`, 'utf8')
    return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1])
  }
})

describe('the engine', () => {
  const scale = async ({ swarm, edge, rest }: World, replicas: number) => {
    swarm.scale('shop', replicas)
    await rest.of(edge, 30_000)
  }

  it.each([
    { what: 'hangs', fault: { kind: 'hang' } },
    { what: 'is away', fault: { kind: 'down' } },
    { what: 'has no leader', fault: { kind: 'error-500' } },
    { what: 'talks nonsense', fault: { kind: 'garbage' } },
  ] as const)(
    'it $what: what runs goes on, and the next change comes through when it is back',
    async ({ fault }) => {
      await inWorld(
        async (world) => {
          const { swarm, edge, traffic } = world
          swarm.faults.set(fault)
          await eventually(() => edge.told.notes.length > 0, { timeoutMs: 20_000 })
          await answeredMore(world, 200)
          swarm.faults.clear()
          await scale(world, 5)
          await scale(world, 2)
          expect((await traffic.stop()).failures).toEqual([])
          expect(edge.status().counters.reloads).toBe(0)
        },
        { 'docker-timeout': '500ms' },
      )
    },
  )

  it('its events fall silent: changes are seen by the next poll', async () => {
    await inWorld(async (world) => {
      world.swarm.silenceEvents()
      await scale(world, 6)
      await scale(world, 1)
      world.swarm.resumeEvents()
      expect((await world.traffic.stop()).failures).toEqual([])
    })
  })

  it('its event stream breaks again and again: nobody notices', async () => {
    await inWorld(async (world) => {
      for (let round = 0; round < 5; round++) {
        world.swarm.breakEvents()
        await scale(world, 2 + round)
      }
      expect((await world.traffic.stop()).failures).toEqual([])
    })
  })
})
