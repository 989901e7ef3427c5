// The screens of `tidegate top`, character for character as one has read them.
// GOLDEN_UPDATE=1 writes them instead (`npm run golden:update`); read the difference before you commit it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { textOfLines } from '../../agent/cli/paint.ts'
import { once, screenOf, topSituations } from './top-situations.ts'

const dir = join(import.meta.dirname, 'cli/top')
const { GOLDEN_UPDATE: update } = env
const texts = new Map([
  ...topSituations.map((situation) => [`${situation.name}.txt`, textOfLines(screenOf(situation))] as const),
  ['once.txt', textOfLines(once)] as const,
])

if (update === '1') {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  for (const [file, text] of texts) writeFileSync(join(dir, file), text)
}

test.for([...texts])('%s is as it was read', ([file, text]) => {
  expect(text).toBe(readFileSync(join(dir, file), 'utf8'))
})

test('every file is of a situation that there is', () => {
  expect(readdirSync(dir).sort()).toEqual([...texts.keys()].sort())
})

test('a screen is as high as the terminal, and nowhere wider', () => {
  for (const situation of topSituations) {
    const { columns, rows } = situation.size ?? { columns: 100, rows: 14 }
    for (const size of [
      { columns, rows },
      { columns: 1, rows: 1 },
      { columns: 33, rows: 6 },
      { columns: 300, rows: 90 },
    ]) {
      const lines = screenOf({ ...situation, size })
      expect(lines).toHaveLength(size.rows)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(size.columns)
    }
  }
})
