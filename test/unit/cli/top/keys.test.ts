import { expect, test } from 'vitest'
import { parseKeys } from '../../../../agent/cli/top/keys.ts'

test.for([
  ['letters as they are', 'qS/', ['q', 'S', '/']],
  [
    'arrows, as both kinds of terminals send them',
    '\u001b[A\u001bOB\u001b[C\u001b[D',
    ['up', 'down', 'right', 'left'],
  ],
  ['an escape by itself', '\u001b', ['escape']],
  ['an escape before a letter', '\u001bq', ['escape', 'q']],
  ['enter, backspace and Ctrl-C', '\r\u007f\u0003', ['enter', 'backspace', 'interrupt']],
  ['pages', '\u001b[5~\u001b[6~\u001b[H\u001b[4~', ['page-up', 'page-down', 'home', 'end']],
  ['letters beyond ASCII whole', 'ü😀', ['ü', '😀']],
  ['nothing of keys that are not known', '\u001b[15~\u001b[1;5A\u0001a', ['a']],
] as const)('reads %s', ([, text, keys]) => {
  expect(parseKeys(text)).toEqual(keys)
})
