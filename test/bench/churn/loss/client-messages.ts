// What the client's process is given and told, and what it answers.

import { z } from 'zod'

export const clientOptions = z.object({
  port: z.number(),
  /** Asked in turn. */
  hosts: z.array(z.string()),
  clients: z.number(),
  pauseMs: z.number(),
  /** Held open all the time, at the first host. */
  websockets: z.number(),
  downloads: z.number(),
  maxMs: z.number(),
})

const cut = z.object({ address: z.string(), openedMs: z.number(), atMs: z.number() })

/** Everything since the start. Times are since the epoch. */
export const clientTally = z.object({
  answered: z.number(),
  failures: z.array(z.object({ atMs: z.number(), what: z.string() })),
  websocketsOpen: z.number(),
  websocketCuts: z.array(cut),
  downloadsDone: z.number(),
  downloadCuts: z.array(cut),
})

/** Any message asks for the tally; this one ends the traffic first. */
export const clientRequest = z.object({ isLast: z.boolean() })

export type ClientOptions = z.infer<typeof clientOptions>
export type ClientTally = z.infer<typeof clientTally>
export type ClientRequest = z.infer<typeof clientRequest>
