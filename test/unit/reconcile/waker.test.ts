import { expect, test } from 'vitest'
import { createWaker } from '../../../agent/reconcile/waker.ts'

const never = new AbortController().signal

test('who is woken sleeps no longer', async () => {
  const waker = createWaker()
  const sleeping = waker.sleep(undefined, never)
  waker.wake()
  await sleeping
})

test('a wake before the sleep is remembered, once', async () => {
  const waker = createWaker()
  waker.wake()
  waker.wake()
  await waker.sleep(undefined, never)
  const end = new AbortController()
  let isAwake = false
  const sleeping = waker.sleep(undefined, end.signal).then(() => {
    isAwake = true
  })
  await new Promise(setImmediate)
  expect(isAwake).toBe(false)
  end.abort()
  await sleeping
})

test('a sleep ends with its time', async () => {
  await createWaker().sleep(1, never)
})

test('a time that no timer can hold is slept in parts, not skipped', async () => {
  const waker = createWaker()
  let isAwake = false
  const sleeping = waker.sleep(Number.POSITIVE_INFINITY, never).then(() => {
    isAwake = true
  })
  await new Promise(setImmediate)
  expect(isAwake).toBe(false)
  waker.wake()
  await sleeping
})

test.for(['before', 'during'] as const)('a signal that aborts %s the sleep ends it', async (when) => {
  const end = new AbortController()
  if (when === 'before') end.abort()
  const sleeping = createWaker().sleep(undefined, end.signal)
  end.abort()
  await sleeping
})
