// The edge of a soak: an agent that is started again when it was killed, and its HAProxy.
// Owns the kills and what is left afterwards. Refuses to choose when (run.ts).

import { setTimeout as wait } from 'node:timers/promises'
import { ask } from '../../../support/client.ts'
import { eventually } from '../../../support/eventually.ts'
import { freshState } from '../../../support/fresh-haproxy.ts'
import { comparable, type LiveState, readLiveState } from '../../../support/live-state.ts'
import { memory } from '../../proc.ts'
import type { ChurnBench } from '../bench.ts'
import { contenders } from '../contenders/all.ts'
import type { Contender, Place } from '../contenders/contender.ts'
import { descriptorsOf, readPids, workersOf } from '../haproxy.ts'
import type { Held } from '../results.ts'
import type { Span } from './outages.ts'

export type SoakEdge = AsyncDisposable & {
  readonly contender: () => Contender
  /** Kills the agent and starts another, as its container's supervisor does; resolves when that has taken over. */
  readonly killAgent: () => Promise<Span>
  /** Kills a process of HAProxy's; resolves when requests are answered again. */
  readonly killHaproxy: (which: 'master' | 'worker') => Promise<Span>
  readonly live: () => Promise<LiveState>
  /** Differences between what HAProxy runs and what a fresh one makes of the files, by backend, `routes` or `structure`. */
  readonly differences: () => Promise<readonly string[]>
  readonly oldWorkers: () => Promise<number>
  readonly held: () => Promise<{ readonly agent: Held; readonly haproxy: Held }>
}

const recoveryTimeoutMs = 30_000

/** Starts it; `host` is one that always answers. */
export async function startSoakEdge(bench: ChurnBench, place: Place, host: string): Promise<SoakEdge> {
  const start = () => contenders.watch.start(place)
  let contender = await start()
  const pids = () => readPids(contender.workerSocket)
  // The worker of a dead master may answer for another moment.
  const restarts = () => contender.log.told('haproxy restarted')
  const live = () =>
    readLiveState({ socketPath: contender.workerSocket, routesMap: `${place.runDir}/routes.map` })
  return {
    contender: () => contender,
    killAgent: async () => {
      const fromMs = Date.now()
      await contender.killProgram()
      contender = await start()
      return { fromMs, untilMs: Date.now() }
    },
    killHaproxy: async (which) => {
      const pid = (await pids())[which]
      const before = restarts()
      // A worker on its way out may have answered, in a reload: its death restarts nothing, the new one answers already.
      const isReplaced = async () =>
        restarts() > before || (which === 'worker' && (await pids()).worker !== pid)
      const fromMs = Date.now()
      process.kill(pid, 'SIGKILL')
      const answers = async () => (await ask({ port: place.port, host, timeoutMs: 1000 })).status === 200
      await eventually(async () => (await isReplaced()) && (await answers()), {
        timeoutMs: recoveryTimeoutMs,
        intervalMs: 5,
        signal: bench.signal,
      })
      return { fromMs, untilMs: Date.now() }
    },
    live,
    differences: async () =>
      differences(await live(), await freshState({ binary: place.haproxy, runDir: place.runDir })),
    oldWorkers: async () => (await workersOf((await pids()).master)).length - 1,
    held: async () => {
      const { worker } = await pids()
      return await leastHeld({ agent: contender.pid, haproxy: worker }, bench.signal)
    },
    [Symbol.asyncDispose]: () => contender[Symbol.asyncDispose](),
  }
}

const samples = { count: 10, everyMs: 300 }

/** The least over some seconds: connections come and go, garbage as well, and what leaks stays. */
async function leastHeld(
  pids: { readonly agent: number; readonly haproxy: number },
  signal: AbortSignal,
): Promise<{ readonly agent: Held; readonly haproxy: Held }> {
  let agent = await heldBy(pids.agent)
  let haproxy = await heldBy(pids.haproxy)
  for (let sample = 1; sample < samples.count; sample += 1) {
    await wait(samples.everyMs, undefined, { signal })
    agent = lower(agent, await heldBy(pids.agent))
    haproxy = lower(haproxy, await heldBy(pids.haproxy))
  }
  return { agent, haproxy }
}

async function heldBy(pid: number): Promise<Held> {
  return { descriptors: await descriptorsOf(pid), rssMb: memory(pid).rssMb }
}

function lower(a: Held, b: Held): Held {
  return { descriptors: Math.min(a.descriptors, b.descriptors), rssMb: Math.min(a.rssMb, b.rssMb) }
}

/** The parts in which two states differ. */
export function differences(live: LiveState, fresh: LiveState): readonly string[] {
  const [ours, theirs] = [comparable(live), comparable(fresh)]
  const names = new Set([...Object.keys(ours.backends), ...Object.keys(theirs.backends)])
  const different = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b)
  return [
    ...(different(ours.structure, theirs.structure) ? ['structure'] : []),
    ...(different(ours.routes, theirs.routes) ? ['routes'] : []),
    ...[...names].filter((name) => different(ours.backends[name], theirs.backends[name])),
  ]
}
