// The servers of one service: one for each task in task mode, one for the virtual IP in vip mode.
// Refuses hosts and paths; which routes lead to these servers is decided elsewhere.

import { preferredAddress } from './address.ts'
import { labelProblem } from './labels.ts'
import type { Problem } from './problem.ts'
import { reachOf } from './reach.ts'
import type { BackendMode, BackendService, Server } from './routing.ts'
import { type Service, type Task, type TaskState, taskStates } from './snapshot.ts'
import { compareText } from './text.ts'
import type { Topology } from './topology.ts'

/** What the labels ask for, as far as servers depend on it. */
export type ServerSpec = {
  readonly mode: BackendMode
  readonly port: number
  readonly network: string | undefined
}

export type ServiceServers = {
  /** The mode in force: a service without a virtual IP is served in task mode. */
  readonly mode: BackendMode
  readonly servers: readonly Server[]
  /** The network that the edge reaches the service on, or would have to share; undefined where it needs none. */
  readonly networkId: string | undefined
  readonly problems: readonly Problem[]
}

/** Computes a service's servers, sorted by name, from its own tasks. */
export function serversOf(
  service: Service,
  spec: ServerSpec,
  tasks: readonly Task[],
  topology: Topology,
): ServiceServers {
  if (spec.mode === 'vip' && service.endpointMode === 'vip') return vipServer(service, spec, tasks, topology)
  const problems = spec.mode === 'vip' ? [withoutVip(service)] : []
  const served = publishesInHostMode(service, spec.port)
    ? { servers: hostModeServers(service, spec, tasks, topology), networkId: undefined, problems: [] }
    : taskServers(service, spec, tasks, topology)
  return { ...served, mode: 'task', problems: [...problems, ...served.problems] }
}

function taskServers(service: Service, spec: ServerSpec, tasks: readonly Task[], topology: Topology) {
  const reach = reachOf(service, spec.network, topology)
  const servers = tasks.flatMap((task) => {
    const address = firstAddress(reach.networkIds, (id) =>
      task.attachments.filter((each) => each.networkId === id).flatMap((each) => each.addresses),
    )
    return address === undefined ? [] : taskServer(service, task, address, spec.port, topology)
  })
  const sorted = servers.toSorted((a, b) => compareText(a.name, b.name))
  return { servers: sorted, networkId: reach.needed, problems: reach.problems }
}

function hostModeServers(service: Service, spec: ServerSpec, tasks: readonly Task[], topology: Topology) {
  const servers = tasks.flatMap((task) => {
    const published = task.hostPorts.find(
      (port) => port.targetPort === spec.port && port.protocol === 'tcp',
    )?.publishedPort
    const address = preferredAddress([topology.nodes.get(task.nodeId)?.address ?? ''])
    if (published === undefined || address === undefined) return []
    return taskServer(service, task, address, published, topology)
  })
  return servers.toSorted((a, b) => compareText(a.name, b.name))
}

function vipServer(
  service: Service,
  spec: ServerSpec,
  tasks: readonly Task[],
  topology: Topology,
): ServiceServers {
  const reach = reachOf(service, spec.network, topology)
  const address = firstAddress(reach.networkIds, (id) =>
    service.virtualIps.filter((vip) => vip.networkId === id).map((vip) => vip.address),
  )
  if (address === undefined) {
    const problems = reach.networkIds.length === 0 ? reach.problems : [...reach.problems, vipMissing(service)]
    return { mode: 'vip', servers: [], networkId: reach.needed, problems }
  }
  const admin = tasks.some((task) => isInRotation(task, topology)) ? 'ready' : 'maint'
  // Behind a virtual IP a connection is to one task for good: a kept one would bind clients to it, and end with it just
  // as a POST is on its way. The kernel chooses anew, and avoids tasks that stop, for each new connection.
  const server: Server = { name: service.name, address, port: spec.port, weight: 1, admin, poolMaxConn: 0 }
  return { mode: 'vip', servers: [server], networkId: reach.needed, problems: reach.problems }
}

/** Named as Swarm names the container: `service.slot.taskid`, or `service.nodeid.taskid` for a global service. */
function taskServer(
  service: Service,
  task: Task,
  address: string,
  port: number,
  topology: Topology,
): readonly Server[] {
  const name = `${service.name}.${task.slot ?? task.nodeId}.${task.id}`
  if (isInRotation(task, topology)) return [{ name, address, port, weight: 1, admin: 'ready' }]
  return isOnItsWay(task) ? [{ name, address, port, weight: 1, admin: 'maint' }] : []
}

/** The service that a server is of, by its name; undefined where it is none of these. */
export function ownerOf(server: string, services: readonly BackendService[]): BackendService | undefined {
  return services.find(({ name }) => server === name || server.startsWith(`${name}.`))
}

/** With a HEALTHCHECK the engine holds a task in `starting` until it is healthy, so this is health-gated. */
export function isInRotation(task: Task, topology: Pick<Topology, 'nodes'>): boolean {
  return (
    task.state === 'running' &&
    task.desiredState === 'running' &&
    topology.nodes.get(task.nodeId)?.status !== 'down'
  )
}

const running = rank('running')

/** Its address is known before it runs: a server in maintenance now is opened by one command later. */
function isOnItsWay(task: Task): boolean {
  return rank(task.state) < running && rank(task.desiredState) <= running
}

function rank(state: TaskState): number {
  return taskStates.indexOf(state)
}

/** The first of the networks that has one decides: a task, or a virtual IP, may still be on an old network only. */
function firstAddress(
  networkIds: readonly string[],
  addressesOn: (networkId: string) => readonly string[],
): string | undefined {
  for (const id of networkIds) {
    const address = preferredAddress(addressesOn(id))
    if (address !== undefined) return address
  }
  return undefined
}

function publishesInHostMode(service: Service, port: number): boolean {
  return service.hostPorts.some((published) => published.targetPort === port && published.protocol === 'tcp')
}

function withoutVip(service: Service): Problem {
  return {
    ...labelProblem(service, 'backend_mode', 'vip-without-endpoint', {
      found: '"vip" on a service whose endpoint mode is dnsrr',
      expected: 'a service with a virtual IP',
      hint: 'It is served in task mode. Drop --endpoint-mode dnsrr, or set the label to task.',
    }),
    severity: 'warning',
  }
}

function vipMissing(service: Service): Problem {
  return labelProblem(service, 'backend_mode', 'vip-missing', {
    found: 'no virtual IP on the network in use',
    expected: 'the virtual IP that Swarm allocates',
    hint: `Swarm allocates it within a moment; if this stays, look at docker service inspect ${service.name}.`,
  })
}
