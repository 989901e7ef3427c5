// Puts a snapshot together from the lists.
// Owns what one list needs of another: network names in services, networks that must not vanish, the edge. Pure.

import type { Network, Service, Snapshot, Task } from '../core/snapshot.ts'
import { compareText } from '../core/text.ts'
import type { EdgeNetworks } from '../docker/edge.ts'
import type { Assembly } from '../docker/rounds.ts'
import { findEdge } from './edge.ts'
import type { Listed } from './swarm-lists.ts'

export type AssemblySettings = { readonly edgeNetworks: EdgeNetworks; readonly hostname: string }

/** The lists' snapshot. What did not change keeps its array and its objects, and the snapshot if nothing did. */
export function assemble(
  listed: Listed,
  settings: AssemblySettings,
  last: Assembly<Listed> | undefined,
): Assembly<Listed> {
  if (last !== undefined && sameLists(last.listed, listed)) return last
  const networks = keepReferenced(last?.snapshot.networks, listed)
  const sameNetworks = networks === last?.snapshot.networks
  const keepServices = sameNetworks && listed.services === last.listed.services
  const services = keepServices ? last.snapshot.services : resolveNames(listed.services, networks)
  const edge = findEdge(
    settings.edgeNetworks,
    settings.hostname,
    { tasks: listed.tasks, networks },
    last?.snapshot.edge,
  )
  const { nodes, secrets, configs } = listed
  const snapshot = {
    ...{ services, tasks: plainTasks(listed, last), nodes, networks, edge },
    ...(secrets !== undefined && { secrets }),
    ...(configs !== undefined && { configs }),
  }
  return { listed, snapshot: sameSnapshot(last?.snapshot, snapshot) }
}

function sameSnapshot(last: Snapshot | undefined, now: Snapshot): Snapshot {
  const isSame =
    last?.services === now.services &&
    last.tasks === now.tasks &&
    last.nodes === now.nodes &&
    last.networks === now.networks &&
    last.secrets === now.secrets &&
    last.configs === now.configs &&
    last.edge === now.edge
  return isSame ? last : now
}

/** True if nothing was listed anew. */
export function sameLists(a: Listed, b: Listed): boolean {
  return (
    a.tasks === b.tasks &&
    a.services === b.services &&
    a.networks === b.networks &&
    a.nodes === b.nodes &&
    a.secrets === b.secrets &&
    a.configs === b.configs
  )
}

function plainTasks(listed: Listed, last: Assembly<Listed> | undefined): readonly Task[] {
  if (last?.listed.tasks === listed.tasks) return last.snapshot.tasks
  const tasks = listed.tasks.map(({ task }) => task)
  return last !== undefined && sameItems(last.snapshot.tasks, tasks) ? last.snapshot.tasks : tasks
}

/**
 * The list of networks, and those it lacks although a service still uses them.
 *
 * A network in use cannot be removed; but `GET /networks` answers 200 without the Swarm's own networks when the manager
 * has lost its quorum (moby daemon/server/router/network/network_routes.go drops the cluster's error).
 */
function keepReferenced(last: readonly Network[] | undefined, listed: Listed): readonly Network[] {
  if (last === undefined) return listed.networks
  const present = new Set(listed.networks.map((network) => network.id))
  const lost = last.filter((network) => !present.has(network.id))
  if (lost.length === 0) return sameItems(last, listed.networks) ? last : listed.networks
  const used = new Set(listed.services.flatMap((service) => service.networkIds))
  const networks = [...listed.networks, ...lost.filter(({ id, name }) => used.has(id) || used.has(name))]
  return sameItems(last, networks) ? last : networks
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}

/** The services with ids where they name networks. The engine resolves names itself since API 1.29, so this is rare. */
function resolveNames(services: readonly Service[], networks: readonly Network[]): readonly Service[] {
  const ids = new Set(networks.map(({ id }) => id))
  const byName = new Map(networks.map(({ id, name }) => [name, id]))
  const isKnown = (text: string) => ids.has(text) || !byName.has(text)
  if (services.every((service) => service.networkIds.every(isKnown))) return services
  return services.map((service) =>
    service.networkIds.every(isKnown)
      ? service
      : {
          ...service,
          networkIds: service.networkIds
            .map((text) => (isKnown(text) ? text : (byName.get(text) ?? text)))
            .sort(compareText),
        },
  )
}
