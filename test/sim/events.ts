// The stream of `GET /events`: what a manager tells of services, networks, nodes, secrets and
// configs, and never of tasks (moby#37403).
// Owns the making and filtering of events, and the listeners. Refuses replay: `since` and `until` are not served.

import type { Config, Network, Node, Secret, Service } from './objects.ts'
import type { Change, Store } from './store.ts'

export type EventFilters = ReadonlyMap<string, readonly string[]>

export type Events = {
  /** Calls `listener` with each event's JSON line; returns the end of it. */
  readonly subscribe: (filters: EventFilters, listener: (line: string) => void) => () => void
  /** From now on nobody hears anything, and no stream ends: what a half-open connection looks like. */
  readonly silence: () => void
  readonly resume: () => void
}

type SwarmEvent = {
  readonly Type: 'service' | 'network' | 'node' | 'secret' | 'config'
  readonly Action: 'create' | 'update' | 'remove'
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
  readonly scope: 'swarm'
  readonly time: number
  readonly timeNano: number
}

export function createEvents(store: Store): Events {
  const listeners = new Map<(line: string) => void, EventFilters>()
  let silent = false
  store.watch((change) => {
    if (silent || listeners.size === 0) return
    const event = eventOf(change)
    if (event === undefined) return
    const line = `${JSON.stringify(event)}\n`
    for (const [listener, filters] of listeners) if (passes(event, filters)) listener(line)
  })
  return {
    subscribe: (filters, listener) => {
      listeners.set(listener, filters)
      return () => listeners.delete(listener)
    },
    silence: () => {
      silent = true
    },
    resume: () => {
      silent = false
    },
  }
}

function eventOf(change: Change): SwarmEvent | undefined {
  const attributes = attributesOf(change)
  if (change.kind === 'task' || attributes === undefined) return undefined
  const nowMs = Date.now()
  return {
    Type: change.kind,
    Action: change.action,
    Actor: { ID: change.object.ID, Attributes: attributes },
    scope: 'swarm',
    time: Math.floor(nowMs / 1000),
    timeNano: nowMs * 1_000_000,
  }
}

function attributesOf(change: Change): Record<string, string> | undefined {
  switch (change.kind) {
    case 'service':
      return serviceAttributes(change.object, change.action === 'update' ? change.old : undefined)
    case 'network':
      return networkAttributes(change.object)
    case 'node':
      return nodeAttributes(change.object, change.action === 'update' ? change.old : undefined)
    case 'secret':
    case 'config':
      return mountedAttributes(change.object)
    case 'task':
      return undefined
  }
}

function serviceAttributes(service: Service, old: Service | undefined): Record<string, string> {
  const image = (each: Service) => each.Spec.TaskTemplate.ContainerSpec?.Image
  const replicas = (each: Service) => each.Spec.Mode?.Replicated?.Replicas?.toString()
  return {
    name: service.Spec.Name,
    ...(old && difference('image', image(old), image(service))),
    ...(old && difference('replicas', replicas(old), replicas(service))),
    ...(old && difference('updatestate', old.UpdateStatus?.State, service.UpdateStatus?.State)),
  }
}

function networkAttributes(network: Network): Record<string, string> {
  return { name: network.Spec.Name, type: 'overlay' }
}

function mountedAttributes(mounted: Secret | Config): Record<string, string> {
  return { name: mounted.Spec.Name }
}

function nodeAttributes(node: Node, old: Node | undefined): Record<string, string> {
  return {
    name: node.Description.Hostname,
    ...(old && difference('state', old.Status.State, node.Status.State)),
    ...(old && difference('availability', old.Spec.Availability, node.Spec.Availability)),
  }
}

function difference(name: string, old: string | undefined, now: string | undefined): Record<string, string> {
  if (old === now || now === undefined) return {}
  return { [`${name}.new`]: now, ...(old !== undefined && { [`${name}.old`]: old }) }
}

/** Filters on fields that these events do not have let nothing through, as in Docker. */
function passes(event: SwarmEvent, filters: EventFilters): boolean {
  const { ID, Attributes } = event.Actor
  const facts: Readonly<Record<string, readonly string[]>> = {
    type: [event.Type],
    event: [event.Action],
    scope: [event.scope],
    [event.Type]: [ID, Attributes['name'] ?? ''],
  }
  return [...filters].every(([name, values]) => values.some((value) => facts[name]?.includes(value) === true))
}
