// Where the edge stands in a Swarm: the task that the agent runs in.
// Refuses what the setting means (docker/edge.ts).

import type { Edge, Network } from '../core/snapshot.ts'
import { type EdgeNetworks, findOwn, placeEdge } from '../docker/edge.ts'
import type { ListedTask } from './read-element.ts'

/** The edge, as the setting says; `last` itself if nothing differs. By its host name it finds its own task. */
export function findEdge(
  setting: EdgeNetworks,
  hostname: string,
  listed: { readonly tasks: readonly ListedTask[]; readonly networks: readonly Network[] },
  last: Edge | undefined,
): Edge {
  const own = findOwn(hostname, listed.tasks)?.task
  return placeEdge(setting, own === undefined ? undefined : edgeOf(own), listed.networks, last)
}

function edgeOf({ id, serviceId, attachments }: ListedTask['task']): Edge {
  const networkIds = attachments.map((attachment) => attachment.networkId).sort()
  return { networkIds, self: { taskId: id, serviceId } }
}
