// Changes as `tidegate history` shows them, byte for byte as one has read them.
// GOLDEN_UPDATE=1 writes them instead (`npm run golden:update`); read the difference before you commit it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { entryLines, followedLine, historyLines } from '../../agent/cli/history-text.ts'
import { createPaint, plain, textOfLines } from '../../agent/cli/paint.ts'
import { historyKinds } from '../../agent/core/history.ts'
import { entries } from './history-situations.ts'

const dir = join(import.meta.dirname, 'cli/history')
const { GOLDEN_UPDATE: update } = env
const texts = new Map([
  ['all.txt', `$ tidegate history\n${textOfLines(historyLines(entries, plain))}`],
  ['none.txt', `$ tidegate history --since 1m\n${textOfLines(historyLines([], plain))}`],
  [
    'followed.txt',
    `$ tidegate history -f\n${textOfLines(entries.map((entry) => followedLine(entry, plain)))}`,
  ],
  ...entries.map(
    (entry) =>
      [
        `${entry.seq}.txt`,
        `$ tidegate history ${entry.seq}\n${textOfLines(entryLines(entry, plain))}`,
      ] as const,
  ),
])

if (update === '1') {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  for (const [file, text] of texts) writeFileSync(join(dir, file), text)
}

test.for([...texts])('%s is as it was read', ([file, text]) => {
  expect(text).toBe(readFileSync(join(dir, file), 'utf8'))
})

test('every file is of something that there is, and every kind is among them', () => {
  expect(readdirSync(dir).sort()).toEqual([...texts.keys()].sort())
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
