// The part `storm`: tasks that crash again and again among many that do not, with the watch.
// Owns the sizes. One listener stands for all tasks: unanswered, HAProxy would check ten thousand servers once a second.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../../../support/edge.ts'
import { eventually } from '../../../support/eventually.ts'
import { tempDir } from '../../../support/temp-dir.ts'
import { takenHere } from '../../machine.ts'
import { cpuUs, memory } from '../../proc.ts'
import type { ChurnBench } from '../bench.ts'
import { contenders } from '../contenders/all.ts'
import type { Contender } from '../contenders/contender.ts'
import { delaysOf } from '../delays.ts'
import { readPids } from '../haproxy.ts'
import { createObserver } from '../observer.ts'
import type { StormResult } from '../results.ts'
import { hostOf } from '../sim/messages.ts'
import { type Sim, startSim } from '../sim/sim.ts'

type Sizes = {
  readonly calm: { readonly services: number; readonly tasks: number }
  readonly flapping: { readonly services: number; readonly tasks: number }
  readonly warmUpMs: number
  readonly forMs: number
}

const sizes: Sizes = {
  calm: { services: 950, tasks: 10 },
  flapping: { services: 10, tasks: 50 },
  warmUpMs: 60_000,
  forMs: 60_000,
}

const quickSizes: Sizes = {
  calm: { services: 95, tasks: 10 },
  flapping: { services: 2, tasks: 25 },
  warmUpMs: 3000,
  forMs: 10_000,
}

/** Swarm's default, between a crash and the next start. */
const restartDelayMs = 5000

/** A task lives so long before it crashes. */
const upMs = { least: 500, most: 2500 }

/** How often HAProxy is asked at most; what a lag may be too long by. */
const lookMs = 20

/** The last tasks that crashed are back after this, and what is left to delete is deleted. */
const calmMs = 12_000

/** A Swarm of ten thousand tasks takes minutes to fill on a busy machine. */
const fillTimeoutMs = 240_000

const flappingServices = ({ flapping }: Sizes) =>
  Array.from({ length: flapping.services }, (_, index) => `flap${index}`)

export async function runStorm(bench: ChurnBench): Promise<StormResult> {
  const taken = takenHere(bench.haproxy)
  const size = bench.isQuick ? quickSizes : sizes
  await using dir = await tempDir('tgs-')
  const [engine, swarmSocket] = [join(dir.path, 'engine.sock'), join(dir.path, 'control.sock')]
  await using sim = await startSim(
    {
      socketPath: engine,
      swarmSocketPath: swarmSocket,
      nodes: 10,
      runtime: 'none',
      networkPrefixLength: 17,
      isAnswering: true,
    },
    bench.signal,
  )
  await fill(bench, sim, size)
  const runDir = join(dir.path, 'run')
  await mkdir(runDir)
  const place = { ...bench, runDir, port: await freePort(), engine, swarmSocket }
  await using contender = await contenders.watch.start(place)
  await eventually(() => contender.log.told('tasks are followed') > 0, {
    timeoutMs: 60_000,
    signal: bench.signal,
  })
  return {
    taken,
    tasks: tasksOf(size),
    flapping: size.flapping.services * size.flapping.tasks,
    ...(await measure(bench, sim, contender, size)),
  }
}

function tasksOf({ calm, flapping }: Sizes): number {
  return calm.services * calm.tasks + flapping.services * flapping.tasks
}

async function fill(bench: ChurnBench, sim: Sim, size: Sizes): Promise<void> {
  bench.say(`storm: filling a Swarm with ${tasksOf(size)} tasks`)
  for (const service of flappingServices(size)) {
    await sim.order({ kind: 'create', service, replicas: size.flapping.tasks, restartDelayMs })
  }
  for (let index = 0; index < size.calm.services; index += 1) {
    await sim.order({ kind: 'create', service: `calm${index}`, replicas: size.calm.tasks })
  }
  await eventually(() => sim.ledger.running().size === tasksOf(size), {
    timeoutMs: fillTimeoutMs,
    intervalMs: 200,
    signal: bench.signal,
  })
}

async function measure(
  bench: ChurnBench,
  sim: Sim,
  contender: Contender,
  size: Sizes,
): Promise<Omit<StormResult, 'taken' | 'tasks' | 'flapping'>> {
  const { worker } = await readPids(contender.workerSocket)
  const services = flappingServices(size)
  const flap = (forMs: number, seed: number) => sim.order({ kind: 'flap', services, forMs, upMs, seed })
  bench.say('storm: a first one, so that the second finds everything as it will be')
  await flap(size.warmUpMs, 1)
  await wait(calmMs, undefined, { signal: bench.signal })
  await using observer = createObserver({
    socketPath: contender.workerSocket,
    log: contender.log,
    gapMs: lookMs,
    backends: services.map(hostOf),
  })
  await observer.look()
  const memoryBefore = { agentBefore: memory(contender.pid), haproxyBefore: memory(worker) }
  const since = {
    commits: sim.ledger.commits().length,
    counts: contender.log.counts(),
    cpuUs: cpuUs(contender.pid),
  }
  bench.say(`storm: ${size.forMs / 1000} s`)
  const startedMs = performance.now()
  await flap(size.forMs, 2)
  const cpuMs = (cpuUs(contender.pid) - since.cpuUs) / 1000
  const durationS = (performance.now() - startedMs) / 1000
  await wait(calmMs, undefined, { signal: bench.signal })
  await observer.look()
  const commits = sim.ledger.commits().slice(since.commits)
  const counts = contender.log.counts()
  return {
    durationS,
    changes: commits.length,
    opened: delaysOf(commits, observer.seen, 'running'),
    closed: delaysOf(commits, observer.seen, 'stopping'),
    cpuMsPerS: cpuMs / durationS,
    commandsPerChange: (counts.actions - since.counts.actions) / commits.length,
    reloads: counts.reloads - since.counts.reloads,
    ...memoryBefore,
    agentAfter: memory(contender.pid),
    haproxyAfter: memory(worker),
  }
}
