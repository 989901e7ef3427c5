import { expect, test } from 'vitest'
import { maxConnectionsFor } from '../../../agent/haproxy/fd-limit.ts'

test('a connection takes two descriptors of what the listeners and threads leave', () => {
  expect(maxConnectionsFor(20_000, { listeners: 2, threads: 2 })).toBe(9963)
})

test('a limit that leaves nothing still gives a number that HAProxy understands', () => {
  expect(maxConnectionsFor(10, { listeners: 1, threads: 1 })).toBe(1)
})
