// What a setting's text may be: kinds such as a duration or a path, each with its parser.
// Owns the wording of what is expected and the cure. A value that passes may stand in HAProxy's files as it is.
// Refuses to know which setting it reads (settings-table.ts).

import { isIPv4, isIPv6 } from 'node:net'
import { nearest } from '../core/text.ts'

/** A value, or what was expected in its place and how to write it. */
export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly expected: string; readonly cure: string }

/** One kind of value. `form` names it in tables; `parse` is handed a text without blanks at its ends. */
export type Kind<T> = { readonly form: string; readonly parse: (text: string) => Parsed<T> }

/** The longest unix socket path that HAProxy takes: it binds under a longer temporary name first (3.0 to 3.4: "max 97"). */
export const socketPathMax = 97

const value = <T>(parsed: T): Parsed<T> => ({ kind: 'value', value: parsed })
const fault = (expected: string, cure: string): Parsed<never> => ({ kind: 'fault', expected, cure })

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** A time in milliseconds, written as a whole number and a unit; `least` and `most` are written so as well. */
export function duration(least: string, most: string): Kind<number> {
  const leastMs = durationMs(least)
  const mostMs = durationMs(most)
  const expected = `a duration from ${least} to ${most}`
  return {
    form: expected,
    parse: (text) => {
      if (/^\d+$/.test(text)) return fault(expected, `Add the unit: ${text}ms, ${text}s, ${text}m or ${text}h.`)
      const timeMs = durationMs(text)
      if (timeMs === undefined) return fault(expected, 'Write one whole number and one unit, such as 500ms or 10s.')
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
  parse: (text) =>
    text === 'true' || text === 'false'
      ? value(text === 'true')
      : fault('true or false', 'Write one of these words, in lower case.'),
}

/** A kind with one more word, which stands for a value of its own. */
export function orWord<T, const W>(word: string, meaning: W, kind: Kind<T>): Kind<T | W> {
  return {
    form: `${word}, or ${kind.form}`,
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
  parse: (text) => {
    if (text === '') return fault('a path', 'Write a path, or leave the setting out.')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
    return /[\u0000-\u001f\u007f]/.test(text) ? fault('a path', 'Leave control characters out.') : value(text)
  },
}

/** The path of a folder in which files called `names` are unix sockets. Stands in HAProxy's files. */
export function runFolder(names: readonly string[]): Kind<string> {
  return haproxyPath('a folder', socketPathMax - Math.max(...names.map((name) => name.length + 1)))
}

/** The path of a unix socket. Stands in HAProxy's files. */
export const socketPath: Kind<string> = haproxyPath('a socket', socketPathMax)

function haproxyPath(what: string, lengthMax: number): Kind<string> {
  const expected = `the absolute path of ${what}`
  return {
    form: expected,
    parse: (text) => {
      if (!text.startsWith('/')) return fault(expected, 'Begin it with a slash.')
      if (!/^[A-Za-z0-9._/-]+$/.test(text))
        return fault(expected, 'It may hold letters, digits and . _ - / only: HAProxy reads it in its configuration.')
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
    parse: (text) => {
      const parts = text.split(',').map((part) => part.trim())
      if (parts.includes('')) return fault(expected, 'Leave no entry empty.')
      const twice = parts.find((part, index) => parts.indexOf(part) !== index)
      if (twice !== undefined) return fault(expected, `Name ${twice} once only.`)
      const values: T[] = []
      for (const part of parts) {
        const parsed = kind.parse(part)
        if (parsed.kind === 'fault') return parts.length === 1 ? parsed : { ...parsed, cure: `${part}: ${parsed.cure}` }
        values.push(parsed.value)
      }
      return value(values)
    },
  }
}

const portPattern = /^[1-9]\d{0,4}$/

function isPort(text: string): boolean {
  return portPattern.test(text) && Number(text) <= 65_535
}

/** Splits at the last colon, as `[::1]:80` wants it. */
function splitPort(text: string): { readonly host: string; readonly port: string } | undefined {
  const at = text.lastIndexOf(':')
  return at < 0 ? undefined : { host: text.slice(0, at), port: text.slice(at + 1) }
}

/** An address to listen on, in the forms of HAProxy's `bind` (configuration manual, section 4.2) that need no more words. */
export const bindAddress: Kind<string> = {
  form: 'address:port or unix@/path',
  parse: (text) => {
    if (text.startsWith('unix@')) {
      const parsed = socketPath.parse(text.slice('unix@'.length))
      return parsed.kind === 'value' ? value(`unix@${parsed.value}`) : parsed
    }
    const cure = bindCure(text)
    return cure === undefined ? value(text) : fault('an address and a port such as :80, or unix@/path', cure)
  },
}

function bindCure(text: string): string | undefined {
  if (/\s/.test(text)) return 'Separate addresses by commas; options of a bind line do not belong here.'
  if (isPort(text)) return `Put a colon before the port: :${text}.`
  if (text.startsWith('/')) return `Name a unix socket as unix@${text}.`
  if (isIPv6(text)) return `Put the address into brackets, and add the port: [${text}]:80.`
  const { host, port } = splitPort(text) ?? { host: text, port: undefined }
  if (port === undefined) return `Add the port: ${text}:80.`
  if (!isPort(port)) return 'A port goes from 1 to 65535.'
  if (host === '' || host === '*' || isIPv4(host)) return undefined
  if (host.startsWith('[') && host.endsWith(']')) {
    return isIPv6(host.slice(1, -1)) ? undefined : 'What stands in the brackets is no IPv6 address.'
  }
  return 'Write an IP address; a name is not looked up here.'
}

const hostName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/

/** A host, by name or address, and a port. */
export const hostAndPort: Kind<string> = {
  form: 'host:port',
  parse: (text) => {
    const expected = 'host:port'
    const parts = splitPort(text)
    if (parts === undefined || isIPv6(text)) return fault(expected, 'Add a port, such as 10.0.0.1:514 or [fd00::1]:514.')
    if (!isPort(parts.port)) return fault(expected, 'A port goes from 1 to 65535.')
    const inner = parts.host.startsWith('[') && parts.host.endsWith(']') ? parts.host.slice(1, -1) : undefined
    const isHost = inner === undefined ? hostName.test(parts.host) : isIPv6(inner)
    return isHost ? value(text) : fault(expected, 'Write a host name, an IPv4 address, or an IPv6 address in brackets.')
  },
}

/** Where a Docker engine is, in the forms of DOCKER_HOST that Tidegate can use. */
export const dockerHost: Kind<string> = {
  form: 'unix:///path or tcp://host:port',
  parse: (text) => {
    const expected = 'unix:///path or tcp://host:port'
    const [, scheme = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(text) ?? []
    switch (scheme.toLowerCase()) {
      case 'unix':
        return /^\/[^\s\0]*$/.test(rest) ? value(text) : fault(expected, 'Write it as unix:///var/run/docker.sock.')
      case 'tcp':
        return /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?\/?$/.test(rest)
          ? value(text)
          : fault(expected, 'Write it as tcp://manager:2376, without a user or a path.')
      case '':
        return fault(expected, 'Begin it with unix:// or tcp://.')
      default:
        return fault(expected, `${scheme}:// is not supported; forward it to a unix socket, or use tcp://.`)
    }
  },
}

/** A name of Swarm's, such as a network's. */
export const name: Kind<string> = {
  form: 'a name',
  parse: (text) =>
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(text)
      ? value(text)
      : fault('a name', 'It holds letters, digits, dots, hyphens and underscores, and begins with a letter or digit.'),
}

/** A name, or nothing. */
export const nameOrNothing: Kind<string> = {
  form: 'a name, or nothing',
  parse: (text) => (text === '' ? value('') : name.parse(text)),
}

/** A text for a response header. HAProxy would expand `%[...]` in it, so few characters are let through. */
export const headerText: Kind<string> = {
  form: 'a short text',
  parse: (text) =>
    /^[A-Za-z0-9._:@/-]{1,128}$/.test(text)
      ? value(text)
      : fault('a short text', 'It holds 1 to 128 letters, digits and . _ - : @ / only, as it goes into a header.'),
}
