// What the containers of one service say together.
// Owns which of them speaks where they differ. Refuses what the labels mean (core/labels.ts).

import { labelPrefix } from '../core/labels/row.ts'
import type { Service } from '../core/snapshot.ts'
import { compareText } from '../core/text.ts'
import type { Membership } from './membership.ts'
import type { Container, ContainerNetwork } from './read-container.ts'

/** A container and the service that it is of. */
export type Member = { readonly container: Container; readonly membership: Membership }

/** The id of a container's network, or nothing. Before the container is started only its name is known. */
export type NetworkIds = (network: ContainerNetwork) => string

/**
 * The service of these containers; undefined without one.
 *
 * Its labels are those of the oldest container that has not ended: a service is replaced container by container, and what
 * the first of the new ones says holds when the last of the old ones is gone. Its networks are those of all of them.
 */
export function serviceOf(members: readonly Member[], networkIds: NetworkIds): Service | undefined {
  const byAge = members.toSorted((a, b) => compareAge(a.container, b.container))
  const live = byAge.filter(({ container }) => isLive(container))
  const speaking = live.length > 0 ? live : byAge
  const [oldest, ...others] = speaking
  if (oldest === undefined) return undefined
  const { container, membership } = oldest
  const ids = speaking.flatMap((member) => member.container.networks.map(networkIds))
  const differing = differingLabels(
    container,
    others.map((other) => other.container),
  )
  return {
    id: membership.serviceId,
    name: membership.serviceName,
    createdAt: new Date(container.createdAt * 1000).toISOString(),
    // Differs with whose labels they are; half of an id is as much as a number holds.
    version: Number.parseInt(container.containerId.slice(0, 12), 16),
    labels: container.labels,
    mode: 'replicated',
    networkIds: [...new Set(ids)].filter((id) => id !== '').sort(compareText),
    endpointMode: 'dnsrr',
    virtualIps: [],
    hostPorts: [],
    origin: membership.origin,
    ...(differing.length > 0 && { differing }),
  }
}

function compareAge(a: Container, b: Container): number {
  return a.createdAt - b.createdAt || compareText(a.containerId, b.containerId)
}

function isLive({ state }: Container): boolean {
  return state !== 'exited' && state !== 'dead' && state !== 'removing'
}

/** The edge's labels that another container does not have, or has with another value. */
function differingLabels(oldest: Container, others: readonly Container[]): readonly string[] {
  const found = new Set<string>()
  for (const { labels } of others) {
    for (const label of [...Object.keys(labels), ...Object.keys(oldest.labels)]) {
      if (label.startsWith(labelPrefix) && labels[label] !== oldest.labels[label]) found.add(label)
    }
  }
  return [...found].sort(compareText)
}
