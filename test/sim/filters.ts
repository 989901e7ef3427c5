// The `filters` parameter of the Engine API's lists.
// Owns its two spellings (`{"name":["a"]}` and `{"name":{"a":true}}`) and what each filter of each list means.

import { ApiError, badRequest } from './api-error.ts'
import type { Control } from './control.ts'
import type { MountedKind } from './mounts.ts'
import {
  type Config,
  isWanted,
  type Network,
  type Node,
  type Secret,
  type Service,
  type Task,
} from './objects.ts'
import type { Store } from './store.ts'

export type Filters = ReadonlyMap<string, readonly string[]>

/** Refuses what is not JSON, and values that are neither lists nor maps, with Docker's 400. */
export function parseFilters(text: string | undefined): Filters {
  if (text === undefined || text === '') return new Map()
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw badRequest(`invalid filter: ${text}`, cause)
  }
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []
  return new Map(
    entries.map(([name, values]) => [name, Array.isArray(values) ? values.map(String) : Object.keys(values)]),
  )
}

type Tests<T> = Readonly<Record<string, (object: T, value: string) => boolean>>

/** Several values of one filter: any of them. Several filters: all of them. An unknown filter is refused. */
function select<T>(objects: readonly T[], filters: Filters, tests: Tests<T>): readonly T[] {
  if (filters.size === 0) return objects
  for (const name of filters.keys()) {
    if (tests[name] === undefined) throw new ApiError(400, `invalid filter '${name}'`)
  }
  return objects.filter((object) =>
    [...filters].every(([name, values]) => values.some((value) => tests[name]?.(object, value))),
  )
}

function hasLabel(labels: Readonly<Record<string, string>> | undefined, wanted: string): boolean {
  const at = wanted.indexOf('=')
  if (at < 0) return labels?.[wanted] !== undefined
  return labels?.[wanted.slice(0, at)] === wanted.slice(at + 1)
}

const serviceTests: Tests<Service> = {
  id: (service, value) => service.ID.startsWith(value),
  name: (service, value) => service.Spec.Name.startsWith(value),
  label: (service, value) => hasLabel(service.Spec.Labels, value),
  mode: (service, value) => (service.Spec.Mode?.Global === undefined ? 'replicated' : 'global') === value,
}

export function selectServices(store: Store, filters: Filters): readonly Service[] {
  return select(store.list('service'), filters, serviceTests)
}

const networkTests: Tests<Network> = {
  id: (network, value) => network.ID.startsWith(value),
  name: (network, value) => network.Spec.Name.includes(value),
  label: (network, value) => hasLabel(network.Spec.Labels, value),
  driver: (network, value) => network.DriverState.Name === value,
  scope: (_network, value) => value === 'swarm',
  type: (network, value) => (network.Spec.Ingress === true ? 'builtin' : 'custom') === value,
}

export function selectNetworks(store: Store, filters: Filters): readonly Network[] {
  return select(store.list('network'), filters, networkTests)
}

const nodeTests: Tests<Node> = {
  id: (node, value) => node.ID.startsWith(value),
  name: (node, value) => node.Description.Hostname.startsWith(value),
  role: (node, value) => node.Spec.Role === value,
  membership: (_node, value) => value === 'accepted',
  label: (node, value) => hasLabel(node.Spec.Labels, value),
}

export function selectNodes(store: Store, filters: Filters): readonly Node[] {
  return select(store.list('node'), filters, nodeTests)
}

const mountedTests: Tests<Secret | Config> = {
  id: (mounted, value) => mounted.ID.startsWith(value),
  name: (mounted, value) => mounted.Spec.Name.startsWith(value),
  label: (mounted, value) => hasLabel(mounted.Spec.Labels, value),
}

/** Whole names can be asked for of secrets only (moby daemon/cluster/filters.go). */
const secretTests: Tests<Secret | Config> = {
  ...mountedTests,
  names: (mounted, value) => mounted.Spec.Name === value,
}

export function selectMounted(
  store: Store,
  kind: MountedKind,
  filters: Filters,
): readonly (Secret | Config)[] {
  return select<Secret | Config>(store.list(kind), filters, kind === 'secret' ? secretTests : mountedTests)
}

/** `label` looks at the labels that the task was created with, which no later change of its service refreshes. */
const taskTests: Tests<Task> = {
  id: (task, value) => task.ID.startsWith(value),
  name: (task, value) => nameOf(task).startsWith(value),
  label: (task, value) => hasLabel(task.internal.serviceLabels, value),
  service: (task, value) => task.ServiceID === value,
  node: (task, value) => task.NodeID === value,
  'desired-state': (task, value) => (value === 'accepted' ? isWanted(task) : task.DesiredState === value),
  '_up-to-date': () => true,
}

export function selectTasks(store: Store, control: Control, filters: Filters): readonly Task[] {
  const resolved = new Map(filters)
  const services = filters.get('service')
  if (services !== undefined)
    resolved.set(
      'service',
      services.map((value) => control.service(value).ID),
    )
  const nodes = filters.get('node')
  if (nodes !== undefined)
    resolved.set(
      'node',
      nodes.map((value) => control.node(value).ID),
    )
  return select(store.list('task'), resolved, taskTests)
}

function nameOf(task: Task): string {
  return `${task.internal.serviceName}.${task.Slot ?? task.NodeID}.${task.ID}`
}
