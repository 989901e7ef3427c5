// What a person wants to know at a glance: services, routes, servers and problems, and how sure the view is.
// Owns its shape, which is the answer of /api/status too, and its making. Refuses to ask anybody, and to lay out.

import type { Observed, ObservedBackend } from './observed.ts'
import { placeBackends } from './place.ts'
import type { ReloadReason } from './plan.ts'
import type { Problem } from './problem.ts'
import type { Flows } from './rates.ts'
import type { Backend, BackendMode, Routing } from './routing.ts'
import { compareText } from './text.ts'

/** Everything in it is JSON; what is not known is left out. Its size grows with backends and routes, not with tasks. */
export type StatusView = {
  /** `agent`: by the one that runs. `engine`: by the engine and HAProxy, no agent answers. `haproxy`: by that alone. */
  readonly toldBy: 'agent' | 'engine' | 'haproxy'
  /** Tidegate's, for example `0.1.0`. */
  readonly version: string
  /** Absent where HAProxy does not answer. */
  readonly haproxy?: HaproxyView
  /** The agent's view of the engine; absent without an agent. */
  readonly engine?: EngineView
  /** What the agent is at; absent without one. */
  readonly loop?: LoopView
  /** Services that are published. */
  readonly services: number
  readonly routes: number
  readonly servers: ServerCounts
  /** In the order of their names. */
  readonly backends: readonly BackendView[]
  readonly problems: readonly Problem[]
}

export type HaproxyView = {
  readonly version: string
  readonly pid: number
  /** True while only a worker answers that is on its way out. */
  readonly isStopping: boolean
  readonly uptimeS?: number
  readonly connections?: number
  readonly connectionsMax?: number
}

export type EngineView = {
  /** Since the engine last answered all that was asked; absent before it has. */
  readonly staleMs?: number
  /** Code of the trouble that the last round ended with. */
  readonly trouble?: string
  /** True while a view that lacks things is not believed yet. */
  readonly isHeldBack: boolean
}

export type LoopView = {
  /** True where HAProxy runs what the last snapshot asks for, with nothing pending and no server closing. */
  readonly isSettled: boolean
  /** Servers that are kept out of rotation until they accept connections. */
  readonly awaited: number
  /** Why a reload waits for things to settle; empty where none does. */
  readonly pendingReload: readonly string[]
  readonly trouble?: { readonly code: string; readonly message: string; readonly hint: string }
  readonly counters: {
    readonly starts: number
    readonly reloads: number
    readonly liveChanges: number
    readonly drifts: number
    readonly failures: number
  }
}

export type ServerCounts = {
  /** Take requests. Those that a health check took out count here too where HAProxy's figures are not known. */
  readonly up: number
  /** Taken out of rotation by a health check. */
  readonly down: number
  /** In maintenance until their task runs and accepts connections. */
  readonly waiting: number
  /** In maintenance until their last session ends. */
  readonly closing: number
  /** Drained by somebody: they get no new requests. */
  readonly drained: number
}

/**
 * | health     | when                                                             |
 * | ---------- | ---------------------------------------------------------------- |
 * | `down`     | it has servers, and none takes requests                          |
 * | `missing`  | it is wanted, and comes with the next reload                     |
 * | `degraded` | some servers were taken out by their health checks               |
 * | `empty`    | it has no server, or only closing ones: no task runs             |
 * | `leaving`  | nobody wants it any more; it goes with the next reload           |
 * | `up`       | otherwise                                                        |
 */
export const healths = ['down', 'missing', 'degraded', 'empty', 'leaving', 'up'] as const

export type Health = (typeof healths)[number]

export type BackendView = {
  /** As HAProxy has it. */
  readonly name: string
  readonly health: Health
  /** Oldest first. Empty where HAProxy alone has told. */
  readonly services: readonly { readonly name: string; readonly mode: BackendMode }[]
  /** Route keys, sorted. */
  readonly routes: readonly string[]
  readonly servers: ServerCounts
  /** Absent where HAProxy's figures are not known. */
  readonly figures?: BackendFiguresView
}

export type BackendFiguresView = {
  readonly sessions: number
  readonly queued: number
  /** Since HAProxy's worker began, as are the errors: answers of class 5xx. */
  readonly requests: number
  readonly errors: number
  /** Average over the last 1,024 requests. */
  readonly responseMs: number
  /** Absent with the first reading. */
  readonly requestsPerS?: number
  readonly errorsPerS?: number
}

/** Where the view comes from. The agent's status fits in as it is. */
export type StatusFacts = {
  readonly toldBy: StatusView['toldBy']
  readonly version: string
  /** What should run; undefined where nobody knows. */
  readonly routing: Routing | undefined
  /** What runs; undefined where HAProxy does not answer. */
  readonly observed: Observed | undefined
  readonly problems: readonly Problem[]
  readonly traffic?: Pick<Flows, 'info' | 'backends'> | undefined
  readonly engine?: EngineView
  readonly loop?: LoopView
}

/** Makes the view. */
export function buildStatus(facts: StatusFacts): StatusView {
  const { toldBy, version, problems, engine, loop } = facts
  const haproxy = haproxyView(facts)
  const backends = backendViews(facts)
  return {
    toldBy,
    version,
    ...(haproxy === undefined ? {} : { haproxy }),
    ...(engine === undefined ? {} : { engine }),
    ...(loop === undefined ? {} : { loop }),
    ...totalsOf(backends),
    backends,
    problems,
  }
}

/** What the view counts of its backends. */
export function totalsOf(
  backends: readonly BackendView[],
): Pick<StatusView, 'services' | 'routes' | 'servers'> {
  return {
    services: new Set(backends.flatMap(({ services }) => services.map(({ name }) => name))).size,
    routes: backends.reduce((total, { routes }) => total + routes.length, 0),
    servers: backends.map(({ servers }) => servers).reduce(sum, noServers),
  }
}

/** The loop's part of the view, from what the loop says of itself. */
export function loopView(status: {
  readonly isSettled: boolean
  readonly awaited: number
  readonly pendingReload: readonly ReloadReason[]
  readonly trouble: { readonly code: string; readonly message: string; readonly hint: string } | undefined
  readonly counters: LoopView['counters']
}): LoopView {
  const { isSettled, awaited, pendingReload, trouble, counters } = status
  const { starts, reloads, liveChanges, drifts, failures } = counters
  return {
    isSettled,
    awaited,
    pendingReload: pendingReload.map(({ text }) => text),
    ...(trouble === undefined
      ? {}
      : { trouble: { code: trouble.code, message: trouble.message, hint: trouble.hint } }),
    counters: { starts, reloads, liveChanges, drifts, failures },
  }
}

function haproxyView({ observed, traffic }: StatusFacts): HaproxyView | undefined {
  if (traffic !== undefined) {
    const { version, pid, stopping, uptimeS, connections, connectionsMax } = traffic.info
    return { version, pid, isStopping: stopping, uptimeS, connections, connectionsMax }
  }
  if (observed === undefined) return undefined
  const { version, pid, stopping } = observed.worker
  return { version, pid, isStopping: stopping }
}

type FlowOf = ReadonlyMap<string, Flows['backends'][number]>

function backendViews({ routing, observed, traffic }: StatusFacts): readonly BackendView[] {
  const flows: FlowOf = new Map(traffic?.backends.map((flow) => [flow.name, flow]))
  const running = observed?.backends ?? new Map<string, ObservedBackend>()
  const placement = routing === undefined ? undefined : placeBackends(routing, running)
  const views = [...running].map(([name, backend]) =>
    runningView(name, backend, placement?.placed.backends.get(name), routing !== undefined, flows),
  )
  const missing = (placement?.waiting ?? []).map(missingView)
  return [...views, ...missing].sort((a, b) => compareText(a.name, b.name))
}

function missingView({ name, services, routes }: Backend): BackendView {
  return { name, health: 'missing', services: servicesView(services), routes, servers: noServers }
}

function runningView(
  name: string,
  backend: ObservedBackend,
  desired: Backend | undefined,
  isRoutingKnown: boolean,
  flows: FlowOf,
): BackendView {
  const flow = flows.get(name)
  const servers = countServers(backend, isRoutingKnown ? desired : backend.source, flow?.serversUp)
  return {
    name,
    health: isRoutingKnown && desired === undefined ? 'leaving' : healthOf(servers),
    services: servicesView((desired ?? backend.source)?.services ?? []),
    routes: backend.routes,
    servers,
    ...(flow === undefined ? {} : { figures: figuresView(flow) }),
  }
}

function servicesView(services: Backend['services']): BackendView['services'] {
  return services.map(({ name, mode }) => ({ name, mode }))
}

const noServers: ServerCounts = { up: 0, down: 0, waiting: 0, closing: 0, drained: 0 }

function sum(a: ServerCounts, b: ServerCounts): ServerCounts {
  return {
    up: a.up + b.up,
    down: a.down + b.down,
    waiting: a.waiting + b.waiting,
    closing: a.closing + b.closing,
    drained: a.drained + b.drained,
  }
}

/** @param serversUp how many HAProxy sends requests to, where its figures are known */
function countServers(
  { servers, closing }: ObservedBackend,
  desired: Backend | undefined,
  serversUp: number | undefined,
): ServerCounts {
  const wanted = desired === undefined ? undefined : new Set(desired.servers.map((server) => server.name))
  const counts = { ready: 0, waiting: 0, closing: 0, drained: 0 }
  for (const [name, { admin }] of servers) {
    if (admin === 'ready') counts.ready += 1
    else if (admin === 'drain') counts.drained += 1
    else if (closing.has(name) || wanted?.has(name) === false) counts.closing += 1
    else counts.waiting += 1
  }
  const { ready, ...others } = counts
  // The two readings are not of one moment: a server may have come or gone in between.
  const up = Math.min(ready, serversUp ?? ready)
  return { up, down: ready - up, ...others }
}

/** A server that is about to leave is none that anybody misses. */
function healthOf({ up, down, waiting, drained }: ServerCounts): Health {
  if (up > 0) return down > 0 ? 'degraded' : 'up'
  return down + waiting + drained > 0 ? 'down' : 'empty'
}

function figuresView(flow: Flows['backends'][number]): BackendFiguresView {
  const { sessions, queued, requests, responses, latency, rates } = flow
  return {
    sessions,
    queued,
    requests,
    errors: responses['5xx'],
    responseMs: latency.responseMs,
    ...(rates === undefined ? {} : { requestsPerS: rates.requests, errorsPerS: rates.errors }),
  }
}
