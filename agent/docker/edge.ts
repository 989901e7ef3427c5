// Where the edge itself stands: which networks its HAProxy reaches tasks on.
// Owns what the setting means, and finding the own container. Refuses to attach to anything.

import type { Edge, EdgeTask, Network } from '../core/snapshot.ts'
import type { Oddity } from './list.ts'

/** `auto`: the networks of the container that the agent runs in, or every one if it runs in none. A list: names or ids. */
export type EdgeNetworks = 'auto' | 'every' | readonly string[]

/**
 * The edge, as the setting says; `last` itself if nothing differs.
 *
 * `own` is where the agent's own container stands. Once found it stays found: a task leaves the list when it is told to
 * stop, while its HAProxy still serves what it has.
 */
export function placeEdge(
  setting: EdgeNetworks,
  own: Edge | undefined,
  networks: readonly Network[],
  last: Edge | undefined,
): Edge {
  if (setting === 'every') return sameEdge(last, 'every')
  if (setting !== 'auto') return sameEdge(last, namedNetworks(setting, networks))
  return own === undefined ? (last ?? { networkIds: 'every' }) : sameEdge(last, own.networkIds, own.self)
}

/** The names and ids that stand for no network. */
export function unknownNetworks(setting: EdgeNetworks, networks: readonly Network[]): readonly string[] {
  if (typeof setting === 'string') return []
  return setting.filter((text) => networks.every((network) => network.id !== text && network.name !== text))
}

/** Tells of each name and id in the setting that stands for no network. */
export function tellUnknownNetworks(
  setting: EdgeNetworks,
  networks: readonly Network[],
  onOddity: (oddity: Oddity) => void,
): void {
  const found = 'the edge is said to stand on it, but there is no such network'
  for (const id of unknownNetworks(setting, networks)) onOddity({ list: '/networks', id, found })
}

/** The one that runs in the container whose host name this is: the start of its id unless somebody chose otherwise. */
export function findOwn<T extends { readonly containerId: string }>(
  hostname: string,
  all: readonly T[],
): T | undefined {
  // Docker cuts the id at 12 characters; anything shorter was chosen by a person and may match anybody's.
  if (!/^[0-9a-f]{12,64}$/.test(hostname)) return undefined
  return all.find(({ containerId }) => containerId.startsWith(hostname))
}

function namedNetworks(names: readonly string[], networks: readonly Network[]): readonly string[] {
  return networks
    .filter(({ id, name }) => names.includes(id) || names.includes(name))
    .map(({ id }) => id)
    .sort()
}

function sameEdge(last: Edge | undefined, networkIds: Edge['networkIds'], self?: EdgeTask): Edge {
  const isSame = String(last?.networkIds) === String(networkIds) && last?.self?.taskId === self?.taskId
  if (last !== undefined && isSame) return last
  return self === undefined ? { networkIds } : { networkIds, self }
}
