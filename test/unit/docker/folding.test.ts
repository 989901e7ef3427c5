// Work that is asked for often and done seldom.

import { expect, test } from 'vitest'
import { type Clock, realClock } from '../../../agent/docker/clock.ts'
import { createFolding } from '../../../agent/docker/folding.ts'
import { eventually } from '../../support/eventually.ts'

test('is done once for all that asked in one turn, and again for who asks later', async () => {
  const stop = new AbortController()
  let done = 0
  const folding = createFolding(realClock, () => {
    done += 1
  })
  folding.ask()
  const running = folding.run(stop.signal)
  for (let i = 0; i < 100; i += 1) folding.ask()
  await eventually(() => done === 1)
  folding.ask()
  await eventually(() => done === 2)
  stop.abort()
  await running
  expect(done).toBe(2)
})

test('rests for as long as the work took', async () => {
  const stop = new AbortController()
  const sleeps: number[] = []
  let nowMs = 0
  const clock: Clock = {
    nowMs: () => nowMs,
    dateMs: () => 0,
    sleep: async (ms) => {
      sleeps.push(ms)
    },
  }
  const folding = createFolding(clock, () => {
    nowMs += 40
  })
  const running = folding.run(stop.signal)
  folding.ask()
  await eventually(() => sleeps.length > 0)
  stop.abort()
  await running
  expect(sleeps).toEqual([40])
})

test('ends with what the work throws', async () => {
  const folding = createFolding(realClock, () => {
    throw new Error('a bug')
  })
  folding.ask()
  await expect(folding.run(new AbortController().signal)).rejects.toThrow('a bug')
})
