// The servers of one service: one for each task in task mode, one for the virtual IP in vip mode.
// Refuses hosts and paths; which routes lead to these servers is decided elsewhere.

import { preferredAddress } from './address.ts'
import { labelProblem } from './labels/read.ts'
import { labelTable } from './labels/table.ts'
import type { Problem } from './problem.ts'
import { type Reach, reachOf } from './reach.ts'
import type { BackendMode, BackendService, Server, ServerOptions } from './routing.ts'
import { plainName, taskServerName, vipServerName } from './server-name.ts'
import type { ServerWish } from './server-options.ts'
import { type Service, type Task, type TaskState, taskStates } from './snapshot.ts'
import { compareText } from './text.ts'
import type { Topology } from './topology.ts'

/** What the labels ask for, as far as servers depend on it. */
export type ServerSpec = {
  readonly mode: BackendMode
  readonly port: number
  readonly network: string | undefined
  readonly wish: ServerWish
}

export type ServiceServers = {
  /** The mode in force: a service without a virtual IP is served in task mode. */
  readonly mode: BackendMode
  readonly servers: readonly Server[]
  /** The networks that the edge reaches the service on, or would have to share; sorted, empty where it needs none. */
  readonly networkIds: readonly string[]
  readonly problems: readonly Problem[]
}

/** A service without a virtual IP is served in task mode. */
export function modeInForce(service: Service, wanted: BackendMode): BackendMode {
  return wanted === 'vip' && service.endpointMode === 'vip' ? 'vip' : 'task'
}

/** Computes a service's servers, sorted by name, from its own tasks. */
export function serversOf(
  service: Service,
  spec: ServerSpec,
  tasks: readonly Task[],
  topology: Topology,
): ServiceServers {
  if (modeInForce(service, spec.mode) === 'vip') return vipServer(service, spec, tasks, topology)
  const problems = spec.mode === 'vip' ? [withoutVip(service)] : []
  const served = publishesInHostMode(service, spec.port)
    ? { servers: hostModeServers(service, spec, tasks, topology), networkIds: [], problems: [] }
    : taskServers(service, spec, tasks, topology)
  return { ...served, mode: 'task', problems: [...problems, ...served.problems] }
}

function taskServers(service: Service, spec: ServerSpec, tasks: readonly Task[], topology: Topology) {
  const reach = reachOf(service, spec.network, topology)
  const servers = tasks.flatMap((task) => {
    const networkIds = [...reach.networkIds, ...networksLeft(service, task, topology)]
    const address = firstAddress(networkIds, (id) => addressesOn(task, id))
    return address === undefined
      ? []
      : taskServer(service, task, { address, port: spec.port }, spec.wish, topology)
  })
  const left = tasks
    .filter((task) => isInRotation(task, topology) && !isOnAny(task, reach.networkIds))
    .flatMap((task) => networksLeft(service, task, topology))
  return {
    servers: servers.toSorted((a, b) => compareText(a.name, b.name)),
    networkIds: needed(reach, left),
    problems: reach.problems,
  }
}

/** The network that the service is reached on, and those that its last running tasks keep in use. */
function needed(reach: Reach, left: readonly string[]): readonly string[] {
  const ids = reach.needed === undefined ? left : [reach.needed, ...left]
  return [...new Set(ids)].toSorted(compareText)
}

/**
 * The shared networks that a task is on though its service has left them. While Swarm moves a service to another network
 * it replaces the tasks one after the other; those that still run are reached where they are.
 */
function networksLeft(service: Service, task: Task, topology: Topology): readonly string[] {
  return task.attachments
    .map((each) => each.networkId)
    .filter((id) => !service.networkIds.includes(id) && topology.isShared(id))
    .toSorted(compareText)
}

function isOnAny(task: Task, networkIds: readonly string[]): boolean {
  return networkIds.some((id) => addressesOn(task, id).length > 0)
}

function addressesOn(task: Task, networkId: string): readonly string[] {
  return task.attachments.filter((each) => each.networkId === networkId).flatMap((each) => each.addresses)
}

function hostModeServers(service: Service, spec: ServerSpec, tasks: readonly Task[], topology: Topology) {
  const servers = tasks.flatMap((task) => {
    const published = task.hostPorts.find(
      (port) => port.targetPort === spec.port && port.protocol === 'tcp',
    )?.publishedPort
    const address = preferredAddress([topology.nodes.get(task.nodeId)?.address ?? ''])
    if (published === undefined || address === undefined) return []
    return taskServer(service, task, { address, port: published }, spec.wish, topology)
  })
  return servers.toSorted((a, b) => compareText(a.name, b.name))
}

/**
 * The virtual IP, open while a running task stands behind it. Running tasks that stand behind none (Swarm is moving the
 * service to another network, or has not allocated the address yet) are served one by one until one does.
 */
function vipServer(
  service: Service,
  spec: ServerSpec,
  tasks: readonly Task[],
  topology: Topology,
): ServiceServers {
  const reach = reachOf(service, spec.network, topology)
  const running = tasks.filter((task) => isInRotation(task, topology))
  const vipsOn = (id: string) =>
    service.virtualIps.filter((each) => each.networkId === id).map(({ address }) => address)
  const peopled = reach.networkIds.filter((id) => running.some((task) => isOnAny(task, [id])))
  const open = firstAddress(peopled, vipsOn)
  const address = open ?? firstAddress(reach.networkIds, vipsOn)
  const isOpen = open !== undefined
  const own = address === undefined ? [] : [vip(service, spec, address, isOpen)]
  const isMissing = address === undefined && reach.networkIds.length > 0
  const problems = isMissing ? [...reach.problems, vipMissing(service)] : reach.problems
  if (isOpen) return { mode: 'vip', servers: own, networkIds: needed(reach, []), problems }
  const single = taskServers(service, spec, running, topology)
  return { mode: 'vip', servers: [...own, ...single.servers], networkIds: single.networkIds, problems }
}

/**
 * Behind a virtual IP a connection is to one task for good: a kept one would bind clients to it, and end with it just
 * as a POST is on its way. The kernel chooses anew, and avoids tasks that stop, for each new connection.
 */
function vip(service: Service, { port, wish }: ServerSpec, address: string, isOpen: boolean): Server {
  const { options, weight, isInMaintenance } = wish
  const name = vipServerName(service, options)
  const admin = isOpen && !isInMaintenance ? 'ready' : 'maint'
  return { name, address, port, weight, admin, poolMaxConn: 0, ...optionsPart(options) }
}

const optionsPart = (options: ServerOptions) => (Object.keys(options).length === 0 ? {} : { options })

/** A service in maintenance keeps its servers as they are but for this: none of them is in rotation. */
function taskServer(
  service: Service,
  task: Task,
  at: Pick<Server, 'address' | 'port'>,
  { options, weight, isInMaintenance }: ServerWish,
  topology: Topology,
): readonly Server[] {
  const isUp = isInRotation(task, topology)
  if (!isUp && !isOnItsWay(task)) return []
  const checks = options.isUnchecked === true ? {} : { checks: isUp ? ('on' as const) : ('off' as const) }
  const name = taskServerName(service, task, options)
  const admin = isUp && !isInMaintenance ? 'ready' : 'maint'
  return [{ name, ...at, weight, admin, ...checks, ...optionsPart(options) }]
}

/** The service that a server is of, by its name; undefined where it is none of these. */
export function ownerOf(server: string, services: readonly BackendService[]): BackendService | undefined {
  const plain = plainName(server)
  return services.find(({ name }) => plain === name || plain.startsWith(`${name}.`))
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

/** Swarm wants it to run, now or as soon as its predecessor has stopped (desired READY). */
export function isMeantToRun(task: Task): boolean {
  return rank(task.desiredState) <= running
}

/** Its address is known before it runs: a server in maintenance now is opened by one command later. */
function isOnItsWay(task: Task): boolean {
  return rank(task.state) < running && isMeantToRun(task)
}

function rank(state: TaskState): number {
  return taskStates.indexOf(state)
}

/** The first of the networks that has one decides: a task, or a virtual IP, may still be on an old network only. */
function firstAddress(
  networkIds: readonly string[],
  addressesIn: (networkId: string) => readonly string[],
): string | undefined {
  for (const id of networkIds) {
    const address = preferredAddress(addressesIn(id))
    if (address !== undefined) return address
  }
  return undefined
}

function publishesInHostMode(service: Service, port: number): boolean {
  return service.hostPorts.some((published) => published.targetPort === port && published.protocol === 'tcp')
}

function withoutVip(service: Service): Problem {
  const isOfSwarm = service.origin === undefined
  return {
    ...labelProblem(service, labelTable.backendMode.label, 'vip-without-endpoint', {
      found: isOfSwarm ? '"vip" on a service whose endpoint mode is dnsrr' : '"vip" outside of a Swarm',
      expected: 'a service with a virtual IP',
      hint: `It is served in task mode. ${isOfSwarm ? 'Drop --endpoint-mode dnsrr, or set the label to task' : 'Remove the label'}.`,
    }),
    severity: 'warning',
  }
}

function vipMissing(service: Service): Problem {
  return {
    ...labelProblem(service, labelTable.backendMode.label, 'vip-missing', {
      found: 'no virtual IP on the network in use',
      expected: 'the virtual IP that Swarm allocates',
      hint: `Its tasks are served one by one until Swarm allocates it; if this stays, look at docker service inspect ${service.name}.`,
    }),
    severity: 'warning',
  }
}
