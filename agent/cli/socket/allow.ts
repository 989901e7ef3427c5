// Which commands may go over HAProxy's sockets from a person's hand.
// Pure. Guards against slips, not against malice: whoever reaches the socket can speak to it without Tidegate.

import { quote } from '../../core/text.ts'

export type SocketMode = { readonly isWriting: boolean; readonly isMaster: boolean }

export type Refusal = { readonly why: string; readonly hint: string }

/** First words of commands that change nothing (management guide, section 9.3). */
const reading: readonly string[] = ['show', 'get', 'help', 'echo']

/** Commands that would turn the connection into one that replies cannot be told apart on, or that can do less. */
const connectionOnly: readonly string[] = ['prompt', 'quit', 'operator', 'user']

/** HAProxy takes a command into one buffer, of 16 kB by default. */
const lengthMax = 8192

/** Why a command is not sent; undefined where it is. */
export function refusalOf(command: string, { isWriting, isMaster }: SocketMode): Refusal | undefined {
  const words = wordsOf(command, isMaster)
  const [first = ''] = words
  if (command.length > lengthMax) return tooLong(command)
  if (/[;\n\r\0]|<</.test(command)) return severalAtOnce
  if (connectionOnly.includes(first)) return ofConnection(first)
  if (words.slice(0, 2).join(' ') === 'set severity-output') return ofConnection('set severity-output')
  if (first === 'show' && words[1] === 'events' && words.some((word) => /^-\w*w/.test(word))) return endless
  if (isWriting || reading.includes(first)) return undefined
  return changing(words.slice(0, 2).join(' '))
}

/** The words of a command, without the master's `@1` for the process that it is meant for (section 9.4). */
function wordsOf(command: string, isMaster: boolean): readonly string[] {
  const words = command.trim().split(/\s+/)
  return isMaster && words[0]?.startsWith('@') === true ? words.slice(1) : words
}

function tooLong(command: string): Refusal {
  return {
    why: `the command has ${command.length} characters, and HAProxy takes ${lengthMax} at most`,
    hint: 'Say it in several commands.',
  }
}

const severalAtOnce: Refusal = {
  why: 'a semicolon or << begins another command or a payload, and one command at a time is sent',
  hint: 'Give each command its own line.',
}

const endless: Refusal = {
  why: '"show events" with -w never ends',
  hint: 'Leave -w out: what is in the ring already is shown.',
}

function ofConnection(what: string): Refusal {
  return {
    why: `${quote(what)} would change this connection, and nothing in HAProxy`,
    hint: 'exit, or Ctrl-D, ends the shell.',
  }
}

function changing(what: string): Refusal {
  return {
    why: `${quote(what)} is no command that only reads, and is not sent`,
    hint: 'It takes --write. The agent undoes what it finds changed in its backends; change the labels instead.',
  }
}
