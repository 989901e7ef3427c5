// The demo's world: a Swarm, the edge in front of it, and the traffic through it.
// Owns its life: whatever happens, HAProxy is gone when the stage is disposed of. Refuses to know the steps.

import { actionText } from '../../agent/cli/plan-text.ts'
import type { Problem } from '../../agent/core/problem.ts'
import type { Outcome } from '../../agent/reconcile/ports.ts'
import type { SimulatedSwarm } from '../sim/swarm.ts'
import { type Answer, ask } from '../support/client.ts'
import { isConverged } from '../support/converged.ts'
import { type Edge, freePort, startEdge } from '../support/edge.ts'
import { pageAddress } from '../support/edge-page.ts'
import { eventually } from '../support/eventually.ts'
import { startTraffic, type Tally, type Traffic } from '../support/traffic.ts'
import { endHaproxy, triedAgain } from './haproxy.ts'
import { type Follower, watchFollower } from './rest.ts'

export type StageOptions = {
  readonly swarm: SimulatedSwarm
  readonly runDir: string
  /** What the agent calls itself. */
  readonly version: string
  /** Settings of the agent, by flag. */
  readonly flags: Readonly<Record<string, string>>
  /** Whether the edge's page is open. */
  readonly page: boolean
  /** The traffic ends by itself after this time. */
  readonly trafficMs: number
  readonly onOutcome: (outcome: Outcome) => void
  readonly signal: AbortSignal
}

/** What the agents of the stage have done so far, one after the other. */
export type Totals = {
  readonly reloads: number
  readonly commands: number
  readonly troubles: readonly string[]
}

export type Stage = AsyncDisposable & {
  readonly swarm: SimulatedSwarm
  readonly runDir: string
  readonly port: number
  /** Where a browser finds the edge's page; undefined where it is not open. */
  readonly pageAddress: () => Promise<string | undefined>
  readonly startAgent: () => Promise<void>
  /** The agent ends; HAProxy goes on. */
  readonly stopAgent: () => Promise<void>
  /** The version of the HAProxy that runs. */
  readonly haproxyVersion: () => string
  /** The traffic asks this host too from now on; the first one starts it. */
  readonly addHost: (host: string) => void
  /** No POST for this host from now on. */
  readonly askByGetOnly: (host: string | undefined) => void
  /** Why something is not published, as the agent sees it now. */
  readonly problems: () => readonly Problem[]
  readonly tally: () => Tally
  readonly totals: () => Totals
  /** One request beside the traffic. */
  readonly ask: (host: string) => Promise<Answer>
  /** How many requests of a backend met a dead task and were tried again, since the last reload. */
  readonly triedAgain: (backend: string) => Promise<number>
  /** Waits for something in this world. */
  readonly until: (condition: () => boolean) => Promise<unknown>
  /** Waits until Swarm has nothing left to do, and HAProxy runs what it asks for. */
  readonly rest: () => Promise<void>
}

type State = {
  readonly options: StageOptions
  readonly port: number
  readonly pagePort: number
  readonly hosts: string[]
  readonly past: Edge[]
  readonly follower: Follower
  edge: Edge | undefined
  traffic: Traffic | undefined
  getOnly: string | undefined
}

const restTimeoutMs = 20_000
/** 8 clients with this rest between two requests ask about 200 times a second. */
const clients = { clients: 8, pauseMs: 38 } as const

/** A stage with a Swarm on it; neither agent nor HAProxy run before `startAgent`. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { swarm, runDir, signal } = options
  const port = await freePort()
  const state: State = {
    options,
    port,
    pagePort: await freePort(),
    hosts: [],
    past: [],
    follower: watchFollower(swarm),
    edge: undefined,
    traffic: undefined,
    getOnly: undefined,
  }
  const interrupted = rejectedBy(signal)
  // Whoever waits hears of it; between two waits nobody does.
  interrupted.catch(() => {})
  const until = (condition: () => boolean) => eventually(condition, { timeoutMs: restTimeoutMs, signal })
  return {
    swarm,
    runDir,
    port,
    pageAddress: async () =>
      options.page && state.edge !== undefined ? pageAddress(state.edge.settings) : undefined,
    startAgent: () => startAgent(state),
    stopAgent: () => stopAgent(state),
    haproxyVersion: () => state.edge?.status().observed?.worker.version ?? '',
    addHost: (host) => addHost(state, host),
    askByGetOnly: (host) => {
      state.getOnly = host
    },
    problems: () => state.edge?.status().problems ?? [],
    tally: () => state.traffic?.tally() ?? { answered: 0, failures: [] },
    totals: () => totals(state),
    ask: (host) => ask({ port, host }),
    triedAgain: (backend) => triedAgain(`${runDir}/worker.sock`, backend, signal),
    until,
    rest: () => rest(state, until, interrupted),
    [Symbol.asyncDispose]: () => dispose(state),
  }
}

async function startAgent(state: State): Promise<void> {
  const { swarm, runDir, version, flags, page, onOutcome } = state.options
  state.edge = await startEdge({
    engine: swarm.socketPath,
    runDir,
    version,
    flags: page ? { ...flags, 'admin-bind': `127.0.0.1:${state.pagePort}` } : flags,
    page,
    port: state.port,
    onOutcome,
  })
}

async function stopAgent(state: State): Promise<void> {
  const { edge } = state
  if (edge === undefined) return
  await edge.letGo()
  state.past.push(edge)
  state.edge = undefined
}

function addHost(state: State, host: string): void {
  state.hosts.push(host)
  state.traffic ??= startTraffic({
    port: state.port,
    hosts: state.hosts,
    ...clients,
    maxMs: state.options.trafficMs,
    method: (planned, request) => (request.host === state.getOnly ? 'GET' : planned),
  })
}

function totals({ past, edge }: State): Totals {
  const edges = edge === undefined ? past : [...past, edge]
  const statuses = edges.map((each) => each.status())
  return {
    reloads: statuses.reduce((sum, status) => sum + status.counters.reloads, 0),
    commands: statuses.reduce((sum, status) => sum + status.commands.changes, 0),
    troubles: edges.flatMap(({ told }) => [
      ...[...told.troubles, ...told.notes].map(String),
      ...told.drifts.map((actions) => `HAProxy was found changed: ${actions.map(actionText).join('; ')}`),
    ]),
  }
}

async function rest(state: State, until: Stage['until'], interrupted: Promise<never>): Promise<void> {
  const { edge, options, follower } = state
  if (edge === undefined) return
  await until(() => isConverged(options.swarm))
  const convergedMs = performance.now()
  await until(() => follower.hasCaughtUp(convergedMs))
  await Promise.race([edge.settled(restTimeoutMs), interrupted])
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function dispose({ traffic, edge, follower, options }: State): Promise<void> {
  follower[Symbol.dispose]()
  try {
    await traffic?.stop()
    await edge?.[Symbol.asyncDispose]()
  } finally {
    await endHaproxy(`${options.runDir}/master.sock`)
  }
}
