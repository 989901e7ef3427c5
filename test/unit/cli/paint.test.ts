import { expect, test } from 'vitest'
import { alignRows, count, createPaint, markdownTable } from '../../../agent/cli/paint.ts'

test.for([
  [true, {}, '\u001b[31mx\u001b[39m'],
  [true, { NO_COLOR: '' }, '\u001b[31mx\u001b[39m'],
  [true, { NO_COLOR: '1' }, 'x'],
  [true, { TERM: 'dumb' }, 'x'],
  [false, {}, 'x'],
] as const)('on a terminal (%j) with %j red is %j', ([isTerminal, env, text]) => {
  expect(createPaint(isTerminal, env)('red', 'x')).toBe(text)
})

test('columns are as wide as their widest cell, and lines end without blanks', () => {
  expect(
    alignRows([
      ['a', 'bbb', 'c'],
      ['aaa', 'b'],
      ['', '', 'x'],
      ['a', 'b', ''],
    ]),
  ).toEqual(['a    bbb  c', 'aaa  b', '          x', 'a    b'])
})

test('counts agree with their nouns', () => {
  expect([0, 1, 2].map((number) => count(number, 'route'))).toEqual(['no routes', '1 route', '2 routes'])
})

test('a bar in a cell does not end it', () => {
  expect(markdownTable(['a'], [['x|y']])).toEqual(['| a |', '| --- |', '| x\\|y |'])
})
