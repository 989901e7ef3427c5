// What HAProxy runs now, as read from it, or carried forward through commands whose replies were checked.
// Owns the types and the two steps between readings. Refuses sockets.

import { type Action, subject } from './action.ts'
import type { Backend, Certificate, Routing } from './routing.ts'
import { isSameList, isSameOptions, isSameService } from './same.ts'
import { compareText } from './text.ts'

export type Observed = {
  readonly worker: Worker
  /** By backend name. HAProxy's own sections that the routing does not know (`no-route`) are left out. */
  readonly backends: ReadonlyMap<string, ObservedBackend>
  /** By file. One that this agent did not make is known by its file and its hosts alone: the digests are empty. */
  readonly certificates: ReadonlyMap<string, Certificate>
  /** The one that this agent has put in force, or found in force; HAProxy does not tell. */
  readonly defaultCertificate?: Certificate | undefined
  readonly redirects: ReadonlyMap<string, string>
}

export type Worker = {
  readonly pid: number
  /** As HAProxy reports it, for example `3.0.11-1+deb13u4`. */
  readonly version: string
  /** The digest of everything but servers and routes, which the configuration carries in its `description`; empty if it carries none. */
  readonly structure: string
  /** True for a worker that only finishes its last sessions after a reload. */
  readonly stopping: boolean
}

export type ObservedBackend = {
  /** Keys of the route map that lead here, sorted. */
  readonly routes: readonly string[]
  readonly servers: ReadonlyMap<string, ObservedServer>
  /** The backend of the routing that was last brought into force under this name, if this agent knows it. */
  readonly source: Backend | undefined
  /** True where routes and servers are known to equal `source`, but for the servers in `closing`. */
  readonly inStep: boolean
  /** Servers in maintenance that leave when their last session ends. */
  readonly closing: ReadonlyMap<string, Closing>
}

export type ObservedServer = {
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly admin: 'ready' | 'drain' | 'maint'
  /** Present where the server's line says `check`; `off`: the checks are not switched on. */
  readonly checks?: 'on' | 'off'
}

/** When a server began to close, and when to ask next whether it can go. In milliseconds of the loop's clock. */
export type Closing = { readonly sinceMs: number; readonly nextMs: number }

/** Waits between two attempts to delete a server that still has sessions: an eighth of its age, within these bounds. */
const deleteRetryMs = { min: 20, max: 1000 } as const

/**
 * Keeps what the agent knew of each backend when HAProxy has been read again: what was last in force, and since when
 * servers are closing. What was read decides everything else.
 */
export function recall(read: Observed, before: Observed | undefined): Observed {
  if (before === undefined) return read
  const backends = new Map<string, ObservedBackend>()
  for (const [name, backend] of read.backends) {
    const known = before.backends.get(name)
    backends.set(name, known === undefined ? backend : recallBackend(backend, known))
  }
  const certificates = withKnown(read.certificates, before.certificates)
  return { ...read, backends, certificates, defaultCertificate: before.defaultCertificate }
}

function recallBackend(read: ObservedBackend, known: ObservedBackend): ObservedBackend {
  const closing = new Map([...known.closing].filter(([server]) => read.servers.has(server)))
  return { ...read, source: known.source, closing }
}

/** The certificates that were read, with what is known of those that run unchanged. */
function withKnown(
  read: Observed['certificates'],
  known: ReadonlyMap<string, Certificate>,
): Observed['certificates'] {
  return new Map([...read].map(([file, each]) => [file, isSameEntry(known.get(file), each) ?? each]))
}

function isSameEntry(known: Certificate | undefined, read: Certificate): Certificate | undefined {
  return known !== undefined && isSameList(known.hosts, read.hosts, Object.is) ? known : undefined
}

/** What came of a plan's actions. `busy` holds the deletions that HAProxy put off. */
export type Applied = { readonly actions: readonly Action[]; readonly busy: readonly Action[] }

/**
 * The state after a plan's actions have all been carried out.
 * @param placed what the plan was made for, under the names that HAProxy uses
 */
export function carryForward(observed: Observed, placed: Routing, applied: Applied, nowMs: number): Observed {
  const changes = changesByBackend(applied)
  const moved = new Set(
    applied.actions.flatMap((action) => (action.kind === 'move-route' ? action.route : [])),
  )
  const backends = new Map<string, ObservedBackend>()
  for (const [name, before] of observed.backends) {
    const desired = placed.backends.get(name)
    const change = changes.get(name)
    if (desired === undefined) backends.set(name, abandon(before, change ?? noChange, moved))
    else if (change === undefined && before.inStep && before.source === desired) backends.set(name, before)
    else backends.set(name, settle(before, desired, change ?? noChange, nowMs))
  }
  const { certificates, defaultCertificate, redirects } = placed
  return { worker: observed.worker, backends, certificates, defaultCertificate, redirects }
}

/** What left a backend: routes, servers that are gone, servers that wait for their last session. */
type Change = {
  readonly routes: Set<string>
  readonly gone: Set<string>
  readonly waiting: Set<string>
}

const noChange: Change = { routes: new Set(), gone: new Set(), waiting: new Set() }

function changesByBackend({ actions, busy }: Applied): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>()
  const putOff = new Set(busy.map(subject))
  for (const action of actions) {
    if (!('backend' in action)) continue
    const change = changeOf(action.backend)
    if (action.kind === 'remove-route') change.routes.add(action.route)
    if (action.kind === 'delete-server') {
      const set = putOff.has(subject(action)) ? change.waiting : change.gone
      set.add(action.server)
    }
  }
  return changes

  function changeOf(backend: string): Change {
    const known = changes.get(backend)
    if (known !== undefined) return known
    const change: Change = { routes: new Set(), gone: new Set(), waiting: new Set() }
    changes.set(backend, change)
    return change
  }
}

/** A backend that nobody wants keeps its servers until the reload that ends it. */
function abandon(before: ObservedBackend, change: Change, moved: ReadonlySet<string>): ObservedBackend {
  const routes = before.routes.filter((route) => !change.routes.has(route) && !moved.has(route))
  return { ...before, routes, inStep: false }
}

function settle(before: ObservedBackend, desired: Backend, change: Change, nowMs: number): ObservedBackend {
  const servers = new Map<string, ObservedServer>(desired.servers.map((server) => [server.name, server]))
  const closing = new Map<string, Closing>()
  for (const [name, server] of before.servers) {
    if (servers.has(name) || change.gone.has(name)) continue
    servers.set(name, { ...server, admin: 'maint' })
    const known = before.closing.get(name)
    closing.set(name, known === undefined || change.waiting.has(name) ? nextAttempt(known, nowMs) : known)
  }
  return { routes: desired.routes, servers, source: inForce(before.source, desired), inStep: true, closing }
}

/** What a live change brings into force: all but the facts that wait for a reload, which then stay a reason for one. */
function inForce(source: Backend | undefined, desired: Backend): Backend {
  if (source === undefined) return desired
  const services = desired.services.map(
    (service) => source.services.find((known) => known.id === service.id) ?? service,
  )
  const isLive =
    isSameOptions(source.options, desired.options) && isSameList(services, desired.services, isSameService)
  return isLive ? desired : { ...desired, options: source.options, services }
}

/** The routing that runs now, for the files; undefined while something runs that this agent did not make. */
export function routingInForce(observed: Observed): Routing | undefined {
  const backends = new Map<string, Backend>()
  for (const [name, { source, routes, inStep }] of observed.backends) {
    if (source === undefined) return undefined
    backends.set(name, inStep ? source : { ...source, routes })
  }
  const sorted = new Map([...backends].sort(([a], [b]) => compareText(a, b)))
  const { certificates, defaultCertificate, redirects } = observed
  return { backends: sorted, certificates, defaultCertificate, redirects, problems: [] }
}

/** What runs after a reload or a start, when it was made from this routing. */
export function adopt(read: Observed, made: Routing): Observed {
  const backends = new Map<string, ObservedBackend>()
  for (const [name, backend] of read.backends) {
    backends.set(name, { ...backend, source: made.backends.get(name) })
  }
  const certificates = withKnown(read.certificates, made.certificates)
  return { ...read, backends, certificates, defaultCertificate: made.defaultCertificate }
}

function nextAttempt(before: Closing | undefined, nowMs: number): Closing {
  const sinceMs = before?.sinceMs ?? nowMs
  const waitMs = Math.min(deleteRetryMs.max, Math.max(deleteRetryMs.min, (nowMs - sinceMs) / 8))
  return { sinceMs, nextMs: nowMs + waitMs }
}

/** When the next closing server is to be asked for again; undefined where none is closing. */
export function nextClosingMs(observed: Observed): number | undefined {
  let next: number | undefined
  for (const backend of observed.backends.values()) {
    for (const { nextMs } of backend.closing.values())
      next = next === undefined ? nextMs : Math.min(next, nextMs)
  }
  return next
}
