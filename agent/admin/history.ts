// The last changes, in a ring: as many as the limit says, and what was before is counted.
// The ring is the only memory that followers have: a slow one finds a gap, and nobody waits for it.
// Refuses to make entries (core/history.ts).

import type { HistoryDraft, HistoryEntry } from '../core/history.ts'
import { limits } from '../core/settings.ts'

export type History = {
  /** Tells this life of the agent from others: numbers begin anew with each. */
  readonly run: string
  readonly add: (draft: HistoryDraft) => void
  /** Entries after a number, oldest first; without one, the newest. At most `most`. */
  readonly read: (after: number | undefined, most: number) => HistoryPart
  /** Calls back after each entry, until the function that it gives is called. */
  readonly listen: (onEntry: () => void) => () => void
  readonly counts: () => HistoryCounts
}

export type HistoryPart = {
  readonly run: string
  readonly entries: readonly HistoryEntry[]
  /** The number of the newest entry of all; 0 before the first. */
  readonly lastSeq: number
  /** How many entries after the number asked for are gone already. */
  readonly missed: number
}

export type HistoryCounts = { readonly length: number; readonly dropped: number }

/** Makes an empty history. `dateMs` is the wall's clock. */
export function createHistory(
  dateMs: () => number,
  { run, entriesMax }: { readonly run: string; readonly entriesMax: number } = {
    run: Math.trunc(dateMs()).toString(36),
    entriesMax: limits.historyEntries,
  },
): History {
  const ring: HistoryEntry[] = []
  const listeners = new Set<() => void>()
  let lastSeq = 0
  const firstSeq = () => Math.max(1, lastSeq - entriesMax + 1)
  const slotOf = (seq: number) => (seq - 1) % entriesMax
  const between = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ring[slotOf(from + index)]).filter(
      (entry) => entry !== undefined,
    )
  return {
    run,
    add: (draft) => {
      lastSeq += 1
      ring[slotOf(lastSeq)] = { seq: lastSeq, at: new Date(dateMs()).toISOString(), ...draft }
      for (const onEntry of listeners) onEntry()
    },
    read: (after, most) => {
      const from = Math.max(firstSeq(), after === undefined ? lastSeq - most + 1 : after + 1)
      const missed = after === undefined ? 0 : Math.max(0, firstSeq() - (after + 1))
      return { run, entries: between(from, Math.min(lastSeq, from + most - 1)), lastSeq, missed }
    },
    listen: (onEntry) => {
      // Each listener is told apart, also where the same function is handed in twice.
      const own = () => onEntry()
      listeners.add(own)
      return () => {
        listeners.delete(own)
      }
    },
    counts: () => ({ length: Math.min(lastSeq, entriesMax), dropped: Math.max(0, lastSeq - entriesMax) }),
  }
}
