// What should be served, worked out naively from the simulated Swarm's own store.
// Owns a second opinion: it shares no code with the agent's core, knows only the labels that steps.ts writes, and is as
// plain as can be. Refuses to be fast.

import { isRunning, type Service, type Task } from '../sim/objects.ts'
import type { Store } from '../sim/store.ts'

/** Networks that the edge is attached to. */
export const sharedNetworks: readonly string[] = ['back', 'demo']

/** A service on a route. `servers` holds what takes requests now, `task:address` or `vip:address`. */
export type Holder = {
  readonly serviceId: string
  readonly service: string
  /** Everything of the service that decides about its servers, as text: while it stays, the tasks alone decide. */
  readonly claim: string
  readonly servers: ReadonlyMap<string, string>
  /** Tasks that a request may end at: in vip mode those that stand behind the virtual IP. */
  readonly tasks: readonly string[]
  /** Running tasks that are only on networks that the service has left: they may answer, until Swarm has replaced them. */
  readonly stranded: readonly string[]
}

/** Holders by route key, `host/` or `host/path/`; `*` is the host of the default service. */
export type Truth = ReadonlyMap<string, readonly Holder[]>

const labelOf = (service: Service, name: string) => service.Spec.Labels?.[`com.docker.lb.${name}`]

/** What the store says should be served now. */
export function truthOf(store: Store): Truth {
  const routes = new Map<string, Holder[]>()
  const byAge = store.list('service').toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))
  for (const service of byAge) {
    const wish = wishOf(service)
    if (wish === undefined) continue
    const holder = holderOf(store, service)
    for (const host of wish.hosts) push(routes, `${host}${wish.path}/`, holder)
    const defaultRoute = `*${wish.path}/`
    if (wish.isDefault && !routes.has(defaultRoute)) push(routes, defaultRoute, holder)
  }
  return routes
}

/** Fractions of a second come without their last zeros: the sign behind them must not count. */
const ageOf = (service: Service) => `${service.CreatedAt.replace('Z', '')} ${service.ID}`

function push(routes: Map<string, Holder[]>, route: string, holder: Holder): void {
  const there = routes.get(route)
  if (there === undefined) routes.set(route, [holder])
  else there.push(holder)
}

/** What a service's labels ask for; undefined where one of them keeps it from being published. */
function wishOf(service: Service) {
  const path = labelOf(service, 'context_root') ?? ''
  if (labelOf(service, 'port') !== '8080' || !['', '/app'].includes(path)) return undefined
  const hosts = (labelOf(service, 'hosts') ?? '').split(',').filter((host) => host !== '')
  const isDefault = labelOf(service, 'default_backend') === 'true'
  return { hosts: hosts.map((host) => host.replace(/^\*\./, '.')), path, isDefault }
}

function holderOf(store: Store, service: Service): Holder {
  const networks = networksOf(store, service)
  const isVip = labelOf(service, 'backend_mode') === 'vip' && service.Spec.EndpointSpec?.Mode !== 'dnsrr'
  const running = store.tasksOf(service.ID).filter((task) => isRunning(task) && isUp(store, task))
  const vipsOn = (id: string) =>
    service.Endpoint.VirtualIPs?.filter((each) => each.NetworkID === id).map((each) => each.Addr) ?? []
  const vip = firstAddress(networks, vipsOn)
  const vipNetwork = networks.find((id) => vipsOn(id).length > 0) ?? ''
  const servers = new Map<string, string>()
  if (isVip && vip !== undefined && running.length > 0) servers.set('vip', `${vip}:8080`)
  const tasks: string[] = []
  for (const task of running) {
    const address = firstAddress(isVip ? [vipNetwork] : networks, (id) => attachmentsOf(task, id))
    if (address === undefined) continue
    tasks.push(task.ID)
    if (!isVip) servers.set(task.ID, `${address}:8080`)
  }
  return {
    serviceId: service.ID,
    service: service.Spec.Name,
    claim: JSON.stringify([isVip, vip, networks]),
    servers,
    tasks,
    stranded: running.map(({ ID }) => ID).filter((id) => !tasks.includes(id)),
  }
}

/** Networks to reach the service on, best first: the one that the label names, then by name. */
function networksOf(store: Store, service: Service): readonly string[] {
  const attached = (service.Spec.TaskTemplate.Networks ?? []).map(({ Target }) => {
    const name = store.get('network', Target)?.Spec.Name ?? ''
    return { id: Target, name }
  })
  const shared = attached
    .filter(({ name }) => sharedNetworks.includes(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const label = labelOf(service, 'network')
  if (label === undefined) return shared.map(({ id }) => id)
  const named = shared.filter(({ name }) => name === label)
  const others = shared.filter(({ name }) => name !== label)
  return named.length === 0 ? [] : [...named, ...others].map(({ id }) => id)
}

function attachmentsOf(task: Task, networkId: string): readonly string[] {
  const attachments = task.NetworksAttachments ?? []
  return attachments.filter((each) => each.Network.ID === networkId).flatMap((each) => each.Addresses)
}

function firstAddress(
  networks: readonly string[],
  addressesOn: (networkId: string) => readonly string[],
): string | undefined {
  return networks.flatMap(addressesOn)[0]?.split('/')[0]
}

function isUp(store: Store, task: Task): boolean {
  return store.get('node', task.NodeID ?? '')?.Status.State !== 'down'
}

/** Who should answer a request. Empty: nobody claims it. */
export function holdersFor(truth: Truth, host: string, path: string): readonly Holder[] {
  for (const name of [host, host.replace(/^[^.]*/, ''), '*']) {
    const isBelow = path === '/app' || path.startsWith('/app/')
    const holders = (isBelow ? truth.get(`${name}/app/`) : undefined) ?? truth.get(`${name}/`)
    if (holders !== undefined) return holders
  }
  return []
}
