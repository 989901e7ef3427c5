// The agent's own parts, from the engine's answer to the files, wired so that one change can be timed.
// Owns the wiring (agent.ts and source.ts have the same) and the moments. Every part is the product's; HAProxy is real.

import { setTimeout as wait } from 'node:timers/promises'
import type { Settings } from '../../../agent/cli/settings.ts'
import { fileNames, livePathsOf } from '../../../agent/core/settings.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { realClock } from '../../../agent/docker/clock.ts'
import type { Docker } from '../../../agent/docker/docker.ts'
import type { DockerEndpoint } from '../../../agent/docker/endpoint.ts'
import { createRounds, heedHint, pollLists, type Rounds } from '../../../agent/docker/rounds.ts'
import { defaultCadence } from '../../../agent/docker/schedule.ts'
import { createTally } from '../../../agent/docker/status.ts'
import { createHaproxyEdge, type HaproxyEdge } from '../../../agent/haproxy-port.ts'
import { createLoop } from '../../../agent/reconcile/loop.ts'
import type { Outcome } from '../../../agent/reconcile/ports.ts'
import { createRenderer } from '../../../agent/render/render.ts'
import { createSwarmLists, type Listed } from '../../../agent/swarm/swarm-lists.ts'
import { createSwarmView } from '../../../agent/swarm/view.ts'
import { createOverlay } from '../../../agent/swarm/watch/overlay.ts'
import { eventually } from '../../support/eventually.ts'

/** What one change, or one poll, cost. Times from the hint that made the agent ask. */
export type Measured = { readonly cpuMs: number; readonly wallMs: number }
export type MeasuredChange = Measured & { readonly appliedMs: number; readonly commands: number }

export type TimedEdge = AsyncDisposable & {
  /** Has the agent list the tasks, and waits until what is new in the list runs and stands in the files. */
  readonly change: () => Promise<MeasuredChange>
  /** Has the agent list the tasks, where nothing is new in them. */
  readonly poll: () => Promise<Measured>
  readonly haproxy: HaproxyEdge
}

/** No timer of the agent's own falls into a measurement; what they cost is the start bench's to tell. */
const never = 1e9
const cadence = { ...defaultCadence, quietMs: never, movingMs: never, fullMs: never, gapMs: 0 }
const changeTimeoutMs = 30_000

/** Starts HAProxy and resolves when it runs what the engine's lists say. */
export async function startTimedEdge(
  settings: Settings,
  engine: { readonly docker: Docker; readonly endpoint: DockerEndpoint },
): Promise<TimedEdge> {
  const moments = createMoments()
  const haproxy = await createHaproxyEdge({
    ...settings.haproxy,
    ...livePathsOf(settings.config),
    pems: { pem: () => undefined, retain: () => {} },
    onEvent: () => {},
  })
  const loop = createLoop({
    haproxy: {
      ...haproxy,
      save: async (files, certificates, signal) => {
        await haproxy.save(files, certificates, signal)
        moments.reach('saved')
      },
    },
    renderer: createRenderer(settings.haproxy.templatesDir, settings.config),
    configFile: fileNames.config,
    settings: { ...settings.loop, ...settings.routing, auditMs: never, acceptGraceMs: 0 },
    accepts: async () => true,
    clock: { nowMs: () => performance.now() },
    report: {
      outcome: (outcome: Outcome) => outcome.kind === 'live' && moments.reach('applied'),
      problems: ([problem]) => moments.fail(problem),
      trouble: moments.fail,
      recovered: () => {},
      late: moments.fail,
      drift: moments.fail,
    },
  })
  const rounds = startRounds(engine, () => moments.reach('listed'))
  const stop = new AbortController()
  const running = Promise.all([
    pollLists(rounds, stop.signal),
    loop.run(snapshotsOf(rounds, stop.signal), stop.signal),
  ])
  running.catch(moments.fail)
  await eventually(() => loop.status().isSettled, { timeoutMs: 60_000, intervalMs: 100 })
  const dispose = async () => {
    stop.abort()
    await running
    await haproxy.stop(AbortSignal.abort())
    await haproxy[Symbol.asyncDispose]()
  }
  return {
    haproxy,
    change: () => measureChange(rounds, moments, haproxy),
    poll: () => measurePoll(rounds, moments),
    [Symbol.asyncDispose]: dispose,
  }
}

type Moment = 'listed' | 'applied' | 'saved'

function createMoments() {
  let failure: unknown
  const waiting = new Map<Moment, () => void>()
  const at = new Map<Moment, number>()
  return {
    reach: (moment: Moment) => {
      at.set(moment, performance.now())
      waiting.get(moment)?.()
    },
    fail: (error: unknown) => {
      failure ??= error
      for (const resolve of waiting.values()) resolve()
    },
    /** Resolves at the next time that the moment is reached. */
    next: async (moment: Moment): Promise<void> => {
      const deadline = AbortSignal.timeout(changeTimeoutMs)
      await new Promise<void>((resolve) => {
        waiting.set(moment, resolve)
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
      waiting.delete(moment)
      if (failure !== undefined)
        throw new Error(`the measured agent is in trouble: ${JSON.stringify(failure)}`)
      if (deadline.aborted) throw new Error(`"${moment}" was not reached within ${changeTimeoutMs} ms`)
    },
    lastMs: (moment: Moment) => at.get(moment) ?? Number.NaN,
  }
}

type Moments = ReturnType<typeof createMoments>

async function measureChange(
  rounds: Rounds<Listed>,
  moments: Moments,
  haproxy: HaproxyEdge,
): Promise<MeasuredChange> {
  await untilFree(rounds)
  const commands = haproxy.commandsSent().changes
  const measured = await measure(rounds, moments, 'saved')
  return {
    ...measured,
    appliedMs: moments.lastMs('applied') - measured.startedMs,
    commands: haproxy.commandsSent().changes - commands,
  }
}

async function measurePoll(rounds: Rounds<Listed>, moments: Moments): Promise<Measured> {
  await untilFree(rounds)
  return await measure(rounds, moments, 'listed')
}

async function measure(rounds: Rounds<Listed>, moments: Moments, until: Moment) {
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  const reached = moments.next(until)
  heedHint(rounds, { kind: 'changed', lists: ['tasks'] })
  await reached
  // What runs on after the moment in the same turn is the agent's work as well.
  await new Promise((resolve) => setImmediate(resolve))
  const { user, system } = process.cpuUsage(cpu)
  return { startedMs, cpuMs: (user + system) / 1000, wallMs: moments.lastMs(until) - startedMs }
}

/** The source gives the engine a rest after each list; a measurement begins when it is over. */
async function untilFree(rounds: Rounds<Listed>): Promise<void> {
  await wait(Math.max(5, rounds.schedule.notBeforeMs - performance.now() + 5))
}

function startRounds(
  { docker, endpoint }: { readonly docker: Docker; readonly endpoint: DockerEndpoint },
  onListed: () => void,
): Rounds<Listed> {
  const tally = createTally(realClock, {})
  const complain = (what: unknown) => {
    throw new Error(JSON.stringify(what))
  }
  const parts = {
    cadence,
    clock: realClock,
    random: () => 0,
    lists: createSwarmLists(docker, endpoint, complain),
    tally: {
      ...tally,
      answered: () => {
        tally.answered()
        onListed()
      },
      failed: complain,
    },
    view: createSwarmView({
      settings: { edgeNetworks: 'every', hostname: 'bench' },
      clock: realClock,
      onOddity: complain,
      overlay: createOverlay(),
      restartWatch: () => {},
    }),
  }
  return createRounds(parts, 0)
}

async function* snapshotsOf({ mailbox }: Rounds<Listed>, signal: AbortSignal): AsyncIterable<Snapshot> {
  for (;;) {
    const snapshot = await mailbox.take(signal)
    if (snapshot === undefined) return
    yield snapshot
  }
}
