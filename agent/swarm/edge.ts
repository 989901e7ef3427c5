// Where the edge itself stands: which networks its HAProxy reaches tasks on.
// Owns finding the own container among the tasks. Refuses to attach to anything.

import type { Edge, EdgeTask, Network } from '../core/snapshot.ts'
import type { ListedTask } from './read-element.ts'

/** `auto`: the networks of the task that the agent runs in, or every one if it is no task. A list: names or ids. */
export type EdgeNetworks = 'auto' | 'every' | readonly string[]

/**
 * The edge, as the setting says; `last` itself if nothing differs.
 *
 * `hostname` is the container's, which is the start of its id unless somebody chose otherwise. Once found, the own task
 * stays found: it leaves the list when it is told to stop, while its HAProxy still serves what it has.
 */
export function findEdge(
  setting: EdgeNetworks,
  hostname: string,
  listed: { readonly tasks: readonly ListedTask[]; readonly networks: readonly Network[] },
  last: Edge | undefined,
): Edge {
  if (setting === 'every') return sameEdge(last, 'every')
  if (setting !== 'auto') return sameEdge(last, namedNetworks(setting, listed.networks))
  const own = ownTask(hostname, listed.tasks)?.task
  if (own === undefined) return last ?? { networkIds: 'every' }
  const networkIds = own.attachments.map((attachment) => attachment.networkId).sort()
  return sameEdge(last, networkIds, { taskId: own.id, serviceId: own.serviceId })
}

/** The names and ids that stand for no network. */
export function unknownNetworks(setting: EdgeNetworks, networks: readonly Network[]): readonly string[] {
  if (typeof setting === 'string') return []
  return setting.filter((text) => networks.every((network) => network.id !== text && network.name !== text))
}

function ownTask(hostname: string, tasks: readonly ListedTask[]): ListedTask | undefined {
  // Docker cuts the id at 12 characters; anything shorter was chosen by a person and may match anybody's.
  if (!/^[0-9a-f]{12,64}$/.test(hostname)) return undefined
  return tasks.find((listed) => listed.containerId.startsWith(hostname))
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
