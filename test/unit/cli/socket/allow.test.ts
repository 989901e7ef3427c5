import { describe, expect, test } from 'vitest'
import { refusalOf } from '../../../../agent/cli/socket/allow.ts'

const reading = { isWriting: false, isMaster: false }
const writing = { isWriting: true, isMaster: false }

test.for([
  'show info',
  '  show  stat -1 3 -1',
  'get weight a/b',
  'help set',
  'echo hello',
  'show events ring',
])('"%s" only reads, and is sent', (command) => {
  expect(refusalOf(command, reading)).toBeUndefined()
})

describe('without --write', () => {
  test.for([
    ['set server a/b state maint', '"set server"'],
    ['del server a/b', '"del server"'],
    ['shutdown sessions server a/b', '"shutdown sessions"'],
    ['dump ssl cert a.pem', '"dump ssl"'],
    ['clear counters', '"clear counters"'],
    ['SHOW info', '"SHOW info"'],
    ['showinfo', '"showinfo"'],
    ['no-such-command', '"no-such-command"'],
  ] as const)('"%s" is not sent, and what it takes is said', ([command, named]) => {
    expect(refusalOf(command, reading)?.why).toContain(named)
    expect(refusalOf(command, reading)?.hint).toContain('--write')
    expect(refusalOf(command, writing)).toBeUndefined()
  })
})

test.for([
  ['show info; del server a/b', 'one command at a time'],
  ['add map x <<', 'one command at a time'],
  ['show info\ndel server a/b', 'one command at a time'],
  ['prompt', 'this connection'],
  ['operator', 'this connection'],
  ['set severity-output number', 'this connection'],
  ['show events ring -w', 'never ends'],
  ['show events ring -nw', 'never ends'],
  [`show map ${'x'.repeat(9000)}`, '9009 characters'],
] as const)('"%s" is not sent with --write either', ([command, why]) => {
  for (const mode of [reading, writing]) expect(refusalOf(command, mode)?.why).toContain(why)
})

test("the master's prefix for a process does not make a command another one", () => {
  const master = { isWriting: false, isMaster: true }
  expect(refusalOf('@1 show info', master)).toBeUndefined()
  expect(refusalOf('@!4242 set server a/b state maint', master)?.why).toContain('"set server"')
  expect(refusalOf('reload', master)?.hint).toContain('--write')
  expect(refusalOf('@1 show info', reading)).toBeDefined()
})
