// What the simulated Swarm's process is told, what it answers, and what it tells unasked.

import { z } from 'zod'

export const simOptions = z.object({
  socketPath: z.string(),
  swarmSocketPath: z.string(),
  nodes: z.number(),
  runtime: z.enum(['in-process', 'process', 'none']),
  networkPrefixLength: z.number(),
  /** Somebody accepts connections at every task's address, also where the runtime is `none`, and says nothing. */
  isAnswering: z.boolean().default(false),
})

const order = z.enum(['start-first', 'stop-first'])

/** Each is answered when the Swarm has come to rest after it, unless it says otherwise. */
export const simCommand = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('create'),
    service: z.string(),
    replicas: z.number(),
    restartDelayMs: z.number().optional(),
  }),
  z.object({ kind: z.literal('remove'), service: z.string() }),
  z.object({ kind: z.literal('scale'), service: z.string(), replicas: z.number() }),
  /** All tasks are replaced by new ones. */
  z.object({ kind: z.literal('update'), service: z.string(), order, parallelism: z.number() }),
  z.object({ kind: z.literal('drain'), node: z.string() }),
  z.object({ kind: z.literal('activate'), node: z.string() }),
  /** Kills every task of these services a random time after it began to run, for so long. */
  z.object({
    kind: z.literal('flap'),
    services: z.array(z.string()),
    forMs: z.number(),
    upMs: z.object({ least: z.number(), most: z.number() }),
    seed: z.number(),
  }),
])

/** One of the commands above. `isAwaited`: the answer waits until the Swarm is at rest. */
export const simRequest = z.object({ command: simCommand, isAwaited: z.boolean() })

export const simMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('refused'), why: z.string() }),
  /** A commit by which a task runs, or by which it is to stop or has ended. */
  z.object({
    kind: z.literal('task'),
    id: z.string(),
    address: z.string(),
    is: z.enum(['running', 'stopping']),
    atMs: z.number(),
  }),
])

export type SimOptions = z.input<typeof simOptions>
export type SimCommand = z.infer<typeof simCommand>
export type SimRequest = z.infer<typeof simRequest>
export type SimMessage = z.infer<typeof simMessage>

/** The host that a service is published at. */
export function hostOf(service: string): string {
  return `${service}.local`
}
