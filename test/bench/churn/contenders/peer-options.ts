// What the programs beside the agent are given, as JSON in their one argument.

import { z } from 'zod'

export const programOptions = z.object({
  runDir: z.string(),
  port: z.number(),
  engine: z.string(),
  swarmSocket: z.string(),
  haproxy: z.string(),
})

export const peerOptions = programOptions.extend({
  way: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('poll'), everyMs: z.number() }),
    z.object({ kind: z.literal('watch') }),
  ]),
})

export type ProgramOptions = z.infer<typeof programOptions>
export type PeerOptions = z.infer<typeof peerOptions>
