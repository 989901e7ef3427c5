// Changes as `tidegate history` shows them, byte for byte as one has read them.

import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { entryLines, followedLine, historyLines } from '../../agent/cli/history-text.ts'
import { createPaint, plain, textOfLines } from '../../agent/cli/paint.ts'
import { historyKinds } from '../../agent/core/history.ts'
import { entries } from './history-situations.ts'
import { asTheyWereRead } from './texts.ts'

asTheyWereRead('cli/history', [
  ['all', `$ tidegate history\n${textOfLines(historyLines(entries, plain))}`],
  ['none', `$ tidegate history --since 1m\n${textOfLines(historyLines([], plain))}`],
  ['followed', `$ tidegate history -f\n${textOfLines(entries.map((entry) => followedLine(entry, plain)))}`],
  ...entries.map((entry): [string, string] => [
    String(entry.seq),
    `$ tidegate history ${entry.seq}\n${textOfLines(entryLines(entry, plain))}`,
  ]),
])

test('every kind is among the changes', () => {
  const kinds = new Set(entries.map(({ kind }) => kind))
  expect(historyKinds.filter((kind) => !kinds.has(kind) && kind !== 'start')).toEqual([])
})

test('colours move no column', () => {
  const paint = createPaint(true, { TERM: 'xterm' })
  const painted = [...historyLines(entries, paint), ...entries.map((entry) => followedLine(entry, paint))]
  const bare = [...historyLines(entries, plain), ...entries.map((entry) => followedLine(entry, plain))]
  expect(painted.map(stripVTControlCharacters)).toEqual(bare)
  expect(painted.join()).not.toBe(bare.join())
})
