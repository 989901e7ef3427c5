// Networks and nodes by id and name, and which networks the edge shares.
// Refuses services and tasks.

import type { Edge, Network, Node, Snapshot } from './snapshot.ts'
import { compareText } from './text.ts'

export type Topology = {
  readonly networks: ReadonlyMap<string, Network>
  readonly networksByName: ReadonlyMap<string, Network>
  readonly nodes: ReadonlyMap<string, Node>
  readonly isShared: (networkId: string) => boolean
  /** What it was made from, by identity. */
  readonly source: TopologySource
}

type TopologySource = Pick<Snapshot, 'networks' | 'nodes' | 'edge'>

/** Indexes a snapshot's networks and nodes; gives `previous` back where they are the same objects. */
export function topologyOf(snapshot: Snapshot, previous: Topology | undefined): Topology {
  const { networks, nodes, edge } = snapshot
  if (
    previous !== undefined &&
    previous.source.networks === networks &&
    previous.source.nodes === nodes &&
    previous.source.edge === edge
  ) {
    return previous
  }
  const byId = new Map<string, Network>()
  const byName = new Map<string, Network>()
  for (const network of networks.toSorted((a, b) => compareText(a.id, b.id))) {
    if (network.ingress) continue
    byId.set(network.id, network)
    if (!byName.has(network.name)) byName.set(network.name, network)
  }
  return {
    networks: byId,
    networksByName: byName,
    nodes: new Map(nodes.map((node) => [node.id, node])),
    isShared: sharedBy(edge, byId),
    source: { networks, nodes, edge },
  }
}

function sharedBy(edge: Edge, networks: ReadonlyMap<string, Network>): (networkId: string) => boolean {
  if (edge.networkIds === 'every') return (id) => networks.has(id)
  const ids = new Set(edge.networkIds)
  return (id) => ids.has(id) && networks.has(id)
}
