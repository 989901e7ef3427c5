// The part `loss`: what clients notice of deploys, on the simulated Swarm with a real process for each task.
// Owns the order: each contender goes through its scenarios alone, on the same Swarm, under the same clients.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { realTiming } from '../../../sim/timing.ts'
import { freePort } from '../../../support/edge.ts'
import { eventually } from '../../../support/eventually.ts'
import { tempDir } from '../../../support/temp-dir.ts'
import { takenHere } from '../../machine.ts'
import type { ChurnBench } from '../bench.ts'
import { type ContenderSpec, contenders } from '../contenders/all.ts'
import type { Contender } from '../contenders/contender.ts'
import { type Cut, isCutAlive, type Ledger } from '../ledger.ts'
import { mostOf } from '../most.ts'
import { createObserver, type Observer } from '../observer.ts'
import type { LossResult, LossRow } from '../results.ts'
import { hostOf } from '../sim/messages.ts'
import { type Sim, startSim } from '../sim/sim.ts'
import { type Clients, startClients } from './client.ts'
import type { ClientTally } from './client-messages.ts'
import { contendersOf, nodes, type Scenario, scenariosOf, services } from './scenarios.ts'

/** 32 clients at 20 ms ask up to a thousand times a second where the cores allow; a third is POST, half on new connections. */
const traffic = { clients: 32, pauseMs: 20, websockets: 50, downloads: 10, maxMs: 600_000 }

/** From the decision to the SIGTERM, at the least: the dispatcher's batch and SwarmKit's two seconds. */
const warningMs = realTiming.dispatchMs + realTiming.stopDelayMs

/** The slowest contender polls each 15 s. */
const settleTimeoutMs = 40_000

/** Clients go on for a moment after it is all over. */
const afterMs = 500

export async function runLoss(bench: ChurnBench): Promise<LossResult> {
  const taken = takenHere(bench.haproxy)
  await using dir = await tempDir('tgl-')
  await using sim = await startSim(
    {
      socketPath: join(dir.path, 'engine.sock'),
      swarmSocketPath: join(dir.path, 'control.sock'),
      nodes,
      runtime: 'process',
      networkPrefixLength: 24,
    },
    bench.signal,
  )
  for (const service of services) await sim.tell({ kind: 'create', service, replicas: 2 })
  const rows: LossRow[] = []
  for (const spec of contendersOf(bench.isQuick)) {
    const runDir = join(dir.path, spec.name)
    await mkdir(runDir)
    rows.push(...(await measureContender(bench, sim, spec, runDir)))
  }
  return { taken, websockets: traffic.websockets, downloads: traffic.downloads, rows }
}

type Scene = {
  readonly bench: ChurnBench
  readonly sim: Sim
  readonly spec: ContenderSpec
  readonly contender: Contender
  readonly observer: Observer
  readonly clients: Clients
}

async function measureContender(
  bench: ChurnBench,
  sim: Sim,
  spec: ContenderSpec,
  runDir: string,
): Promise<readonly LossRow[]> {
  const own = spec === contenders.watch ? 'first' : 'others'
  const scenarios = scenariosOf(bench.isQuick).filter(({ isFor }) => isFor === 'all' || isFor === own)
  await sim.tell({ kind: 'scale', service: 'web', replicas: scenarios[0]?.replicas ?? 1 })
  const { socketPath: engine, swarmSocketPath: swarmSocket } = sim
  await using contender = await spec.start({ ...bench, runDir, port: await freePort(), engine, swarmSocket })
  await using observer = createObserver({ socketPath: contender.workerSocket, log: contender.log })
  await settled({ bench, sim, observer })
  await using clients = startClients({ ...traffic, port: contender.port, hosts: services.map(hostOf) })
  const scene: Scene = { bench, sim, spec, contender, observer, clients }
  await eventually(async () => (await clients.read()).websocketsOpen === traffic.websockets, {
    timeoutMs: 20_000,
    signal: bench.signal,
  })
  const rows: LossRow[] = []
  for (const scenario of scenarios) {
    const row = await measureScenario(scene, scenario)
    bench.say(
      `loss: ${spec.name}: ${scenario.name}: ${row.failed} of ${row.requests} failed, ${row.reloads} reloads`,
    )
    rows.push(row)
  }
  await clients.stop()
  return rows
}

async function measureScenario(scene: Scene, scenario: Scenario): Promise<LossRow> {
  const { bench, sim, contender, clients, spec } = scene
  await sim.tell({ kind: 'scale', service: 'web', replicas: scenario.replicas })
  await settled(scene)
  const [before, reloadsBefore] = [await clients.read(), contender.log.counts().reloads]
  const startedMs = performance.now()
  for (const step of scenario.steps) await sim.tell(step)
  await settled(scene)
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  bench.signal.throwIfAborted()
  const after = await clients.read()
  return {
    scenario: scenario.name,
    contender: spec.name,
    what: spec.what,
    durationS: (performance.now() - startedMs) / 1000,
    reloads: contender.log.counts().reloads - reloadsBefore,
    ...noticed(before, after, sim.ledger),
  }
}

/** Waits until exactly the servers of running tasks are open. */
async function settled({ bench, sim, observer }: Pick<Scene, 'bench' | 'sim' | 'observer'>): Promise<void> {
  const check = async () => {
    const [open, running] = [await observer.look(), sim.ledger.running()]
    return open.size === running.size && [...running].every((id) => open.has(id))
  }
  await eventually(check, { timeoutMs: settleTimeoutMs, intervalMs: 200, signal: bench.signal })
}

/** What clients noticed between two tallies. */
function noticed(before: ClientTally, after: ClientTally, ledger: Ledger) {
  const failures = after.failures.slice(before.failures.length)
  const isAlive = (cut: Cut) => isCutAlive(cut, ledger, warningMs)
  const websockets = after.websocketCuts.slice(before.websocketCuts.length)
  const downloads = after.downloadCuts.slice(before.downloadCuts.length)
  const websocketsCut = websockets.filter(isAlive).length
  const downloadsCut = downloads.filter(isAlive).length
  return {
    requests: after.answered - before.answered + failures.length,
    failed: failures.length,
    websocketsCut,
    downloadsCut,
    endedWithTask: websockets.length + downloads.length - websocketsCut - downloadsCut,
    mostly: mostOf(failures.map(({ what }) => what)),
  }
}
