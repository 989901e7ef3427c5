// What a test and the process of its clients say to each other: one JSON object a line.
// Owns the shapes. Refuses anything that cannot be JSON, such as a kept agent or a function.

import { z } from 'zod'

const request = z.object({
  port: z.number(),
  host: z.string(),
  path: z.string().exactOptional(),
  method: z.string().exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  body: z.string().exactOptional(),
  timeoutMs: z.number().exactOptional(),
})

const traffic = z.object({
  port: z.number(),
  hosts: z.array(z.string()),
  path: z.string().exactOptional(),
  clients: z.number().exactOptional(),
  pauseMs: z.number().exactOptional(),
  maxMs: z.number().exactOptional(),
  /** No POST. */
  onlyGet: z.boolean().exactOptional(),
})

/** `name` tells one traffic from another. */
export const orderShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ask'), id: z.number(), request }),
  z.object({ kind: z.literal('start'), id: z.number(), name: z.string(), traffic }),
  z.object({ kind: z.literal('tally'), id: z.number(), name: z.string() }),
  z.object({ kind: z.literal('stop'), id: z.number(), name: z.string() }),
])

export type Order = z.infer<typeof orderShape>

export const replyShape = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.string().optional(),
})

export const tallyShape = z.object({
  answered: z.number(),
  failures: z.array(
    z.object({
      host: z.string(),
      method: z.string(),
      kept: z.boolean(),
      atMs: z.number(),
      what: z.string(),
    }),
  ),
})

export const answerShape = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  body: z.string(),
})
