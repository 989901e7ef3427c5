// The screens of `tidegate top`, character for character as one has read them.

import { expect, test } from 'vitest'
import { textOfLines } from '../../agent/cli/paint.ts'
import { asTheyWereRead } from './texts.ts'
import { once, screenOf, topSituations } from './top-situations.ts'

asTheyWereRead('cli/top', [
  ...topSituations.map((situation) => [situation.name, textOfLines(screenOf(situation))] as const),
  ['once', textOfLines(once)],
])

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
