// Puts a snapshot together from an engine's containers and networks.
// Owns what makes a service of containers, and a task of one. Pure.

import type { Edge, Network, Service, Snapshot, Task, TaskState } from '../core/snapshot.ts'
import { compareText } from '../core/text.ts'
import { type EdgeNetworks, findOwn, placeEdge } from '../docker/edge.ts'
import type { Assembly } from '../docker/rounds.ts'
import { sameValue } from '../docker/same-value.ts'
import type { Listed } from './container-lists.ts'
import { isOneOff, membershipOf, taskIdOf } from './membership.ts'
import type { Container } from './read-container.ts'
import { type Member, type NetworkIds, serviceOf } from './service.ts'

export type AssemblySettings = { readonly edgeNetworks: EdgeNetworks; readonly hostname: string }

/** Listed containers, and those of them that were told to stop. */
export type Told = Listed & { readonly stopping: ReadonlySet<string> }

/** True if nothing was listed or told anew. */
export function sameTold(a: Told, b: Told): boolean {
  return a.containers === b.containers && a.networks === b.networks && a.stopping === b.stopping
}

/** The snapshot of what is listed and told. What did not change keeps its array and its objects, and the snapshot if nothing did. */
export function assemble(
  told: Told,
  settings: AssemblySettings,
  last: Assembly<Told> | undefined,
): Assembly<Told> {
  if (last !== undefined && sameTold(last.listed, told)) return last
  const before = last?.snapshot
  const networks = keepItems(before?.networks, told.networks)
  const members = told.containers
    .filter((container) => !isOneOff(container))
    .map((container) => ({ container, membership: membershipOf(container) }))
  const networkIds = networkIdsOf(networks)
  const snapshot: Snapshot = {
    services: keepItems(before?.services, servicesOf(members, networkIds)),
    tasks: keepItems(before?.tasks, tasksOf(members, told.stopping, networkIds)),
    nodes: before?.nodes ?? [],
    networks,
    edge: edgeOf(settings, told, networks, networkIds, before?.edge),
  }
  return { listed: told, snapshot: sameSnapshot(before, snapshot) }
}

function networkIdsOf(networks: readonly Network[]): NetworkIds {
  const byName = new Map(networks.map(({ id, name }) => [name, id]))
  return ({ id, name }) => id || (byName.get(name) ?? '')
}

function servicesOf(members: readonly Member[], networkIds: NetworkIds): readonly Service[] {
  const groups = new Map<string, Member[]>()
  for (const member of members) {
    const group = groups.get(member.membership.serviceId)
    if (group === undefined) groups.set(member.membership.serviceId, [member])
    else group.push(member)
  }
  return [...groups.values()].flatMap((group) => serviceOf(group, networkIds) ?? [])
}

function tasksOf(
  members: readonly Member[],
  stopping: ReadonlySet<string>,
  networkIds: NetworkIds,
): readonly Task[] {
  return members.flatMap(({ container, membership }) => {
    const id = taskIdOf(container.containerId)
    const stand = standOf(container, stopping.has(id))
    if (stand === undefined) return []
    const attachments = container.networks
      .map((network) => ({ networkId: networkIds(network), addresses: network.addresses }))
      .filter(({ networkId }) => networkId !== '')
    const { serviceId, number = 1 } = membership
    return [{ id, serviceId, slot: number, nodeId: '', ...stand, attachments, hostPorts: [] }]
  })
}

/**
 * What a container is as a task; undefined where it has ended, as Swarm leaves such tasks out of its list.
 *
 *     created                        ready, meant to be
 *     running, healthy or unchecked  running
 *     running, starting or unhealthy starting: it has an address, and is opened once it is healthy
 *     paused                         the same, as it answers nobody
 *     restarting                     pending: it waits for its restart
 *     told to stop                   running, meant to be shut down
 */
function standOf(
  { state, health }: Container,
  isStopping: boolean,
): Pick<Task, 'state' | 'desiredState'> | undefined {
  const meant = (is: TaskState, toBe: TaskState = 'running') => ({ state: is, desiredState: toBe })
  switch (state) {
    case 'created':
      return meant('ready', 'ready')
    case 'running':
      if (isStopping) return meant('running', 'shutdown')
      return meant(health === undefined || health === 'healthy' ? 'running' : 'starting')
    case 'paused':
      return isStopping ? meant('running', 'shutdown') : meant('starting')
    case 'restarting':
      return meant('pending')
    case 'removing':
    case 'exited':
    case 'dead':
      return undefined
  }
}

function edgeOf(
  { edgeNetworks, hostname }: AssemblySettings,
  { containers }: Told,
  networks: readonly Network[],
  networkIds: NetworkIds,
  last: Edge | undefined,
): Edge {
  const own = findOwn(hostname, containers)
  return placeEdge(edgeNetworks, own && whereIs(own, networkIds), networks, last)
}

/** A container in the machine's own network reaches every bridge. There is no service of the edge's that could be changed. */
function whereIs(own: Container, networkIds: NetworkIds): Edge {
  if (own.isOnHost) return { networkIds: 'every' }
  return {
    networkIds: own.networks
      .map(networkIds)
      .filter((id) => id !== '')
      .sort(compareText),
  }
}

/** The items, each as the object that it was before if it says the same, and the array if all of them are. */
function keepItems<T extends { readonly id: string }>(
  before: readonly T[] | undefined,
  now: readonly T[],
): readonly T[] {
  if (before === undefined || before === now) return now
  const known = new Map(before.map((item) => [item.id, item]))
  const kept = now.map((item) => {
    const old = known.get(item.id)
    return old !== undefined && sameValue(old, item) ? old : item
  })
  return kept.length === before.length && kept.every((item, i) => item === before[i]) ? before : kept
}

function sameSnapshot(last: Snapshot | undefined, now: Snapshot): Snapshot {
  const isSame =
    last?.services === now.services &&
    last.tasks === now.tasks &&
    last.networks === now.networks &&
    last.edge === now.edge
  return isSame ? last : now
}
