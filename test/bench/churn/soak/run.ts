// The part `soak`: an hour's churn in minutes, with kills of agent and HAProxy, and what is left of it.
// Owns the phases. The last ones go without kills, so that a leak has processes that live long enough to show it.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../../../support/edge.ts'
import { eventually } from '../../../support/eventually.ts'
import { tempDir } from '../../../support/temp-dir.ts'
import { takenHere } from '../../machine.ts'
import type { ChurnBench } from '../bench.ts'
import { spreadOf } from '../delays.ts'
import { startClients } from '../loss/client.ts'
import type { ClientTally } from '../loss/client-messages.ts'
import { mostOf } from '../most.ts'
import { taskOf } from '../observer.ts'
import { createRandom, type Random } from '../random.ts'
import type { SoakResult } from '../results.ts'
import { hostOf } from '../sim/messages.ts'
import { type Sim, startSim } from '../sim/sim.ts'
import { createDiary, type Diary } from './diary.ts'
import { type SoakEdge, startSoakEdge } from './edge.ts'
import { createOperations, type Operations, replicasAtRest, servedServices } from './operations.ts'
import { isExcused, lengthsMs, type Span } from './outages.ts'

const seed = 4

/** How long each phase takes, rests not counted. */
type Phases = { readonly killingMs: number; readonly warmUpMs: number; readonly calmMs: number }

const phases: Phases = { killingMs: 360_000, warmUpMs: 60_000, calmMs: 120_000 }
const quickPhases: Phases = { killingMs: 22_000, warmUpMs: 3000, calmMs: 5000 }

/** In turn, so that each has its share; the times between are by lot. */
const victims = ['agent', 'worker', 'agent', 'master'] as const
const betweenKillsMs = { least: 2000, most: 12_000 }

/** About 200 requests a second: enough to notice, and the churn has the cores. */
const traffic = { clients: 8, pauseMs: 40, websockets: 0, downloads: 0, maxMs: 900_000 }

/** Between two operations; each begins when the Swarm is done with the last one. */
const betweenOperationsMs = { least: 0, most: 500 }

/** Old workers and closing servers end with their last sessions. */
const settleTimeoutMs = 60_000

/** HAProxy closes connections to servers that nobody uses after some seconds (`pool-purge-delay`). */
const purgeMs = 6000

type Scene = {
  readonly bench: ChurnBench
  readonly sim: Sim
  readonly edge: SoakEdge
  readonly random: Random
  readonly operations: Operations
  readonly diary: Diary
}

export async function runSoak(bench: ChurnBench): Promise<SoakResult> {
  const taken = takenHere(bench.haproxy)
  await using dir = await tempDir('tgk-')
  const [engine, swarmSocket] = [join(dir.path, 'engine.sock'), join(dir.path, 'control.sock')]
  await using sim = await startSim(
    {
      socketPath: engine,
      swarmSocketPath: swarmSocket,
      nodes: 3,
      runtime: 'in-process',
      networkPrefixLength: 24,
    },
    bench.signal,
  )
  for (const service of servedServices) await sim.tell({ kind: 'create', service, replicas: replicasAtRest })
  const runDir = join(dir.path, 'run')
  await mkdir(runDir)
  const place = { ...bench, runDir, port: await freePort(), engine, swarmSocket }
  await using edge = await startSoakEdge(bench, place, hostOf(servedServices[0]))
  const random = createRandom(seed)
  const operations = createOperations(createRandom(seed + 1))
  const scene: Scene = { bench, sim, edge, random, operations, diary: createDiary() }
  return { taken, seed, ...(await measure(scene, bench.isQuick ? quickPhases : phases)) }
}

async function measure(scene: Scene, { killingMs, warmUpMs, calmMs }: Phases) {
  const { bench, edge } = scene
  const kills = createKills()
  const startedMs = performance.now()
  bench.say(`soak: ${killingMs / 1000} s with kills`)
  const killing = await underChurn(scene, () => killFor(scene, killingMs, kills))
  bench.say(`soak: ${(warmUpMs + calmMs) / 1000} s without`)
  const pause = (ms: number) => () => wait(ms, undefined, { signal: bench.signal })
  const warming = await underChurn(scene, pause(warmUpMs))
  const before = await edge.held()
  const calm = await underChurn(scene, pause(calmMs))
  const after = await edge.held()
  const all = [killing, warming, calm]
  return {
    durationS: (performance.now() - startedMs) / 1000,
    operations: all.reduce((total, { operations }) => total + operations, 0),
    agentKills: kills.absences.length,
    haproxyKills: kills.outages.length,
    ...noticed(
      scene,
      all.map(({ tally }) => tally),
      kills.outages,
    ),
    outages: { ...spreadOf(lengthsMs(kills.outages)), never: 0 },
    absences: { ...spreadOf(lengthsMs(kills.absences)), never: 0 },
    ...(await leftOver(scene)),
    calmS: calmMs / 1000,
    agentBefore: before.agent,
    agentAfter: after.agent,
    haproxyBefore: before.haproxy,
    haproxyAfter: after.haproxy,
  }
}

type Churned = { readonly operations: number; readonly tally: ClientTally }

/** Traffic and one operation after the other for as long as the work takes; then back to where it began, and to rest. */
async function underChurn(scene: Scene, work: () => Promise<unknown>): Promise<Churned> {
  const { bench, edge, sim, operations } = scene
  const hosts = servedServices.map(hostOf)
  await using clients = startClients({ ...traffic, port: edge.contender().port, hosts })
  const over = new AbortController()
  const churning = churn(scene, over.signal)
  const ended = churning.then(() => Promise.reject(new Error('the churn has ended')))
  ended.catch(() => undefined)
  try {
    await Promise.race([work(), ended])
  } finally {
    over.abort()
    await churning.catch(() => undefined)
  }
  for (const command of operations.home()) await sim.tell(command)
  const tally = await clients.stop()
  await leftOver(scene)
  await wait(purgeMs, undefined, { signal: bench.signal })
  return { operations: await churning, tally }
}

async function churn({ sim, random, operations, diary }: Scene, end: AbortSignal): Promise<number> {
  let done = 0
  while (!end.aborted) {
    const operation = operations.next()
    diary.note(JSON.stringify(operation))
    await sim.tell(operation)
    done += 1
    const pauseMs = random.between(betweenOperationsMs.least, betweenOperationsMs.most)
    await wait(pauseMs, undefined, { signal: end }).catch(() => undefined)
  }
  return done
}

type Kills = { readonly outages: Span[]; readonly absences: Span[] }

const createKills = (): Kills => ({ outages: [], absences: [] })

async function killFor(
  { bench, edge, diary }: Scene,
  forMs: number,
  { outages, absences }: Kills,
): Promise<void> {
  const random = createRandom(seed + 2)
  const endMs = performance.now() + forMs
  for (let turn = 0; performance.now() < endMs; turn += 1) {
    const pauseMs = random.between(betweenKillsMs.least, betweenKillsMs.most)
    await wait(pauseMs, undefined, { signal: bench.signal })
    const victim = victims[turn % victims.length] ?? 'agent'
    bench.say(`soak: the ${victim} is killed`)
    diary.note(`${victim} killed`)
    if (victim === 'agent') absences.push(await edge.killAgent())
    else outages.push(await edge.killHaproxy(victim))
    diary.note(`${victim} back`)
  }
}

function noticed({ bench, diary }: Scene, tallies: readonly ClientTally[], outages: readonly Span[]) {
  const failures = tallies.flatMap((tally) => tally.failures)
  const answered = tallies.reduce((total, tally) => total + tally.answered, 0)
  const graceful = failures.filter(({ atMs }) => !isExcused(atMs, outages))
  for (const line of diary.lines(graceful)) bench.say(`soak: ${line}`)
  return {
    requests: answered + failures.length,
    failedWithHaproxy: failures.length - graceful.length,
    failedGracefully: graceful.length,
    mostly: mostOf(graceful.map(({ what }) => what)),
  }
}

/** What is there at rest and should not be. What does not come to rest is counted as it stands then. */
async function leftOver({ bench, edge, sim }: Scene) {
  const look = async () => {
    const servers = [...(await edge.live()).backends.values()].flatMap((backend) => [...backend.keys()])
    const running = sim.ledger.running()
    return {
      leakedServers: servers.filter((server) => !running.has(taskOf(server))).length,
      oldWorkers: await edge.oldWorkers(),
      differences: (await edge.differences()).length,
    }
  }
  const isClean = async () => Object.values(await look()).every((left) => left === 0)
  try {
    await eventually(isClean, { timeoutMs: settleTimeoutMs, intervalMs: 500, signal: bench.signal })
  } catch {
    bench.signal.throwIfAborted()
  }
  return await look()
}
