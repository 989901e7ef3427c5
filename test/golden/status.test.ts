// The state as `tidegate status` shows it, byte for byte as one has read it.

import { expect, test } from 'vitest'
import { textOfLines } from '../../agent/cli/paint.ts'
import { parseStatus } from '../../agent/cli/status-answer.ts'
import { shown, statusSituations } from './status-situations.ts'
import { asTheyWereRead } from './texts.ts'

asTheyWereRead(
  'cli/status',
  statusSituations.map((situation) => {
    const asked = situation.asked === undefined ? '' : ` ${situation.asked}`
    return [situation.name, `$ tidegate status${asked}\n${textOfLines(shown(situation))}`]
  }),
)

test('a view goes through JSON unharmed, as from a running agent', () => {
  for (const { view } of statusSituations) expect(parseStatus(JSON.stringify(view))).toEqual(view)
})
