// A running agent's comparison, read back into the core's type.
// Owns the schema. An agent of another version may answer otherwise: then the command compares by itself.

import { z } from 'zod'
import type { DiffView } from '../core/diff/diff.ts'

const row = z.object({
  kind: z.enum(['structure', 'backend', 'route', 'server', 'redirect', 'certificate', 'file']),
  name: z.string(),
  desired: z.string().exactOptional(),
  observed: z.string().exactOptional(),
  disk: z.string().exactOptional(),
})

const view = z.object({
  toldBy: z.enum(['agent', 'engine']),
  sides: z.object({ observed: z.boolean(), disk: z.boolean() }),
  isSame: z.boolean(),
  rows: z.array(row),
  rowCount: z.number(),
  draining: z.number(),
}) satisfies z.ZodType<DiffView>

/** Undefined for an answer of another kind. */
export function parseDiff(body: string): DiffView | undefined {
  try {
    return view.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
