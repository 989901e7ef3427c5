// The ring of the last changes.

import { expect, test } from 'vitest'
import { createHistory } from '../../../agent/admin/history.ts'
import type { HistoryDraft } from '../../../agent/core/history.ts'
import { limits } from '../../../agent/core/settings.ts'

const draft: HistoryDraft = {
  kind: 'live',
  cause: 'shop: task 1 runs',
  reasons: [],
  commands: [],
  commandCount: 0,
}
const made = (entries: number, entriesMax = 5) => {
  const history = createHistory(() => 0, { run: 'r', entriesMax })
  for (let entry = 0; entry < entries; entry += 1) history.add(draft)
  return history
}
const seqs = ({ entries }: { readonly entries: readonly { readonly seq: number }[] }) =>
  entries.map(({ seq }) => seq)

test('it keeps as many as the limit says, and counts what it forgets', () => {
  const history = createHistory(() => Date.UTC(2026, 0, 31))
  for (let entry = 0; entry < limits.historyEntries; entry += 1) history.add(draft)
  expect(history.counts()).toEqual({ length: limits.historyEntries, dropped: 0 })
  for (let entry = 0; entry < 234; entry += 1) history.add(draft)
  expect(history.counts()).toEqual({ length: limits.historyEntries, dropped: 234 })
  const all = history.read(0, limits.historyEntries)
  expect(all.entries).toHaveLength(limits.historyEntries)
  expect(all).toMatchObject({ lastSeq: 1234, missed: 234 })
  expect(all.entries[0]).toMatchObject({ seq: 235, at: '2026-01-31T00:00:00.000Z', cause: draft.cause })
})

test.for([
  ['nothing yet', 0, undefined, 10, [], 0],
  ['the newest', 3, undefined, 2, [2, 3], 0],
  ['the newest of a full ring', 9, undefined, 10, [5, 6, 7, 8, 9], 0],
  ['those after a number', 9, 7, 10, [8, 9], 0],
  ['the first of those after a number', 9, 5, 2, [6, 7], 0],
  ['those after a number that is forgotten', 9, 2, 10, [5, 6, 7, 8, 9], 2],
  ['those after the newest', 9, 9, 10, [], 0],
  ['those after a number that is not there yet', 9, 50, 10, [], 0],
] as const)('it tells %s', ([, entries, after, most, expected, missed]) => {
  const part = made(entries).read(after, most)
  expect(seqs(part)).toEqual(expected)
  expect(part.missed).toBe(missed)
  expect(part.lastSeq).toBe(entries)
})

test('who listens is told of each entry, until he leaves', () => {
  const history = made(0)
  let heard = 0
  const hear = () => {
    heard += 1
  }
  const leave = [history.listen(hear), history.listen(hear)]
  history.add(draft)
  leave[0]?.()
  history.add(draft)
  leave[1]?.()
  history.add(draft)
  expect(heard).toBe(3)
})
