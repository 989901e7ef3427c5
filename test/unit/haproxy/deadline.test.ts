import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { deadlineFor } from '../../../agent/haproxy/deadline.ts'

test('a deadline takes its listener back when the wait is over', () => {
  const caller = new AbortController()
  {
    using deadline = deadlineFor(caller.signal, 60_000)
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
    expect(deadline.signal.aborted).toBe(false)
  }
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0)
})

test('a deadline gives the reason of the caller', () => {
  const caller = new AbortController()
  using deadline = deadlineFor(caller.signal, 60_000)
  caller.abort('enough')
  expect(deadline.signal.reason).toBe('enough')
  expect(deadline.isOver()).toBe(false)
  using late = deadlineFor(caller.signal, 60_000)
  expect(late.signal.reason).toBe('enough')
})

test('a deadline that is over says so', async () => {
  using deadline = deadlineFor(new AbortController().signal, 1)
  await new Promise((resolve) => deadline.signal.addEventListener('abort', resolve))
  expect(deadline.isOver()).toBe(true)
  expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'not done within 1 ms' })
})
