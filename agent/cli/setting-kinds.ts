// What a setting's text may be: kinds such as a duration or a path, each with its parser.
// Owns the wording of what is expected and the cure. A value that passes may stand in HAProxy's files as it is.
// Refuses to know which setting it reads (settings-table.ts).

import { hasControl, nearest } from '../core/text.ts'

/** A value, or what was expected in its place and how to write it. */
export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly expected: string; readonly cure: string }

/**
 * One kind of value. `form` says what it may be, `placeholder` stands for it after a flag; `parse` is handed a text
 * without blanks at its ends.
 */
export type Kind<T> = {
  readonly form: string
  readonly placeholder: string
  readonly parse: (text: string) => Parsed<T>
}

/** The longest unix socket path that HAProxy takes: it binds under a longer temporary name first (3.0 to 3.4: "max 97"). */
export const socketPathMax = 97

/** A value that passes. */
export const value = <T>(parsed: T): Parsed<T> => ({ kind: 'value', value: parsed })
/** A text that does not. */
export const fault = (expected: string, cure: string): Parsed<never> => ({ kind: 'fault', expected, cure })

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** A time in milliseconds, written as a whole number and a unit; `least` and `most` are written so as well. */
export function duration(least: string, most: string): Kind<number> {
  const leastMs = durationMs(least)
  const mostMs = durationMs(most)
  const expected = `a duration from ${least} to ${most}`
  return {
    form: expected,
    placeholder: 'time',
    parse: (text) => {
      if (/^\d+$/.test(text))
        return fault(expected, `Add the unit: ${text}ms, ${text}s, ${text}m or ${text}h.`)
      const timeMs = durationMs(text)
      if (timeMs === undefined)
        return fault(expected, 'Write one whole number and one unit, such as 500ms or 10s.')
      if (timeMs < (leastMs ?? 0)) return fault(expected, `The least is ${least}.`)
      return timeMs > (mostMs ?? 0) ? fault(expected, `The most is ${most}.`) : value(timeMs)
    },
  }
}

function durationMs(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,12})(ms|s|m|h)$/.exec(text) ?? []
  const factor = Object.entries(unitsMs).find(([name]) => name === unit)?.[1]
  return factor === undefined ? undefined : Number(digits) * factor
}

/** A whole number within bounds, both included. */
export function integer(least: number, most: number): Kind<number> {
  const expected = `a whole number from ${least} to ${most}`
  return {
    form: expected,
    placeholder: 'number',
    parse: (text) => {
      if (!/^[+-]?\d{1,15}$/.test(text)) return fault(expected, 'Write digits only.')
      const number = Number(text)
      if (number < least) return fault(expected, `The least is ${least}.`)
      return number > most ? fault(expected, `The most is ${most}.`) : value(number)
    },
  }
}

/** One of some words. */
export function choice<const T extends string>(...words: readonly T[]): Kind<T> {
  const expected = words.join(' or ')
  return {
    form: expected,
    placeholder: 'word',
    parse: (text) => {
      const word = words.find((each) => each === text)
      if (word !== undefined) return value(word)
      const near = nearest(text.toLowerCase(), words)
      return fault(expected, near === undefined ? 'Write one of these words.' : `Did you mean ${near}?`)
    },
  }
}

/** `true` or `false`. */
export const boolean: Kind<boolean> = {
  form: 'true or false',
  placeholder: 'boolean',
  parse: (text) =>
    text === 'true' || text === 'false'
      ? value(text === 'true')
      : fault('true or false', 'Write one of these words, in lower case.'),
}

/** A kind with one more word, which stands for a value of its own. */
export function orWord<T, const W>(word: string, meaning: W, kind: Kind<T>): Kind<T | W> {
  return {
    form: `${word}, or ${kind.form}`,
    placeholder: kind.placeholder,
    parse: (text) => {
      if (text === word) return value(meaning)
      const parsed = kind.parse(text)
      return parsed.kind === 'value' ? parsed : { ...parsed, expected: `${word}, or ${parsed.expected}` }
    },
  }
}

/** The path of a program or a folder that only the agent uses. */
export const path: Kind<string> = {
  form: 'a path',
  placeholder: 'path',
  parse: (text) => {
    if (text === '') return fault('a path', 'Write a path, or leave the setting out.')
    return hasControl(text) ? fault('a path', 'Leave control characters out.') : value(text)
  },
}

/** The path of a folder in which files called `names` are unix sockets. Stands in HAProxy's files. */
export function runFolder(names: readonly string[]): Kind<string> {
  return haproxyPath('a folder', socketPathMax - Math.max(...names.map((name) => name.length + 1)))
}

/** The path of a unix socket. Stands in HAProxy's files. */
export const socketPath: Kind<string> = haproxyPath('a socket', socketPathMax)

/** The longest path that a unix socket can have (unix(7), sun_path, without its final zero). */
const localSocketMax = 107

/** The path of a unix socket that only the agent uses. */
export const localSocket: Kind<string> = {
  form: 'the absolute path of a socket',
  placeholder: 'path',
  parse: (text) => {
    const parsed = path.parse(text)
    if (parsed.kind === 'fault' || !text.startsWith('/'))
      return fault('the absolute path of a socket', 'Begin it with a slash.')
    const { length } = new TextEncoder().encode(text)
    return length > localSocketMax
      ? fault(`the absolute path of a socket, of at most ${localSocketMax} bytes`, `It has ${length}.`)
      : parsed
  },
}

function haproxyPath(what: string, lengthMax: number): Kind<string> {
  const expected = `the absolute path of ${what}`
  return {
    form: expected,
    placeholder: 'path',
    parse: (text) => {
      if (!text.startsWith('/')) return fault(expected, 'Begin it with a slash.')
      if (!/^[A-Za-z0-9._/-]+$/.test(text))
        return fault(
          expected,
          'It may hold letters, digits and . _ - / only: HAProxy reads it in its configuration.',
        )
      const trimmed = text.replace(/\/+$/, '')
      if (trimmed === '') return fault(expected, 'The root folder itself will not do.')
      if (trimmed.length > lengthMax)
        return fault(
          `${expected}, of at most ${lengthMax} characters`,
          `It has ${trimmed.length}; HAProxy takes socket paths of at most ${socketPathMax}.`,
        )
      return value(trimmed)
    },
  }
}

/** A comma list, each entry of a kind and there once. */
export function listOf<T>(kind: Kind<T>): Kind<readonly T[]> {
  const expected = `a comma list, each ${kind.form}`
  return {
    form: expected,
    placeholder: 'list',
    parse: (text) => {
      const parts = text.split(',').map((part) => part.trim())
      if (parts.includes('')) return fault(expected, 'Leave no entry empty.')
      const twice = parts.find((part, index) => parts.indexOf(part) !== index)
      if (twice !== undefined) return fault(expected, `Name ${twice} once only.`)
      const values: T[] = []
      for (const part of parts) {
        const parsed = kind.parse(part)
        if (parsed.kind === 'fault')
          return parts.length === 1 ? parsed : { ...parsed, cure: `${part}: ${parsed.cure}` }
        values.push(parsed.value)
      }
      return value(values)
    },
  }
}

/** A name of Swarm's, such as a network's. */
export const name: Kind<string> = {
  form: 'a name',
  placeholder: 'name',
  parse: (text) =>
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(text)
      ? value(text)
      : fault(
          'a name',
          'It holds letters, digits, dots, hyphens and underscores, and begins with a letter or digit.',
        ),
}

/** A name, or nothing. */
export const nameOrNothing: Kind<string> = {
  form: 'a name, or nothing',
  placeholder: 'name',
  parse: (text) => (text === '' ? value('') : name.parse(text)),
}

/** A list of ciphers as OpenSSL takes it. Stands in HAProxy's files. */
export const cipherList: Kind<string> = {
  form: 'a list of ciphers, separated by colons',
  placeholder: 'list',
  parse: (text) =>
    /^[A-Za-z0-9_!+@=.:-]{1,2000}$/.test(text)
      ? value(text)
      : fault('a list of ciphers, separated by colons', 'Try it: openssl ciphers <list>'),
}

const sections =
  /^(global|defaults|frontend|backend|listen|userlist|peers|resolvers|mailers|program|cache|ring|http-errors|fcgi-app|log-forward|crt-store|acme|traces|log-profile)\b/

/** Lines of HAProxy's own language for a section that Tidegate writes, separated by semicolons or line breaks. */
export const configLines: Kind<readonly string[]> = {
  form: "lines of HAProxy's configuration, separated by semicolons",
  placeholder: 'lines',
  parse: (text) => {
    const lines = text
      .split(/[;\n]/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
    const expected = "lines of HAProxy's configuration, separated by semicolons"
    const section = lines.find((line) => sections.test(line))
    if (section !== undefined)
      return fault(expected, `Begin no section of your own: ${section.split(' ')[0]}.`)
    if (lines.some(hasControl)) return fault(expected, 'Leave control characters out.')
    return value(lines)
  },
}

/** A text for a response header. HAProxy would expand `%[...]` in it, so few characters are let through. */
export const headerText: Kind<string> = {
  form: 'a short text',
  placeholder: 'text',
  parse: (text) =>
    /^[A-Za-z0-9._:@/-]{1,128}$/.test(text)
      ? value(text)
      : fault(
          'a short text',
          'It holds 1 to 128 letters, digits and . _ - : @ / only, as it goes into a header.',
        ),
}
