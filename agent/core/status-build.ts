// Makes the view of the state: of what should run, what runs, and what HAProxy counts.
// Pure. Refuses to ask anybody.

import type { Expiry } from './expiry.ts'
import type { Observed, ObservedBackend } from './observed.ts'
import { placeBackends } from './place.ts'
import type { ReloadReason } from './plan.ts'
import type { Problem } from './problem.ts'
import type { Flows } from './rates.ts'
import type { Backend, Routing } from './routing.ts'
import {
  type BackendFiguresView,
  type BackendView,
  type CertificatesView,
  type EngineView,
  type HaproxyView,
  type Health,
  type LoopView,
  noServers,
  type ServerCounts,
  type StatusView,
  totalsOf,
} from './status-view.ts'
import { compareText } from './text.ts'

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
  /** The certificates in use, the one first that ends first; absent where no TLS is spoken, or nobody knows. */
  readonly certificates?: readonly Expiry[] | undefined
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
    ...(facts.certificates === undefined ? {} : { certificates: certificatesView(facts.certificates) }),
    backends,
    problems,
  }
}

function certificatesView(all: readonly Expiry[]): CertificatesView {
  const [nearest] = all
  return { count: all.length, ...(nearest !== undefined && { nearest }) }
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
