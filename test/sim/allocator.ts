// SwarmKit's allocator: VIPs for services, addresses for tasks.
// Owns the pools of the networks. Refuses placement (scheduler.ts) and data planes (forwarder.ts).

import type { Pool } from './addresses.ts'
import { sameJson } from './json.ts'
import { hasEnded, type NetworkAttachment, type PortSpec, rank, type Service, type Task } from './objects.ts'
import type { Pace } from './pace.ts'
import type { Change, Store } from './store.ts'
import type { Timing } from './timing.ts'

export type Allocator = {
  /** Makes the network's addresses available; call it in the same turn as the network's creation. */
  readonly addNetwork: (networkId: string, pool: Pool) => void
}

type Context = {
  readonly store: Store
  readonly pace: Pace
  readonly timing: Timing
  readonly pools: Map<string, Pool>
  /** Addresses held by each task; an ended task still shows its addresses, but others may hold them now. */
  readonly held: Map<string, readonly NetworkAttachment[]>
  /** Tasks that found a subnet used up. */
  readonly starved: Set<string>
  nextPublishedPort: number
}

export function createAllocator(options: { store: Store; pace: Pace; timing: Timing }): Allocator {
  const context: Context = {
    ...options,
    pools: new Map(),
    held: new Map(),
    starved: new Set(),
    nextPublishedPort: 30_000,
  }
  options.store.watch((change) => react(context, change))
  return { addNetwork: (networkId, pool) => context.pools.set(networkId, pool) }
}

function react(context: Context, change: Change): void {
  const { pace, timing } = context
  if (change.kind === 'service') {
    if (change.action === 'remove') releaseVips(context, change.object.Endpoint.VirtualIPs ?? [])
    else if (change.old === undefined || !sameJson(endpointWish(change.old), endpointWish(change.object)))
      pace.after(timing.vipDelayMs, () => allocateService(context, change.object.ID))
  } else if (change.kind === 'task') {
    if (change.action === 'create')
      pace.after(timing.allocateMs, () => allocateTask(context, change.object.ID))
    else if (change.action === 'remove' || hasEnded(change.object)) releaseTask(context, change.object.ID)
  } else if (change.kind === 'network' && change.action === 'remove') {
    context.pools.delete(change.object.ID)
  }
}

function endpointWish(service: Service): unknown {
  return [service.Spec.EndpointSpec, service.Spec.TaskTemplate.Networks]
}

/** The networks that the service's tasks (and, unless dnsrr, its VIPs) are on. */
export function networksOf(store: Store, service: Service): readonly string[] {
  const asked = (service.Spec.TaskTemplate.Networks ?? []).map((network) => network.Target)
  if (!usesRoutingMesh(service)) return asked
  const ingress = store.list('network').find((network) => network.Spec.Ingress === true)
  return ingress === undefined ? asked : [ingress.ID, ...asked]
}

function usesRoutingMesh(service: Service): boolean {
  const ports = service.Spec.EndpointSpec?.Ports ?? []
  return ports.some((port) => (port.PublishMode ?? 'ingress') === 'ingress')
}

function allocateService(context: Context, id: string): void {
  const service = context.store.get('service', id)
  if (service === undefined) return
  const mode = service.Spec.EndpointSpec?.Mode ?? 'vip'
  const wanted = mode === 'dnsrr' ? [] : networksOf(context.store, service)
  const have = service.Endpoint.VirtualIPs ?? []
  releaseVips(
    context,
    have.filter((vip) => !wanted.includes(vip.NetworkID)),
  )
  const vips = wanted.flatMap((networkId) => {
    const kept = have.find((vip) => vip.NetworkID === networkId)
    const address = kept?.Addr ?? context.pools.get(networkId)?.take()
    return address === undefined ? [] : [{ NetworkID: networkId, Addr: address }]
  })
  const ports = (service.Spec.EndpointSpec?.Ports ?? []).map((port) => publishPort(context, port))
  const endpoint = {
    Spec: { ...service.Spec.EndpointSpec, Mode: mode },
    ...(ports.length > 0 && { Ports: ports }),
    ...(vips.length > 0 && { VirtualIPs: vips }),
  }
  if (sameJson(endpoint, service.Endpoint)) return
  context.store.commit((tx) => tx.update('service', id, (old) => ({ ...old, Endpoint: endpoint })))
}

function publishPort(context: Context, port: PortSpec): PortSpec {
  if (port.PublishedPort !== undefined || port.PublishMode === 'host') return port
  context.nextPublishedPort += 1
  return { ...port, PublishedPort: context.nextPublishedPort }
}

function releaseVips(context: Context, vips: NonNullable<Service['Endpoint']['VirtualIPs']>): void {
  for (const vip of vips) context.pools.get(vip.NetworkID)?.release(vip.Addr)
  feedStarved(context)
}

function allocateTask(context: Context, id: string): void {
  const task = context.store.get('task', id)
  if (task === undefined || rank(task.Status.State) >= rank('pending')) return
  const attachments = attach(context, task)
  if (attachments === undefined) {
    context.starved.add(id)
    return
  }
  context.held.set(id, attachments)
  context.store.commit((tx) =>
    tx.update('task', id, (old) => ({
      ...old,
      Status: { ...old.Status, Timestamp: tx.now, State: 'pending', Message: 'pending task scheduling' },
      ...(attachments.length > 0 && { NetworksAttachments: attachments }),
    })),
  )
}

/** One address on each network, or undefined and nothing taken if one of them has none left. */
function attach(context: Context, task: Task): readonly NetworkAttachment[] | undefined {
  const service = context.store.get('service', task.ServiceID)
  const networkIds =
    service === undefined
      ? []
      : networksOf(context.store, { ...service, Spec: { ...service.Spec, TaskTemplate: task.Spec } })
  const attachments: NetworkAttachment[] = []
  for (const networkId of networkIds) {
    const network = context.store.get('network', networkId)
    if (network === undefined) continue
    const address = context.pools.get(networkId)?.take()
    if (address === undefined) {
      giveBack(context, attachments)
      return undefined
    }
    attachments.push({ Network: network, Addresses: [address] })
  }
  return attachments
}

function releaseTask(context: Context, id: string): void {
  context.starved.delete(id)
  const attachments = context.held.get(id)
  if (attachments === undefined) return
  context.held.delete(id)
  giveBack(context, attachments)
  feedStarved(context)
}

function giveBack(context: Context, attachments: readonly NetworkAttachment[]): void {
  for (const { Network, Addresses } of attachments) {
    for (const address of Addresses) context.pools.get(Network.ID)?.release(address)
  }
}

function feedStarved(context: Context): void {
  const starved = [...context.starved]
  context.starved.clear()
  for (const id of starved) context.pace.after(context.timing.allocateMs, () => allocateTask(context, id))
}
