// A running agent's history, read back into the core's type.
// Owns the schema. Refuses an answer of another kind, as an agent of another version may give.

import { z } from 'zod'
import { AgentError } from '../core/errors.ts'
import { type HistoryEntry, historyKinds } from '../core/history.ts'

const entry = z.object({
  seq: z.number(),
  at: z.iso.datetime(),
  kind: z.enum(historyKinds),
  cause: z.string(),
  reasons: z.array(z.string()),
  commands: z.array(z.string()),
  commandCount: z.number(),
  durationMs: z.number().exactOptional(),
  backends: z.number().exactOptional(),
  servers: z.number().exactOptional(),
}) satisfies z.ZodType<HistoryEntry>

const part = z.object({
  run: z.string(),
  entries: z.array(entry),
  lastSeq: z.number(),
  missed: z.number(),
})

const gap = z.object({ missed: z.number() })

/** @throws AgentError `admin-unreachable` for an answer of another kind, as the other functions here */
export function parseHistory(body: string): z.infer<typeof part> {
  return parse(part, body)
}

/** The data of a `change` event. */
export function parseEntry(body: string): HistoryEntry {
  return parse(entry, body)
}

/** How many changes a `gap` event tells of. */
export function parseGap(body: string): number {
  return parse(gap, body).missed
}

function parse<T>(schema: z.ZodType<T>, body: string): T {
  try {
    return schema.parse(JSON.parse(body))
  } catch (cause) {
    throw otherKind(cause)
  }
}

function otherKind(cause: unknown): AgentError {
  return new AgentError('admin-unreachable', 'the agent answers with a history of another kind', {
    hint: 'An agent of another version runs. Use its own program: docker exec <container> tidegate history.',
    cause,
  })
}
