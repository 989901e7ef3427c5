// What an explanation is made from, put in order once for all questions to it.
// Refuses answers: it only finds things.

import type { NetworkMode } from '../edge-networks.ts'
import type { Observed } from '../observed.ts'
import type { Problem } from '../problem.ts'
import type { Routing } from '../routing.ts'
import { plainName } from '../server-name.ts'
import type { RoutingSettings } from '../settings.ts'
import type { Service, Snapshot, Task } from '../snapshot.ts'
import { type Topology, topologyOf } from '../topology.ts'
import type { Explanation } from './explanation.ts'
import { createRouteTable, type RouteTable } from './route-table.ts'

export type ExplainFacts = {
  readonly snapshot: Snapshot
  /** What was computed from the snapshot, with or without the servers that are held back. */
  readonly routing: Routing
  /** What HAProxy runs; absent: the answer says what it would do. */
  readonly observed?: Observed
  /** HAProxy's own word for servers (`UP`, `DOWN`, `no check`) by `backend/server`; none need be there. */
  readonly statuses?: ReadonlyMap<string, string>
  readonly settings: ExplainSettings
}

export type ExplainSettings = RoutingSettings & {
  /** Addresses for plain HTTP, as HAProxy's `bind` takes them. */
  readonly httpBind: readonly string[]
  /** The same for TLS; and the port that clients reach them at. */
  readonly httpsBind: readonly string[]
  readonly httpsPort: number
  readonly networks: NetworkMode
}

/** The facts by what they are looked up by. */
export type Known = ExplainFacts & {
  /** False where the snapshot only stands for what HAProxy runs. */
  readonly isSwarmKnown: boolean
  /** True where the services are those of compose and of containers. */
  readonly isPlainDocker: boolean
  readonly topology: Topology
  readonly servicesById: ReadonlyMap<string, Service>
  readonly servicesByName: ReadonlyMap<string, Service>
  readonly tasksById: ReadonlyMap<string, Task>
  readonly desiredRoutes: RouteTable
  /** Undefined where no HAProxy was looked at. */
  readonly liveRoutes: RouteTable | undefined
  readonly tasksOf: (service: Pick<Service, 'id'>) => readonly Task[]
  readonly problemsOf: (service: Pick<Service, 'id'>) => readonly Problem[]
}

export function indexFacts(facts: ExplainFacts, isSwarmKnown: boolean): Known {
  const { snapshot, routing, observed } = facts
  const tasks = groupBy(snapshot.tasks, (task) => task.serviceId)
  const problems = groupBy(routing.problems, (problem) => problem.serviceId)
  return {
    ...facts,
    isSwarmKnown,
    isPlainDocker: snapshot.services.some(({ origin }) => origin !== undefined),
    topology: topologyOf(snapshot, undefined),
    servicesById: new Map(snapshot.services.map((service) => [service.id, service])),
    servicesByName: new Map(snapshot.services.map((service) => [service.name, service])),
    tasksById: new Map(snapshot.tasks.map((task) => [task.id, task])),
    desiredRoutes: createRouteTable(routing.backends),
    liveRoutes: observed === undefined ? undefined : createRouteTable(observed.backends),
    tasksOf: ({ id }) => tasks.get(id) ?? [],
    problemsOf: ({ id }) => problems.get(id) ?? [],
  }
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

/** A server is named `service.slot.taskid`; a virtual IP's is the service's name, which is no task's id. */
export function taskIdOf(server: string): string {
  const plain = plainName(server)
  return plain.slice(plain.lastIndexOf('.') + 1)
}

/** The name of a server's service: by its task, else by the server's own name. */
export function serviceNameOf(
  server: string,
  { tasksById, servicesById, servicesByName }: NameBooks,
): string {
  const task = tasksById.get(taskIdOf(server))
  const service =
    task === undefined ? servicesByName.get(plainName(server)) : servicesById.get(task.serviceId)
  return service?.name ?? nameWithin(server)
}

type NameBooks = Pick<Known, 'tasksById' | 'servicesById' | 'servicesByName'>

/** `service` of `service.slot.taskid`; a virtual IP's server is called like the service. */
export function nameWithin(server: string): string {
  const plain = plainName(server)
  return /^(.+)\.[^.]+\.[^.]+$/.exec(plain)?.[1] ?? plain
}

/** What every answer from these facts says of where it comes from. */
export function originOf(
  known: Known,
  by: 'http' | 'https' | 'tls' = 'http',
): Pick<Explanation, 'basis' | 'frontend'> {
  const { isSwarmKnown, isPlainDocker, observed, settings } = known
  const haproxy = observed && { version: observed.worker.version, pid: observed.worker.pid }
  return {
    basis: {
      swarm: isSwarmKnown,
      ...(isPlainDocker && { containers: true as const }),
      ...(haproxy === undefined ? {} : { haproxy }),
    },
    frontend: {
      name: by === 'tls' ? 'tls' : 'http',
      binds: by === 'http' ? settings.httpBind : settings.httpsBind,
    },
  }
}
