import fc from 'fast-check'
import { expect, test } from 'vitest'
import { differenceOf } from '../../../agent/core/difference.ts'

const letters = (text: string) => [...text]

test.for([
  ['one replaced in place', 'abcd', 'axcd', 'b', 'x'],
  ['one gone, another come elsewhere', 'abcd', 'axbd', 'c', 'x'],
  ['one come at the start', 'abc', 'xabc', '', 'x'],
  ['one gone from the end', 'abc', 'ab', 'c', ''],
  ['nothing', 'abc', 'abc', '', ''],
  ['all of a short list', 'ab', 'xy', 'ab', 'xy'],
] as const)('tells %s', ([, before, after, gone, came]) => {
  expect(differenceOf(letters(before), letters(after))).toEqual({ gone: letters(gone), came: letters(came) })
})

test('gives up where lists have too little in common', () => {
  const numbers = (from: number) => Array.from({ length: 50 }, (_, index) => from + index)
  expect(differenceOf(numbers(0), numbers(1000))).toBeUndefined()
  expect(differenceOf([], numbers(0))).toBeUndefined()
})

test('what it tells makes one list of the other, in whatever order', () => {
  const lists = fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 40 })
  fc.assert(
    fc.property(lists, lists, (before, after) => {
      const difference = differenceOf(before, after)
      if (difference === undefined) return
      const gone = new Set(difference.gone)
      const made = [...before.filter((item) => !gone.has(item)), ...difference.came]
      expect(made.sort()).toEqual(after.toSorted())
    }),
  )
})
