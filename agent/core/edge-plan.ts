// One update of the edge's own service for everything that is pending: networks, secrets, configs.
// Owns who makes it and when it is untimely: each update replaces the edge's tasks. Pure.
// Refuses every service but the edge's.

import { isNoChange, type MountChange, planMounts } from './edge-mounts.ts'
import { type NetworkMode, planNetworks } from './edge-networks.ts'
import { isInRotation, isMeantToRun } from './servers.ts'
import type { Service, Snapshot } from './snapshot.ts'

/** What published services need of the edge. */
export type EdgeNeeds = {
  readonly networkIds: readonly string[]
  /** Certificates, keys and other files, as labels name them. */
  readonly materialNames: readonly string[]
}

export type EdgeUpdate = {
  readonly kind: 'update'
  readonly serviceId: string
  /** The version that the plan was made from: another agent's update in between makes it void. */
  readonly version: number
  /**
   * True while other tasks of the edge are being replaced. Swarm drops a rolling update for the next one, and would
   * take the second node's edge down before the first one's is up again.
   */
  readonly isUntimely: boolean
  /** Networks, by their ids. */
  readonly add: readonly string[]
  readonly remove: readonly string[]
  /** All networks of the service after the update, and those of them that the label is to list. */
  readonly networkIds: readonly string[]
  readonly addedIds: readonly string[]
  readonly secrets: MountChange
  readonly configs: MountChange
}

export type EdgePlan = { readonly kind: 'nothing' } | EdgeUpdate

const nothing: EdgePlan = { kind: 'nothing' }

/**
 * Plans one update of the edge's service for everything that is pending.
 *
 * Of several agents, the one in the running task with the lowest id plans; the others plan nothing. With the mode `off`
 * nobody does.
 */
export function planEdge(snapshot: Snapshot, needs: EdgeNeeds, mode: NetworkMode): EdgePlan {
  const { self } = snapshot.edge
  if (mode === 'off' || self === undefined || !isLeader(snapshot, self)) return nothing
  const service = snapshot.services.find((each) => each.id === self.serviceId)
  if (service === undefined) return nothing
  const networks = planNetworks(snapshot, service, needs.networkIds, mode)
  const mounts = planMounts(snapshot, service, needs.materialNames)
  if (networks.add.length + networks.remove.length === 0 && isNoChange(mounts)) return nothing
  return {
    kind: 'update',
    serviceId: service.id,
    version: service.version,
    isUntimely: isBeingReplaced(snapshot, service),
    ...networks,
    ...mounts,
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
