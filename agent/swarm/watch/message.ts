// What a message of the watch tells: tasks as they are now, and lists that have changed.
// Owns SwarmKit's numbers for states, ports and protocols. Refuses to read a task in a way of its own: it is written as the
// Engine API writes it (moby daemon/cluster/convert, TaskFromGRPC) and read as one of the list's.

import {
  asJson,
  integerAt,
  type Json,
  Nonsense,
  objectAt,
  objectsAt,
  textAt,
  textsAt,
} from '../../docker/json-read.ts'
import type { ListName } from '../../docker/schedule.ts'
import { type ListedTask, readTask } from '../read-element.ts'
import { actions, decodeMessage } from './proto.ts'

/** A task as it was committed, or the id of one that was removed. */
export type TaskChange =
  | { readonly kind: 'committed'; readonly listed: ListedTask }
  | { readonly kind: 'removed'; readonly id: string }

export type Told = {
  /** In the order of their commits. */
  readonly tasks: readonly TaskChange[]
  /** Lists that have to be asked for: of what is not applied here, and of tasks if one of them makes no sense. */
  readonly lists: readonly ListName[]
  readonly removedServices: readonly string[]
}

/** The kinds of objects that are watched, and nothing else: others hold payloads that are nobody's business here. */
export const watchedKinds = ['task', 'service', 'node', 'network'] as const

/** Reads one message; an empty one tells nothing. Throws Error for bytes that are no message. */
export function readMessage(bytes: Uint8Array): Told {
  const tasks: TaskChange[] = []
  const lists = new Set<ListName>()
  const removedServices: string[] = []
  for (const event of objectsAt(asJson(decodeMessage(bytes)), 'events')) {
    const isRemoval = integerAt(event, 'action') === actions.remove
    const object = objectAt(event, 'object')
    for (const kind of watchedKinds) {
      if (!(kind in object)) continue
      const change = kind === 'task' ? readTaskChange(objectAt(object, kind), isRemoval) : undefined
      if (change === undefined) lists.add(`${kind}s`)
      else tasks.push(change)
      if (kind === 'service' && isRemoval) removedServices.push(textAt(objectAt(object, kind), 'id'))
    }
  }
  return { tasks, lists: [...lists], removedServices }
}

function readTaskChange(task: Json, isRemoval: boolean): TaskChange | undefined {
  const id = textAt(task, 'id')
  if (isRemoval) return id === '' ? undefined : { kind: 'removed', id }
  try {
    return { kind: 'committed', listed: readTask(taskElement(task)) }
  } catch (error) {
    if (!(error instanceof Nonsense)) throw error
    return undefined
  }
}

function taskElement(task: Json): object {
  const status = objectAt(task, 'status')
  return {
    ID: textAt(task, 'id'),
    Version: { Index: integerAt(objectAt(objectAt(task, 'meta'), 'version'), 'index') },
    ServiceID: textAt(task, 'serviceId'),
    Slot: integerAt(task, 'slot'),
    NodeID: textAt(task, 'nodeId'),
    DesiredState: stateText(integerAt(task, 'desiredState')),
    Status: {
      State: stateText(integerAt(status, 'state')),
      ContainerStatus: { ContainerID: textAt(objectAt(status, 'container'), 'containerId') },
      PortStatus: { Ports: objectsAt(objectAt(status, 'portStatus'), 'ports').map(portElement) },
    },
    NetworksAttachments: objectsAt(task, 'networks').map((attachment) => ({
      Network: { ID: textAt(objectAt(attachment, 'network'), 'id') },
      Addresses: textsAt(attachment, 'addresses'),
    })),
  }
}

function portElement(port: Json): object {
  return {
    Protocol: protocols[integerAt(port, 'protocol')] ?? '',
    TargetPort: integerAt(port, 'targetPort'),
    PublishedPort: integerAt(port, 'publishedPort'),
    PublishMode: publishModes[integerAt(port, 'publishMode')] ?? '',
  }
}

/** SwarmKit api/types.proto, PortConfig. */
const protocols = ['tcp', 'udp', 'sctp']
const publishModes = ['ingress', 'host']

/** SwarmKit api/types.proto, TaskState: with gaps, so that states can be put in between. */
const stateNumbers: ReadonlyMap<number, string> = new Map([
  [0, 'new'],
  [64, 'pending'],
  [192, 'assigned'],
  [256, 'accepted'],
  [320, 'preparing'],
  [384, 'ready'],
  [448, 'starting'],
  [512, 'running'],
  [576, 'complete'],
  [640, 'shutdown'],
  [704, 'failed'],
  [768, 'rejected'],
  [800, 'remove'],
  [832, 'orphaned'],
])

function stateText(state: number): string {
  return stateNumbers.get(state) ?? `state ${state}`
}
