// SwarmKit's Watch protocol, as much of it as is used: messages and their field numbers.
// Owns the numbers (moby/swarmkit api/watch.proto, objects.proto, types.proto) and protobufjs. Refuses to say what they mean.
// As a table and not as a .proto file: it is compiled with the rest, and what is not in it is skipped unread.

import protobuf from 'protobufjs/light.js'

const one = (id: number, type: string) => ({ id, type })
const many = (id: number, type: string) => ({ id, type, rule: 'repeated' })

const nested = {
  WatchRequest: { fields: { entries: many(1, 'WatchEntry') } },
  /** `action` is a mask of `actions`; no filter. */
  WatchEntry: { fields: { kind: one(1, 'string'), action: one(2, 'int32') } },
  /** All that one commit changed. The first one is empty. */
  WatchMessage: { fields: { events: many(1, 'Event') } },
  Event: { fields: { action: one(1, 'int32'), object: one(2, 'StoreObject') } },
  /** One of these; clusters, secrets and the like are not asked for. */
  StoreObject: {
    fields: {
      node: one(1, 'Other'),
      service: one(2, 'Other'),
      network: one(3, 'Other'),
      task: one(4, 'Task'),
    },
  },
  Other: { fields: { id: one(1, 'string') } },
  Task: {
    fields: {
      id: one(1, 'string'),
      meta: one(2, 'Meta'),
      serviceId: one(4, 'string'),
      slot: one(5, 'uint64'),
      nodeId: one(6, 'string'),
      status: one(9, 'TaskStatus'),
      desiredState: one(10, 'int32'),
      networks: many(11, 'NetworkAttachment'),
    },
  },
  Meta: { fields: { version: one(1, 'Version') } },
  Version: { fields: { index: one(1, 'uint64') } },
  TaskStatus: {
    fields: {
      state: one(2, 'int32'),
      container: one(5, 'ContainerStatus'),
      portStatus: one(6, 'PortStatus'),
    },
  },
  ContainerStatus: { fields: { containerId: one(1, 'string') } },
  PortStatus: { fields: { ports: many(1, 'PortConfig') } },
  PortConfig: {
    fields: {
      protocol: one(2, 'int32'),
      targetPort: one(3, 'uint32'),
      publishedPort: one(4, 'uint32'),
      publishMode: one(5, 'int32'),
    },
  },
  NetworkAttachment: { fields: { network: one(1, 'Other'), addresses: many(2, 'string') } },
}

const root = protobuf.Root.fromJSON({ nested })

/** The two messages of the method, to write and to read them. */
export const watchRequest = root.lookupType('WatchRequest')
export const watchMessage = root.lookupType('WatchMessage')

/** The full name of the one method (api/watch.proto). */
export const watchMethod = '/docker.swarmkit.v1.Watch/Watch'

/** What happened to an object (api/watch.proto, WatchActionKind). */
export const actions = { create: 1, update: 2, remove: 4 } as const

/** A request for everything that happens to objects of these kinds, as bytes. */
export function encodeRequest(kinds: readonly string[]): Uint8Array {
  const action = actions.create | actions.update | actions.remove
  return watchRequest.encode({ entries: kinds.map((kind) => ({ kind, action })) }).finish()
}

/**
 * A message as plain values: absent members are absent, enumerations are numbers, and so are 64-bit integers.
 *
 * Throws Error for bytes that are no such message.
 */
export function decodeMessage(bytes: Uint8Array): unknown {
  return watchMessage.toObject(watchMessage.decode(bytes), { longs: Number })
}
