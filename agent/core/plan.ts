// The difference between what should be and what runs: nothing, live actions, or a reload with its reasons.
//
//   desired backend | running | options, services' networks and modes | outcome
//   ----------------+---------+---------------------------------------+-------------------------------
//   yes             | yes     | same                                  | live: routes and servers
//   yes             | yes     | differ                                | live, and a reload
//   yes             | no      | -                                     | reload; its routes stay where they lead
//   no              | yes     | -                                     | its routes go live, and a reload
//
// "Running" is by name or, where hosts changed, by services (place.ts).
//
// Pure: the same arguments give the same plan. Refuses to carry anything out.

import { type Action, inOrder, type ServerRef } from './action.ts'
import type { Observed, ObservedBackend, ObservedServer } from './observed.ts'
import { type Placement, placeBackends } from './place.ts'
import type { Backend, BackendService, Routing, Server } from './routing.ts'
import { isSameList, isSameOptions } from './same.ts'

/** What to do now. `placed` is the routing under the names that HAProxy will know when the actions are done. */
export type Plan =
  | { readonly kind: 'nothing'; readonly placed: Routing }
  | { readonly kind: 'live'; readonly placed: Routing; readonly actions: readonly Action[] }
  | {
      readonly kind: 'reload'
      readonly placed: Routing
      /** What can go out before the reload, and need not wait for it. */
      readonly actions: readonly Action[]
      readonly reasons: readonly ReloadReason[]
    }

export type ReloadReason = {
  readonly kind:
    | 'backend-added'
    | 'backend-removed'
    | 'network-changed'
    | 'mode-changed'
    | 'options-changed'
    | 'default-certificate-changed'
    | 'structure-changed'
    | 'repair'
  readonly text: string
}

export type PlanFacts = {
  readonly nowMs: number
  readonly drainTimeoutMs: number
  /** The digest that a configuration made from this routing would carry. */
  readonly structureOf: (placed: Routing) => string
}

/** Plans what brings HAProxy from `observed` to `desired`. Planning again after the actions are done plans nothing. */
export function planChanges(desired: Routing, observed: Observed, facts: PlanFacts): Plan {
  const placement = placeBackends(desired, observed.backends)
  const { placed } = placement
  const reasons = [...reloadReasons(placement, observed)]
  if (reasons.length === 0 && facts.structureOf(placed) !== observed.worker.structure) {
    reasons.push(hasOtherDefault(placed, observed) ? defaultChanged : structureChanged)
  }
  const actions = inOrder([
    ...routeActions(placement, observed),
    ...redirectActions(placed, observed),
    ...certificateActions(placed, observed),
    ...serverActions(placed, observed, facts),
  ])
  if (reasons.length > 0) return { kind: 'reload', placed, actions, reasons }
  return actions.length > 0 ? { kind: 'live', placed, actions } : { kind: 'nothing', placed }
}

function isSettled(running: ObservedBackend, backend: Backend): boolean {
  return running.inStep && running.source === backend
}

function reloadReasons({ placed, waiting }: Placement, observed: Observed): readonly ReloadReason[] {
  const reasons = waiting.map((backend) => backendAdded(backend, observed.backends.has(backend.name)))
  for (const backend of placed.backends.values()) {
    const running = observed.backends.get(backend.name)
    if (running !== undefined && !isSettled(running, backend))
      reasons.push(...structuralChanges(running.source, backend))
  }
  for (const [name, running] of observed.backends) {
    if (!placed.backends.has(name)) reasons.push(backendRemoved(name, running))
  }
  return reasons
}

function structuralChanges(before: Backend | undefined, after: Backend): readonly ReloadReason[] {
  if (before === undefined) return []
  const reasons: ReloadReason[] = []
  if (!isSameOptions(before.options, after.options)) {
    reasons.push({ kind: 'options-changed', text: `options of backend ${after.name} changed` })
  }
  for (const service of after.services) {
    const known = before.services.find((each) => each.id === service.id)
    if (known !== undefined) reasons.push(...serviceChanges(known, service))
  }
  return reasons
}

function serviceChanges(before: BackendService, after: BackendService): readonly ReloadReason[] {
  const reasons: ReloadReason[] = []
  if (!isSameList(before.networkIds, after.networkIds, Object.is)) {
    const added = after.networkIds.filter((id) => !before.networkIds.includes(id)).length
    const removed = before.networkIds.filter((id) => !after.networkIds.includes(id)).length
    const what = [added > 0 ? `${added} added` : '', removed > 0 ? `${removed} removed` : ''].filter(Boolean)
    reasons.push({ kind: 'network-changed', text: `networks of service ${after.name}: ${what.join(', ')}` })
  }
  if (before.mode !== after.mode) {
    reasons.push({
      kind: 'mode-changed',
      text: `service ${after.name} went from ${before.mode} to ${after.mode} mode`,
    })
  }
  return reasons
}

function backendAdded(backend: Backend, isNameTaken: boolean): ReloadReason {
  const services = backend.services.map((service) => service.name).join(', ')
  const what = isNameTaken ? 'is made anew' : 'is new'
  return { kind: 'backend-added', text: `backend ${backend.name} ${what} (service ${services})` }
}

function backendRemoved(name: string, running: ObservedBackend): ReloadReason {
  const services = running.source?.services.map((service) => service.name).join(', ')
  const whose = services === undefined ? '' : ` (service ${services})`
  return { kind: 'backend-removed', text: `backend ${name} is no longer wanted${whose}` }
}

const defaultChanged: ReloadReason = {
  kind: 'default-certificate-changed',
  text: 'the certificate that is shown where there is no other is another one',
}

function hasOtherDefault(placed: Routing, observed: Observed): boolean {
  return placed.defaultCertificate?.file !== observed.defaultCertificate?.file
}

const structureChanged: ReloadReason = {
  kind: 'structure-changed',
  text: 'the running configuration was made from other settings, templates or labels',
}

/** Routes are compared as a whole, since they move between backends; nothing is done where no backend's routes changed. */
function routeActions({ placed, waiting }: Placement, observed: Observed): readonly Action[] {
  if (!hasRouteChanges(placed, observed)) return []
  const awaited = new Set(waiting.flatMap((backend) => backend.routes))
  const wanted = new Map<string, string>()
  for (const backend of placed.backends.values()) {
    for (const route of backend.routes) wanted.set(route, backend.name)
  }
  const actions: Action[] = []
  const present = new Set<string>()
  for (const [name, running] of observed.backends) {
    for (const route of running.routes) {
      present.add(route)
      const backend = wanted.get(route)
      if (backend !== undefined && backend !== name) actions.push({ kind: 'move-route', route, backend })
      // One that a backend still to be made will take over stays where it is until the reload.
      if (backend === undefined && !awaited.has(route))
        actions.push({ kind: 'remove-route', route, backend: name })
    }
  }
  for (const [route, backend] of wanted) {
    if (!present.has(route)) actions.push({ kind: 'add-route', route, backend })
  }
  return actions
}

function hasRouteChanges(placed: Routing, observed: Observed): boolean {
  for (const [name, running] of observed.backends) {
    const backend = placed.backends.get(name)
    if (backend === undefined ? running.routes.length > 0 : hasOtherRoutes(running, backend)) return true
  }
  return false
}

function hasOtherRoutes(running: ObservedBackend, backend: Backend): boolean {
  return !isSettled(running, backend) && !isSameList(running.routes, backend.routes, Object.is)
}

function redirectActions(placed: Routing, observed: Observed): readonly Action[] {
  if (placed.redirects === observed.redirects) return []
  const actions: Action[] = []
  for (const [source, target] of placed.redirects) {
    const before = observed.redirects.get(source)
    if (before === undefined) actions.push({ kind: 'add-redirect', source, target })
    else if (before !== target) actions.push({ kind: 'turn-redirect', source, target })
  }
  for (const source of observed.redirects.keys())
    if (!placed.redirects.has(source)) actions.push({ kind: 'remove-redirect', source })
  return actions
}

/** A certificate's file is named by all that it is, so one of another name is another one. */
function certificateActions(placed: Routing, observed: Observed): readonly Action[] {
  if (placed.certificates === observed.certificates) return []
  const actions: Action[] = []
  for (const [file, certificate] of placed.certificates)
    if (!observed.certificates.has(file)) actions.push({ kind: 'add-certificate', ...certificate })
  for (const [file, { hosts }] of observed.certificates) {
    const wanted = placed.certificates.get(file)
    // Of two lists of hosts with one hash (certificates.ts) the new one comes when the old one has gone.
    if (wanted === undefined || !isSameList(wanted.hosts, hosts, Object.is))
      actions.push({ kind: 'remove-certificate', file })
  }
  return actions
}

function serverActions(placed: Routing, observed: Observed, facts: PlanFacts): readonly Action[] {
  const actions: Action[] = []
  for (const backend of placed.backends.values()) {
    const running = observed.backends.get(backend.name)
    if (running === undefined) continue
    const settled = isSettled(running, backend)
    if (!settled)
      for (const server of backend.servers) actions.push(...arrival(running, backend.name, server))
    if (!settled || running.closing.size > 0) actions.push(...departures(running, backend, facts))
  }
  return actions
}

function arrival(running: ObservedBackend, backend: string, server: Server): readonly Action[] {
  const ref = { backend, server: server.name }
  const before = running.servers.get(server.name)
  const { address, port, weight } = server
  if (before === undefined) {
    return additions(ref, server)
  }
  const actions: Action[] = []
  if (before.checks === 'off' && server.checks === 'on') actions.push({ kind: 'check-server', ...ref })
  if (before.address !== address || before.port !== port)
    actions.push({ kind: 'move-server', ...ref, address, port })
  if (before.weight !== weight) actions.push({ kind: 'weigh-server', ...ref, weight })
  if (before.admin !== server.admin)
    actions.push({ kind: server.admin === 'ready' ? 'open-server' : 'close-server', ...ref })
  return actions
}

function additions(ref: ServerRef, server: Server): readonly Action[] {
  const { address, port, weight, admin, poolMaxConn, checks, options } = server
  const pool = poolMaxConn === undefined ? {} : { poolMaxConn }
  const checked = checks === undefined ? {} : { isChecked: true as const }
  const more = options === undefined ? {} : { options }
  const actions: Action[] = [
    { kind: 'add-server', ...ref, address, port, weight, ...pool, ...checked, ...more },
  ]
  if (checks === 'on') actions.push({ kind: 'check-server', ...ref })
  if (admin === 'ready') actions.push({ kind: 'open-server', ...ref })
  return actions
}

/** A server that is no longer wanted takes no new request at once; it is deleted when HAProxy says that it is idle. */
function departures(running: ObservedBackend, backend: Backend, facts: PlanFacts): readonly Action[] {
  const actions: Action[] = []
  const wanted = new Set(backend.servers.map((server) => server.name))
  for (const [name, server] of running.servers) {
    if (!wanted.has(name))
      actions.push(...departure(running, { backend: backend.name, server: name }, server, facts))
  }
  return actions
}

function departure(
  running: ObservedBackend,
  ref: { readonly backend: string; readonly server: string },
  server: ObservedServer,
  facts: PlanFacts,
): readonly Action[] {
  const closing = running.closing.get(ref.server)
  const remove: Action = { kind: 'delete-server', ...ref }
  if (server.admin !== 'maint') return [{ kind: 'close-server', ...ref }, remove]
  if (closing === undefined) return [remove]
  if (facts.nowMs < closing.nextMs) return []
  const isOverdue = facts.nowMs - closing.sinceMs >= facts.drainTimeoutMs
  return isOverdue ? [{ kind: 'end-sessions', ...ref }, remove] : [remove]
}
