// The order of the rows of `tidegate top`, and the key for each.
// Pure. Refuses to show.

import { compareText } from '../../core/text.ts'
import { type Row, rowText } from './row.ts'

/** Columns that can be sorted by, with the key that does it and the word for it. */
export const sortColumns = [
  { column: 'name', key: 'n', word: 'name' },
  { column: 'requests', key: 'r', word: 'requests' },
  { column: 'errors', key: 'e', word: 'errors' },
  { column: 'latency', key: 'l', word: 'latency' },
  { column: 'queue', key: 'u', word: 'queue' },
  { column: 'sessions', key: 's', word: 'sessions' },
] as const

export type SortColumn = (typeof sortColumns)[number]['column']

/** The column that a key sorts by. */
export function columnOfKey(key: string): SortColumn | undefined {
  return sortColumns.find((each) => each.key === key)?.column
}

/** What a column is compared by; larger comes first. */
function figureOf(row: Row, column: Exclude<SortColumn, 'name'>): number {
  switch (column) {
    case 'requests':
      return row.rates?.requests ?? 0
    case 'errors':
      return row.rates?.errors ?? 0
    case 'latency':
      return row.latency.responseMs
    case 'queue':
      return row.queued
    case 'sessions':
      return row.sessions
  }
}

/** Sorted rows: by name upwards, by a figure downwards; `isReversed` turns that. Equal ones go by name. */
export function sortRows(rows: readonly Row[], column: SortColumn, isReversed: boolean): readonly Row[] {
  const keyed = rows.map((row) => ({
    row,
    text: rowText(row),
    value: column === 'name' ? 0 : figureOf(row, column),
  }))
  const sign = isReversed ? -1 : 1
  keyed.sort((a, b) => {
    if (column === 'name') return sign * compareText(a.text, b.text)
    return sign * (b.value - a.value) || compareText(a.text, b.text)
  })
  return keyed.map(({ row }) => row)
}
