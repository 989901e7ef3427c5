// Which networks the edge's own service should be attached to, as the difference from what it is attached to now.
// Only networks that an agent added are ever removed: it writes down which in a label of the service. Pure.

import type { Service, Snapshot } from './snapshot.ts'
import { compareText } from './text.ts'

/** `auto`: those that published services need; a list: these, by name or id; `off`: hands off the edge's own service. */
export type NetworkMode = 'auto' | 'off' | readonly string[]

/** The label on the edge's service that lists the ids of networks which an agent added. */
export const addedNetworksLabel = 'com.tidegate.networks'

export type NetworkChange = {
  readonly add: readonly string[]
  readonly remove: readonly string[]
  /** All networks of the service after the update, and those of them that the label is to list. */
  readonly networkIds: readonly string[]
  readonly addedIds: readonly string[]
}

/** @param neededIds the networks that published services need */
export function planNetworks(
  snapshot: Snapshot,
  service: Service,
  neededIds: readonly string[],
  mode: Exclude<NetworkMode, 'off'>,
): NetworkChange {
  const existing = new Set(
    snapshot.networks.filter((network) => !network.ingress).map((network) => network.id),
  )
  const wanted = new Set(mode === 'auto' ? neededIds : namedIds(snapshot, mode))
  const attached = new Set(service.networkIds)
  const ours = addedBefore(service)
  const add = [...wanted].filter((id) => existing.has(id) && !attached.has(id)).sort(compareText)
  const remove = ours.filter((id) => !wanted.has(id))
  return {
    add,
    remove,
    networkIds: [...service.networkIds.filter((id) => !remove.includes(id)), ...add],
    addedIds: [...ours.filter((id) => !remove.includes(id)), ...add].sort(compareText),
  }
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
