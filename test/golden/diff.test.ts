// Differences as `tidegate diff` shows them, byte for byte as one has read them.

import { expect, test } from 'vitest'
import { parseDiff } from '../../agent/cli/diff-answer.ts'
import { diffLines } from '../../agent/cli/diff-text.ts'
import { plain, textOfLines } from '../../agent/cli/paint.ts'
import { limits } from '../../agent/core/settings.ts'
import { tasks } from '../support/builders.ts'
import { compared, diffSituations } from './diff-situations.ts'
import { asTheyWereRead } from './texts.ts'

asTheyWereRead(
  'cli/diff',
  diffSituations.map((situation) => {
    const view = compared(situation)
    return [situation.name, `$ tidegate diff\n${view.isSame ? '' : textOfLines(diffLines(view, plain))}`]
  }),
)

test('where the three sides agree there is no difference', () => {
  expect(compared({ name: '' })).toMatchObject({ isSame: true, rows: [], rowCount: 0, draining: 0 })
})

test('of very many differences the first are told, and all are counted', () => {
  const { desired } = diffSituations.find(({ name }) => name.startsWith('tasks-that-nobody')) ?? {}
  if (desired === undefined) return expect.unreachable()
  const apart = tasks('shop', limits.diffRows + 25).map((task, index) => ({
    ...task,
    attachments: task.attachments.map((each) => ({
      ...each,
      addresses: [`10.1.${index >> 8}.${index & 255}`],
    })),
  }))
  const crowd = { ...desired, tasks: apart }
  const view = compared({ name: '', desired: crowd, observed: () => undefined })
  expect(view.rows).toHaveLength(limits.diffRows)
  // The blog's task is in the file alone.
  expect(view.rowCount).toBe(limits.diffRows + 25 + 1)
  expect(diffLines(view, plain)).toContain('... and 926 more; --json lists up to a thousand')
})

test('a comparison goes through JSON unharmed, as from a running agent', () => {
  for (const situation of diffSituations) {
    const view = compared(situation)
    expect(parseDiff(JSON.stringify(view))).toEqual(view)
  }
  expect(parseDiff('{"rows":7}')).toBeUndefined()
})
