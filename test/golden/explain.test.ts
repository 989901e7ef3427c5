// The explanation of each situation, as a person reads it, byte for byte as one has read it.

import { expect, test } from 'vitest'
import { parseExplanation } from '../../agent/cli/explain-answer.ts'
import { explanationLines } from '../../agent/cli/explain-text.ts'
import { plain, textOfLines } from '../../agent/cli/paint.ts'
import { reasonCodes } from '../../agent/core/explain/explanation.ts'
import { problemCodes } from '../../agent/core/problem.ts'
import { explained, situations } from './explain-situations.ts'
import { asTheyWereRead } from './texts.ts'

asTheyWereRead(
  'cli/explain',
  situations.map((situation) => [
    situation.name,
    `$ tidegate explain ${situation.asked}\n${textOfLines(explanationLines(explained(situation), plain))}`,
  ]),
)

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
