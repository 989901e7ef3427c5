// What a contender says of itself: the agent's log lines, and those of the other programs, which write the same form.
// Owns their shape and the counts. Refuses to believe them: observer.ts asks HAProxy.

import { z } from 'zod'

const logLine = z.looseObject({
  /** ISO, to the millisecond. */
  time: z.string(),
  msg: z.string(),
  /** How many actions; each is one runtime command (agent/core/commands.ts). */
  actions: z.number().optional(),
  /** The first of them: `open-server backend/server`. */
  changes: z.array(z.string()).optional(),
})

export type LogLine = z.infer<typeof logLine> & { readonly atMs: number }

export type Counts = {
  readonly reloads: number
  readonly lives: number
  readonly actions: number
}

export type ContenderLog = {
  readonly take: (text: string) => void
  readonly onLine: (listener: (line: LogLine) => void) => void
  readonly counts: () => Counts
  /** How often there was a line with this message. */
  readonly told: (message: string) => number
}

/** The messages after which HAProxy is another. */
export const changed: ReadonlySet<string> = new Set([
  'haproxy started',
  'haproxy adopted',
  'change applied live',
  'haproxy reloaded',
])

export function createContenderLog(): ContenderLog {
  const told = new Map<string, number>()
  const listeners: ((line: LogLine) => void)[] = []
  let actions = 0
  return {
    take: (text) => {
      const line = readLogLine(text)
      if (line === undefined) return
      told.set(line.msg, (told.get(line.msg) ?? 0) + 1)
      actions += line.actions ?? 0
      for (const listener of listeners) listener(line)
    },
    onLine: (listener) => listeners.push(listener),
    counts: () => ({
      reloads: told.get('haproxy reloaded') ?? 0,
      lives: told.get('change applied live') ?? 0,
      actions,
    }),
    told: (message) => told.get(message) ?? 0,
  }
}

/** A line of the log; undefined for anything else on the same stream. */
export function readLogLine(text: string): LogLine | undefined {
  if (!text.startsWith('{')) return undefined
  const { data } = logLine.safeParse(JSON.parse(text))
  return data === undefined ? undefined : { ...data, atMs: Date.parse(data.time) }
}

export type Named = { readonly server: string; readonly is: 'open' | 'closed' }

/** The servers that the line says were opened or closed, by name; there may be more. */
export function namedIn({ changes = [] }: LogLine): readonly Named[] {
  return changes.flatMap((change): readonly Named[] => {
    const [kind, subject = ''] = change.split(' ')
    const server = subject.slice(subject.lastIndexOf('/') + 1)
    if (kind === 'open-server') return [{ server, is: 'open' }]
    return kind === 'close-server' ? [{ server, is: 'closed' }] : []
  })
}
