// What the measured program is given, as JSON in its one argument.

import { z } from 'zod'

export const programOptions = z.object({
  tasks: z.number(),
  services: z.number(),
  warmUps: z.number(),
  changes: z.number(),
  naiveRuns: z.number(),
  /** Folder of its own; the sockets stand in it. */
  dir: z.string(),
  haproxy: z.string(),
  templatesDir: z.string(),
  fixtures: z.string(),
  ports: z.tuple([z.number(), z.number()]),
  /** The compiled engine. */
  engine: z.string(),
})

export type ProgramOptions = z.infer<typeof programOptions>
