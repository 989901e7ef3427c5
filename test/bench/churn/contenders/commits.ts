// The commits of a real Swarm's tasks, as a bare watch client hears them, with the time at which Swarm began each.
// Owns the few fields that are read: the agent has no use for a commit's time, so it does not know Meta.updated_at.

import protobuf from 'protobufjs/light.js'
import { z } from 'zod'
import { createDocker } from '../../../../agent/docker/docker.ts'
import { callWatch } from '../../../../agent/swarm/watch/call.ts'
import { readTrustRoot } from '../../../../agent/swarm/watch/trust-root.ts'

/** One task as one commit left it. Numbers of states are SwarmKit's (api/types.proto, TaskState). */
export type TaskCommit = {
  readonly id: string
  readonly slot: number
  readonly state: number
  readonly desiredState: number
  readonly address: string | undefined
  /** Meta.updated_at (swarmkit api/objects.proto): set as the commit is proposed, before it is agreed on and written. */
  readonly begunAtMs: number
}

export const taskStates = { running: 512 } as const

const one = (id: number, type: string) => ({ id, type })
const many = (id: number, type: string) => ({ id, type, rule: 'repeated' })

const message = protobuf.Root.fromJSON({
  nested: {
    Message: { fields: { events: many(1, 'Event') } },
    Event: { fields: { object: one(2, 'StoreObject') } },
    StoreObject: { fields: { task: one(4, 'Task') } },
    Task: {
      fields: {
        id: one(1, 'string'),
        meta: one(2, 'Meta'),
        slot: one(5, 'uint64'),
        status: one(9, 'Status'),
        desiredState: one(10, 'int32'),
        networks: many(11, 'Attachment'),
      },
    },
    Meta: { fields: { updatedAt: one(3, 'Timestamp') } },
    Status: { fields: { state: one(2, 'int32') } },
    Attachment: { fields: { addresses: many(2, 'string') } },
    Timestamp: { fields: { seconds: one(1, 'int64'), nanos: one(2, 'int32') } },
  },
}).lookupType('Message')

const parsed = z.object({
  events: z
    .array(
      z.object({
        object: z.object({
          task: z.object({
            id: z.string(),
            slot: z.number().default(0),
            meta: z.object({ updatedAt: z.object({ seconds: z.number(), nanos: z.number().default(0) }) }),
            status: z.object({ state: z.number().default(0) }),
            desiredState: z.number().default(0),
            networks: z.array(z.object({ addresses: z.array(z.string()).default([]) })).default([]),
          }),
        }),
      }),
    )
    .default([]),
})

/** The tasks of one message. */
export function readCommits(bytes: Uint8Array): readonly TaskCommit[] {
  const { events } = parsed.parse(message.toObject(message.decode(bytes), { longs: Number }))
  return events.map(({ object: { task } }) => ({
    id: task.id,
    slot: task.slot,
    state: task.status.state,
    desiredState: task.desiredState,
    address: task.networks[0]?.addresses[0]?.split('/')[0],
    begunAtMs: task.meta.updatedAt.seconds * 1000 + task.meta.updatedAt.nanos / 1e6,
  }))
}

/** Commits as they come, until the stream ends. */
export async function* followCommits(engine: string, swarmSocket: string): AsyncIterable<TaskCommit> {
  const signal = new AbortController().signal
  const docker = createDocker({
    endpoint: { kind: 'unix', socketPath: engine },
    deadlineMs: 5000,
    listBytesMax: 1024 ** 2,
  })
  const trustRoot = await readTrustRoot(docker, signal)
  for await (const bytes of callWatch({ socketPath: swarmSocket, trustRoot, kinds: ['task'] }, signal)) {
    yield* readCommits(bytes)
  }
}
