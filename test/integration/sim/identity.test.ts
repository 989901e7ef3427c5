import { expect, test } from 'vitest'
import { createIdentity } from '../../sim/identity.ts'

test('gives the same ids for the same seed, in Docker’s alphabet', () => {
  const [first, second] = [createIdentity(7), createIdentity(7)]
  const ids = Array.from({ length: 5 }, first.id)
  expect(ids).toEqual(Array.from({ length: 5 }, second.id))
  expect(ids.every((id) => /^[a-z0-9]{25}$/.test(id))).toBe(true)
  expect(createIdentity(8).id()).not.toBe(ids[0])
})

test('never gives the same timestamp twice, and writes none with trailing zeros', () => {
  const identity = createIdentity(1)
  const times = Array.from({ length: 1000 }, identity.timestamp)
  expect(new Set(times).size).toBe(1000)
  expect(times.filter((time) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/.test(time))).toEqual([])
})
