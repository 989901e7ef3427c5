// Whether the watch can be relied on, as questions of versions and times.

import { expect, test } from 'vitest'
import {
  closed,
  isFollowing,
  isStalled,
  listed,
  noTrust,
  opened,
  stalledMs,
  told,
} from '../../../../agent/swarm/watch/trust.ts'

const shown = (stream: number, newest: number, lacksUntold = false) => ({ stream, newest, lacksUntold })
const synced = listed(opened(noTrust), shown(1, 50, true), 0)

test('follows from the first list that was asked for under the stream, to the end of the stream', () => {
  expect(isFollowing(noTrust)).toBe(false)
  expect(isFollowing(opened(noTrust))).toBe(false)
  expect(isFollowing(synced)).toBe(true)
  expect(isFollowing(told(synced, 51))).toBe(true)
  expect(isFollowing(closed(synced))).toBe(false)
})

test('a list that was asked for under the last stream proves nothing', () => {
  const again = opened(closed(synced))
  expect(isFollowing(listed(again, shown(1, 50), 0))).toBe(false)
  expect(isFollowing(listed(again, shown(2, 50), 0))).toBe(true)
  expect(listed(closed(synced), shown(1, 99), 0)).toEqual(closed(synced))
})

test('a list that is ahead of the stream ends the trust until the stream has caught up', () => {
  const owing = listed(synced, shown(1, 60), 1_000)
  expect(isFollowing(owing)).toBe(false)
  expect(isFollowing(told(owing, 59))).toBe(false)
  expect(isFollowing(told(owing, 60))).toBe(true)
  expect(isFollowing(listed(synced, shown(1, 50), 1_000))).toBe(true)
})

test('a list that lacks a task whose end was not told is ahead of the stream as well', () => {
  const owing = listed(synced, shown(1, 50, true), 1_000)
  expect(isFollowing(owing)).toBe(false)
  expect(isFollowing(told(owing, 50))).toBe(false)
  expect(isFollowing(told(owing, 51))).toBe(true)
})

test('a stream that owes for long is stalled, one that is silent is not', () => {
  const owing = listed(synced, shown(1, 60), 1_000)
  const still = listed(owing, shown(1, 70), 4_000)
  expect(isStalled(still, 1_000 + stalledMs - 1)).toBe(false)
  expect(isStalled(still, 1_000 + stalledMs)).toBe(true)
  expect(isStalled(closed(still), 1_000 + stalledMs)).toBe(false)
  expect(isStalled(synced, Number.MAX_SAFE_INTEGER)).toBe(false)
})
