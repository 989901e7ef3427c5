// Over which network the edge reaches a service, and why over none.
// Refuses tasks and addresses (servers.ts picks those).

import { attachCure, shareCure } from './cures.ts'
import { labelProblem } from './labels/read.ts'
import { labelTable } from './labels/table.ts'
import type { Problem } from './problem.ts'
import type { Network, Service } from './snapshot.ts'
import { compareText, listText, nearest, quote } from './text.ts'
import type { Topology } from './topology.ts'

/** The networks to reach a service on, best first; empty where there is none, and then `problems` says why. */
export type Reach = {
  readonly networkIds: readonly string[]
  /** The network that the edge uses for the service, or would have to be attached to; undefined where there is none. */
  readonly needed: string | undefined
  readonly problems: readonly Problem[]
}

/**
 * Picks by the `network` label, else the networks shared with the edge, first by name.
 *
 * The others stay as second choices: while Swarm moves a service to another network, the tasks that still run are only
 * on the old one, and must not leave rotation before their successors are there.
 */
export function reachOf(service: Service, label: string | undefined, topology: Topology): Reach {
  const attached = service.networkIds
    .flatMap((id) => topology.networks.get(id) ?? [])
    .toSorted((a, b) => compareText(a.name, b.name))
  const shared = attached.filter((network) => topology.isShared(network.id))
  if (label !== undefined && label !== '') return reachByLabel(service, label, topology, attached, shared)
  if (attached.length === 0) return none(noNetwork(service))
  if (shared.length === 0) return none(notShared(service, attached), attached[0])
  return {
    networkIds: shared.map((network) => network.id),
    needed: shared[0]?.id,
    problems: shared.length > 1 ? [ambiguous(service, shared)] : [],
  }
}

function reachByLabel(
  service: Service,
  label: string,
  topology: Topology,
  attached: readonly Network[],
  shared: readonly Network[],
): Reach {
  const network = networkNamed(label, service, topology)
  if (network === undefined) return none(unknownNetwork(service, label, topology))
  if (!attached.includes(network)) return none(notAttached(service, network, attached))
  if (!shared.includes(network)) return none(notShared(service, [network]), network)
  const others = shared.filter((other) => other !== network)
  return { networkIds: [network, ...others].map((each) => each.id), needed: network.id, problems: [] }
}

/** By name or id; inside a stack or a compose project also by the name that its file gives it. */
function networkNamed(text: string, service: Service, topology: Topology): Network | undefined {
  const stack = service.labels['com.docker.stack.namespace'] ?? service.labels['com.docker.compose.project']
  return (
    topology.networksByName.get(text) ??
    topology.networks.get(text) ??
    (stack === undefined ? undefined : topology.networksByName.get(`${stack}_${text}`))
  )
}

const none = (problem: Problem, needed?: Network): Reach => ({
  networkIds: [],
  needed: needed?.id,
  problems: [problem],
})
const names = (networks: readonly Network[]) => listText(networks.map((network) => network.name))

function noNetwork(service: Service): Problem {
  return labelProblem(service, labelTable.network.label, 'network-missing', {
    found: `no ${service.origin === undefined ? 'overlay ' : ''}network on the service`,
    expected: 'a network that the service shares with the edge',
    hint: attachCure(service, '<network>'),
  })
}

function unknownNetwork(service: Service, label: string, topology: Topology): Problem {
  const near = nearest(label, [...topology.networksByName.keys()])
  return labelProblem(service, labelTable.network.label, 'network-missing', {
    found: `${quote(label)}, and ${service.origin === undefined ? 'Swarm has no such network' : 'there is no such network'}`,
    expected: 'the name of a network',
    hint:
      near === undefined
        ? 'docker network ls lists the names; they begin with the name of the stack or the project.'
        : `Did you mean ${near}?`,
  })
}

function notAttached(service: Service, network: Network, attached: readonly Network[]): Problem {
  return labelProblem(service, labelTable.network.label, 'network-not-attached', {
    found: `${quote(network.name)}, which the service is not attached to`,
    expected: attached.length === 0 ? 'a network of the service; it has none' : `one of ${names(attached)}`,
    hint: attachCure(service, network.name),
  })
}

function notShared(service: Service, networks: readonly Network[]): Problem {
  return labelProblem(service, labelTable.network.label, 'network-not-shared', {
    found: `${names(networks)}, which the edge is not attached to`,
    expected: 'a network that the service shares with the edge',
    hint: shareCure(service, networks[0]?.name),
  })
}

function ambiguous(service: Service, shared: readonly Network[]): Problem {
  const first = shared[0]?.name ?? ''
  return {
    ...labelProblem(service, labelTable.network.label, 'network-ambiguous', {
      found: `several networks shared with the edge: ${names(shared)}`,
      expected: 'one, or a label that names it',
      hint: `${first} is used, the first by name. Set ${labelTable.network.label} to decide.`,
    }),
    severity: 'warning',
  }
}
