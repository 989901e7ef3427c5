import { expect, test } from 'vitest'
import { compareText, listText, nearest, quote } from '../../../agent/core/text.ts'

test('texts sort by code unit, alike on every machine', () => {
  expect(['b', 'ä', 'B', 'a1', 'a10', 'a'].sort(compareText)).toEqual(['B', 'a', 'a1', 'a10', 'b', 'ä'])
})

test.for([
  { texts: [], text: '' },
  { texts: ['a'], text: '"a"' },
  { texts: ['a', 'b'], text: '"a", "b"' },
  { texts: ['a', 'b', 'c', 'd'], text: '"a", "b", "c" and 1 more' },
])('a list is quoted and cut: $text', ({ texts, text }) => {
  expect(listText(texts, 3)).toBe(text)
})

test('a foreign value is quoted, escaped and cut', () => {
  expect(quote('a "b"\n')).toBe(String.raw`"a \"b\"\n"`)
  expect(quote('\u001b[31m')).toBe(String.raw`"\u001b[31m"`)
  expect(quote('a\u009b\u202e\u2028b')).toBe(String.raw`"a\u009b\u202e\u2028b"`)
  expect(quote('abcdef', 3)).toBe('"abc…"')
})

test.for([
  ['hsots', 'hosts', 'neighbours swapped'],
  ['host', 'hosts', 'one left out'],
  ['hostss', 'hosts', 'one too many'],
  ['hoats', 'hosts', 'one replaced'],
  ['prt', 'port', 'the nearest of several'],
  ['network', 'network', 'itself'],
  ['balance', undefined, 'nothing near'],
  ['', undefined, 'nothing at all'],
] as const)('%s is taken for %s: %s', ([text, expected]) => {
  expect(nearest(text, ['hosts', 'port', 'network'])).toBe(expected)
})
