import { expect, test } from 'vitest'
import type { ReloadReason } from '../../../agent/core/plan.ts'
import { reloadDueMs, retryDelayMs, wishReload } from '../../../agent/core/schedule.ts'
import { loopSettings } from '../../support/builders.ts'

const settings = loopSettings({
  reloadSettleMs: 1000,
  reloadSettleMaxMs: 5000,
  retryMs: 100,
  retryMaxMs: 3000,
})
const because = (...texts: string[]): readonly ReloadReason[] =>
  texts.map((text) => ({ kind: 'backend-added', text }))

test('a reload waits until its reasons have settled', () => {
  const wish = wishReload(undefined, because('a'), 100)
  expect(reloadDueMs(wish, settings)).toBe(1100)
})

test('the same reasons again do not put it off, nor do they make a new wish', () => {
  const wish = wishReload(undefined, because('a'), 100)
  expect(wishReload(wish, because('a'), 900)).toBe(wish)
})

test.for([because('a', 'b'), because('b'), because()])(
  'another list of reasons puts it off: %j',
  (reasons) => {
    const wish = wishReload(wishReload(undefined, because('a'), 100), reasons, 900)
    expect(wish.reasons).toEqual(reasons)
    expect(reloadDueMs(wish, settings)).toBe(1900)
  },
)

test('a steady stream of reasons cannot put it off for ever', () => {
  let wish = wishReload(undefined, because('0'), 0)
  for (let nowMs = 500; nowMs < 10_000; nowMs += 500) wish = wishReload(wish, because(String(nowMs)), nowMs)
  expect(reloadDueMs(wish, settings)).toBe(5000)
})

test('the wait after failures doubles up to its limit', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => retryDelayMs(failures, settings))
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3000, 3000, 3000])
})
