// Which networks the edge's own service should be attached to, as the difference from what it is attached to now.
// Only networks that the agent added are ever removed: it writes down which in a label of the service.
// Pure. Refuses every service but the edge's own.

import { isInRotation, isMeantToRun } from './servers.ts'
import type { Service, Snapshot } from './snapshot.ts'
import { compareText } from './text.ts'

/** `auto`: those that published services need; a list: these, by name or id; `off`: hands off. */
export type NetworkMode = 'auto' | 'off' | readonly string[]

/** The label on the edge's service that lists the ids of networks which an agent added. */
export const addedNetworksLabel = 'com.tidegate.networks'

export type NetworkPlan =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'update'
      readonly serviceId: string
      /** The version that the plan was made from: another agent's update in between makes it void. */
      readonly version: number
      /**
       * True while other tasks of the edge are being replaced. Swarm drops a rolling update for the next one, and would
       * take the second node's edge down before the first one's is up again.
       */
      readonly isUntimely: boolean
      readonly add: readonly string[]
      readonly remove: readonly string[]
      /** All networks of the service after the update, and those of them that the label is to list. */
      readonly networkIds: readonly string[]
      readonly addedIds: readonly string[]
    }

const nothing: NetworkPlan = { kind: 'nothing' }

/**
 * Plans one update of the edge's service for everything that is pending.
 *
 * Of several agents, the one in the running task with the lowest id plans; the others plan nothing.
 * @param neededIds the networks that published services need
 */
export function planNetworks(
  snapshot: Snapshot,
  neededIds: readonly string[],
  mode: NetworkMode,
): NetworkPlan {
  const { self } = snapshot.edge
  if (mode === 'off' || self === undefined || !isLeader(snapshot, self)) return nothing
  const service = snapshot.services.find((each) => each.id === self.serviceId)
  if (service === undefined) return nothing
  const existing = new Set(
    snapshot.networks.filter((network) => !network.ingress).map((network) => network.id),
  )
  const wanted = new Set(mode === 'auto' ? neededIds : namedIds(snapshot, mode))
  const attached = new Set(service.networkIds)
  const ours = addedBefore(service)
  const add = [...wanted].filter((id) => existing.has(id) && !attached.has(id)).sort(compareText)
  const remove = ours.filter((id) => !wanted.has(id))
  if (add.length + remove.length === 0) return nothing
  return {
    kind: 'update',
    serviceId: service.id,
    version: service.version,
    isUntimely: isBeingReplaced(snapshot, service),
    add,
    remove,
    networkIds: [...service.networkIds.filter((id) => !remove.includes(id)), ...add],
    addedIds: [...ours.filter((id) => !remove.includes(id)), ...add].sort(compareText),
  }
}

function isLeader(
  snapshot: Snapshot,
  self: { readonly taskId: string; readonly serviceId: string },
): boolean {
  const nodes = new Map(snapshot.nodes.map((node) => [node.id, node]))
  const running = snapshot.tasks.filter(
    (task) => task.serviceId === self.serviceId && isInRotation(task, { nodes }),
  )
  const first = running.reduce((least, { id }) => (least === '' || id < least ? id : least), '')
  return first === self.taskId
}

function isBeingReplaced(snapshot: Snapshot, service: Service): boolean {
  const nodes = new Map(snapshot.nodes.map((node) => [node.id, node]))
  const wanted = snapshot.tasks.filter(
    (task) =>
      task.serviceId === service.id && isMeantToRun(task) && nodes.get(task.nodeId)?.status !== 'down',
  )
  return wanted.length > 1 && (service.isUpdating === true || wanted.some(({ state }) => state !== 'running'))
}

function namedIds(snapshot: Snapshot, names: readonly string[]): readonly string[] {
  return snapshot.networks
    .filter(({ id, name }) => names.includes(name) || names.includes(id))
    .map(({ id }) => id)
}

/** What the label says, as far as the service is still attached to it. */
function addedBefore(service: Service): readonly string[] {
  const listed = (service.labels[addedNetworksLabel] ?? '').split(',')
  return service.networkIds.filter((id) => listed.includes(id))
}
