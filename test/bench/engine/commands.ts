// What the engine's process is told and what it answers, over Node's channel between parent and child.

import { z } from 'zod'

/** Small Swarms have short networks; 10,000 tasks need a big one. */
export const engineOptions = z.object({
  socketPath: z.string(),
  services: z.number(),
  tasksPerService: z.number(),
  /** The last service's tasks answer HTTP; all others are only listed. */
  lastAnswers: z.boolean(),
  /** What the tasks are said to listen on; 8080 unless given. */
  port: z.optional(z.number()),
})

export const engineCommand = z.discriminatedUnion('kind', [
  /** One running task of the service gives way to a new running one, in one commit and without an event. */
  z.object({ kind: z.literal('swap'), service: z.number() }),
  /** A rolling update of the service, with everything that Swarm does; answered when it is through. */
  z.object({ kind: z.literal('update'), service: z.number() }),
])

export const engineAnswer = z.object({ done: z.literal(true) })

export type EngineOptions = z.infer<typeof engineOptions>
export type EngineCommand = z.infer<typeof engineCommand>

/** The host that the n-th service is published at; services are counted from 0. */
export function hostOf(service: number): string {
  return `${nameOf(service)}.example.test`
}

export function nameOf(service: number): string {
  return `s${String(service).padStart(4, '0')}`
}
