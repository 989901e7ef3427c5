// The explanation of each situation, as a person reads it, byte for byte as one has read it.
// GOLDEN_UPDATE=1 writes them instead (`npm run golden:update`); read the difference before you commit it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { parseExplanation } from '../../agent/cli/explain-answer.ts'
import { explanationLines } from '../../agent/cli/explain-text.ts'
import { plain, textOfLines } from '../../agent/cli/paint.ts'
import { reasonCodes } from '../../agent/core/explain/explanation.ts'
import { problemCodes } from '../../agent/core/problem.ts'
import { explained, situations } from './explain-situations.ts'

const dir = join(import.meta.dirname, 'cli/explain')
const { GOLDEN_UPDATE: update } = env
const texts = new Map(
  situations.map((situation) => [
    `${situation.name}.txt`,
    `$ tidegate explain ${situation.asked}\n${textOfLines(explanationLines(explained(situation), plain))}`,
  ]),
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
  expect(texts.size).toBe(situations.length)
})

test('every reason has a situation that it is found in', () => {
  const found = new Set(situations.flatMap((each) => explained(each).reasons.map(({ code }) => code)))
  const tooLong = ['too-many-hosts']
  expect([...reasonCodes, ...problemCodes].filter((code) => !found.has(code))).toEqual(tooLong)
})

test('what is not served says why, with a cure', () => {
  for (const situation of situations) {
    const { isServed, reasons } = explained(situation)
    const errors = reasons.filter(({ severity }) => severity === 'error')
    expect({ name: situation.name, isExplained: isServed || errors.length > 0 }).toEqual({
      name: situation.name,
      isExplained: true,
    })
    for (const { found, expected, cure } of reasons) expect([found, expected, cure]).not.toContain('')
  }
})

test('an explanation goes through JSON unharmed, as from a running agent', () => {
  for (const situation of situations) {
    const explanation = explained(situation)
    expect(parseExplanation(JSON.stringify(explanation))).toEqual(explanation)
  }
})
