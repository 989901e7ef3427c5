// The VIPs' data plane: a round-robin TCP forwarder on each VIP, in the place of IPVS.
// Owns the listeners on VIPs. Refuses connections when nobody is behind a VIP, and knows nothing of HTTP.
// Unlike IPVS it accepts before it connects to the task: a task that refuses shows as a reset.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { plainAddress } from './addresses.ts'
import type { Change, Store } from './store.ts'

export type Member = {
  readonly taskId: string
  readonly serviceId: string
  readonly ports: readonly number[]
  readonly addresses: readonly { readonly networkId: string; readonly address: string }[]
}

export type Forwarder = AsyncDisposable & {
  /** The task takes new connections; resolves once the VIPs listen. */
  readonly join: (member: Member) => Promise<void>
  /** The task takes no new connections; those it has stay, as with IPVS. */
  readonly leave: (taskId: string) => void
}

type Target = { readonly taskId: string; readonly host: string }

/** One VIP and port. */
type Virtual = {
  readonly networkId: string
  readonly host: string
  readonly port: number
  readonly server: Server
  readonly listening: Promise<void>
  readonly sockets: Set<Socket>
  targets: readonly Target[]
  turn: number
}

type Group = { readonly members: Map<string, Member>; readonly virtuals: Map<string, Virtual> }

type Context = {
  readonly store: Store
  readonly groups: Map<string, Group>
  readonly serviceOf: Map<string, string>
}

export function createForwarder(store: Store): Forwarder {
  const context: Context = { store, groups: new Map(), serviceOf: new Map() }
  store.watch((change) => react(context, change))
  return {
    join: async (member) => {
      const group = groupOf(context, member.serviceId)
      group.members.set(member.taskId, member)
      context.serviceOf.set(member.taskId, member.serviceId)
      await Promise.all(announce(context, group, member))
    },
    leave: (taskId) => leave(context, taskId),
    [Symbol.asyncDispose]: async () => {
      for (const group of context.groups.values()) {
        for (const virtual of group.virtuals.values()) for (const socket of virtual.sockets) socket.destroy()
        closeVirtuals(group, () => true)
      }
    },
  }
}

/** A VIP that the service lost stays as long as a task stands behind it: nodes learn of VIPs from their tasks only. */
function react(context: Context, change: Change): void {
  if (change.kind !== 'service' || change.action === 'remove') return
  const group = context.groups.get(change.object.ID)
  if (group === undefined || change.old?.Endpoint === change.object.Endpoint) return
  for (const member of group.members.values()) void Promise.all(announce(context, group, member))
}

function groupOf(context: Context, serviceId: string): Group {
  const known = context.groups.get(serviceId)
  if (known !== undefined) return known
  const fresh: Group = { members: new Map(), virtuals: new Map() }
  context.groups.set(serviceId, fresh)
  return fresh
}

function vipsOf(context: Context, serviceId: string): readonly { networkId: string; host: string }[] {
  const vips = context.store.get('service', serviceId)?.Endpoint.VirtualIPs ?? []
  return vips.map((vip) => ({ networkId: vip.NetworkID, host: plainAddress(vip.Addr) }))
}

/** Puts the member behind each VIP of its service; a VIP starts to listen with its first member. */
function announce(context: Context, group: Group, member: Member): readonly Promise<void>[] {
  const waits: Promise<void>[] = []
  for (const vip of vipsOf(context, member.serviceId)) {
    const address = member.addresses.find((candidate) => candidate.networkId === vip.networkId)?.address
    if (address === undefined) continue
    for (const port of member.ports) {
      const virtual = virtualOf(group, vip, port)
      if (virtual.targets.some((target) => target.taskId === member.taskId)) continue
      virtual.targets = [...virtual.targets, { taskId: member.taskId, host: address }]
      waits.push(virtual.listening)
    }
  }
  return waits
}

function virtualOf(group: Group, vip: { networkId: string; host: string }, port: number): Virtual {
  const key = `${vip.host}:${port}`
  const known = group.virtuals.get(key)
  if (known !== undefined) return known
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => forward(virtual, client))
  const virtual: Virtual = {
    ...vip,
    port,
    server,
    listening: new Promise((resolve) => {
      // A VIP that cannot listen is a VIP that refuses; the task behind it runs all the same.
      server.once('error', () => resolve())
      server.listen({ host: vip.host, port, exclusive: true, backlog: 511 }, resolve)
    }),
    sockets: new Set(),
    targets: [],
    turn: 0,
  }
  group.virtuals.set(key, virtual)
  return virtual
}

function leave(context: Context, taskId: string): void {
  const serviceId = context.serviceOf.get(taskId)
  const group = serviceId === undefined ? undefined : context.groups.get(serviceId)
  if (serviceId === undefined || group === undefined) return
  context.serviceOf.delete(taskId)
  group.members.delete(taskId)
  for (const virtual of group.virtuals.values()) {
    virtual.targets = virtual.targets.filter((target) => target.taskId !== taskId)
  }
  closeVirtuals(group, (virtual) => virtual.targets.length === 0)
  if (group.members.size === 0) context.groups.delete(serviceId)
}

function closeVirtuals(group: Group, isOver: (virtual: Virtual) => boolean): void {
  for (const [key, virtual] of group.virtuals) {
    if (!isOver(virtual)) continue
    virtual.server.close()
    group.virtuals.delete(key)
  }
}

function forward(virtual: Virtual, client: Socket): void {
  const target = virtual.targets[virtual.turn % virtual.targets.length]
  virtual.turn += 1
  if (target === undefined) {
    client.resetAndDestroy()
    return
  }
  const server = connect({ host: target.host, port: virtual.port, allowHalfOpen: true, noDelay: true })
  couple(virtual, client, server)
  couple(virtual, server, client)
}

/** What arrives at one end leaves at the other: bytes, the end of the stream, and a reset as a reset. */
function couple(virtual: Virtual, from: Socket, to: Socket): void {
  virtual.sockets.add(from)
  from.pipe(to)
  from.on('error', () => to.resetAndDestroy())
  from.on('close', () => {
    virtual.sockets.delete(from)
    if (!to.destroyed && !to.writableEnded) to.end()
  })
}
