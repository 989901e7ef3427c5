// Differences as `tidegate diff` shows them, byte for byte as one has read them.
// GOLDEN_UPDATE=1 writes them instead (`npm run golden:update`); read the difference before you commit it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { parseDiff } from '../../agent/cli/diff-answer.ts'
import { diffLines } from '../../agent/cli/diff-text.ts'
import { plain, textOfLines } from '../../agent/cli/paint.ts'
import { compared, diffSituations } from './diff-situations.ts'

const dir = join(import.meta.dirname, 'cli/diff')
const { GOLDEN_UPDATE: update } = env
const texts = new Map(
  diffSituations.map((situation) => {
    const view = compared(situation)
    return [
      `${situation.name}.txt`,
      `$ tidegate diff\n${view.isSame ? '' : textOfLines(diffLines(view, plain))}`,
    ]
  }),
)

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
  expect(texts.size).toBe(diffSituations.length)
})

test('where the three sides agree there is no difference', () => {
  expect(compared({ name: '' })).toMatchObject({ isSame: true, rows: [], rowCount: 0, draining: 0 })
})

test('a comparison goes through JSON unharmed, as from a running agent', () => {
  for (const situation of diffSituations) {
    const view = compared(situation)
    expect(parseDiff(JSON.stringify(view))).toEqual(view)
  }
  expect(parseDiff('{"rows":7}')).toBeUndefined()
})
