// How the text of a label becomes a value, or a fault that names what was found, what is expected and the cure.
// Label text is hostile input: only characters that a parser here lets through ever reach HAProxy's files and socket.
// Refuses knowledge of which label holds what (the *-rows.ts).

import type { ProblemCode } from '../problem.ts'
import { limits } from '../settings.ts'
import { quote } from '../text.ts'

/** A part of a label that could not be used. `code` where it is not the label's usual problem. */
export type Fault = {
  readonly found: string
  readonly expected: string
  readonly hint: string
  readonly code?: ProblemCode
}

/** The value as far as it could be read, and what could not. `value` is undefined where nothing could be. */
export type Parsed<T> = { readonly value: T | undefined; readonly faults: readonly Fault[] }

export const good = <T>(value: T): Parsed<T> => ({ value, faults: [] })
export const bad = (found: string, expected: string, hint: string): Parsed<never> => ({
  value: undefined,
  faults: [{ found: quote(found), expected, hint }],
})

const hostLabel = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/
const pathSegment = /^[A-Za-z0-9._~%@:+=-]+$/
const name = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/

/** A comma list of host names, in the order given, each once. A wildcard `*.example.com` becomes `.example.com`. */
export function parseHosts(text: string): Parsed<readonly string[]> {
  const hosts = new Set<string>()
  const faults: Fault[] = []
  const parts = text.split(',', limits.hostsPerService + 1)
  for (const part of parts.slice(0, limits.hostsPerService)) {
    const host = part.trim().toLowerCase().replace(/\.$/, '')
    if (host === '') continue
    const fault = hostFault(host, part.trim())
    if (fault === undefined) hosts.add(host.startsWith('*.') ? host.slice(1) : host)
    else faults.push(fault)
  }
  if (parts.length > limits.hostsPerService) {
    faults.push({
      code: 'too-many-hosts',
      found: `more than ${limits.hostsPerService} hosts`,
      expected: `at most ${limits.hostsPerService}`,
      hint: 'The first ones are published; spread the others over further services.',
    })
  }
  if (hosts.size === 0 && faults.length === 0) {
    return bad(text, 'a comma list of host names', 'Write for example demo.local,www.demo.local.')
  }
  return { value: hosts.size === 0 ? undefined : [...hosts], faults }
}

function hostFault(host: string, written: string): Fault | undefined {
  const found = quote(written)
  const expected = 'a host name such as demo.local'
  if (host === '*') {
    return {
      found,
      expected,
      hint: 'To answer for every host that nobody claims, set com.docker.lb.default_backend=true.',
    }
  }
  if (host.includes('://'))
    return { found, expected, hint: 'Leave the scheme out: only the host name belongs here.' }
  if (host.includes('/')) {
    return {
      found,
      expected,
      hint: 'Leave the path out; a path prefix goes into com.docker.lb.context_root.',
    }
  }
  if (/\s/.test(host)) return { found, expected, hint: 'Separate hosts by commas, not by spaces.' }
  if (/:\d*$/.test(host) && !host.slice(0, host.lastIndexOf(':')).includes(':')) {
    return {
      found,
      expected,
      hint: "Leave the port out: a host answers on every port of the edge; the task's goes into com.docker.lb.port.",
    }
  }
  if (/[^\u0020-\u007e]/u.test(host)) {
    return { found, expected, hint: 'Write an international name in its ASCII form (xn--...).' }
  }
  const bare = host.startsWith('*.') ? host.slice(2) : host
  if (bare.includes('*')) {
    return { found, expected, hint: 'A wildcard stands alone in the first place: *.example.com.' }
  }
  if (bare.length > 253) return { found, expected, hint: 'A host name has at most 253 characters.' }
  if (!bare.split('.').every((label) => hostLabel.test(label))) {
    return {
      found,
      expected,
      hint: 'Between the dots stand 1 to 63 letters, digits, hyphens or underscores, with no hyphen at either end.',
    }
  }
  return undefined
}

/** A TCP port: the one that the task listens on. */
export function parsePort(text: string): Parsed<number> {
  const trimmed = text.trim()
  const expected = 'a port from 1 to 65535'
  if (trimmed === '') return bad(text, expected, 'Write the port that the task listens on, for example 8080.')
  if (trimmed.includes(',')) {
    return bad(text, expected, 'A service has one port here; publish another port by a second service.')
  }
  if (trimmed.includes(':'))
    return bad(text, expected, "Give the task's own port alone, not a published one.")
  if (!/^\d{1,5}$/.test(trimmed)) return bad(text, expected, 'Write digits only, for example 8080.')
  const port = Number(trimmed)
  return port >= 1 && port <= 65_535 ? good(port) : bad(text, expected, 'Check the number.')
}

/** As Go's `strconv.ParseBool`, which Interlock used, in any case. */
export function parseBoolean(text: string): Parsed<boolean> {
  const word = text.trim().toLowerCase()
  if (['true', 't', '1'].includes(word)) return good(true)
  if (['false', 'f', '0'].includes(word)) return good(false)
  return bad(text, 'true or false', 'In a compose file, quote it: "true".')
}

/** `task`, `vip`, or `default`, the name that early Interlock documents gave to task mode. */
export function parseMode(text: string): Parsed<'task' | 'vip'> {
  const word = text.trim().toLowerCase()
  if (word === 'task' || word === 'default') return good('task')
  if (word === 'vip') return good('vip')
  return bad(text, 'task or vip', 'Leave the label out for task mode.')
}

/** A comma list of path prefixes, in the order given, each once; the empty text stands for `/`. */
export function parsePaths(text: string): Parsed<readonly string[]> {
  const parts = text.split(',', limits.pathsPerService + 1)
  if (parts.length > limits.pathsPerService) {
    return bad(
      `${text.slice(0, 40)}...`,
      `at most ${limits.pathsPerService} paths`,
      'Spread them over services.',
    )
  }
  const parsed = parts.filter((part) => parts.length === 1 || part.trim() !== '').map(parsePath)
  const paths = new Set(parsed.flatMap(({ value }) => (value === undefined ? [] : [value])))
  const faults = parsed.flatMap((each) => each.faults)
  if (paths.size === 0 && faults.length === 0)
    return bad(text, 'a comma list of path prefixes', 'Write for example /app,/api.')
  return { value: paths.size === 0 ? undefined : [...paths], faults }
}

/** A path prefix such as `/app`; the empty text stands for `/`. */
export function parsePath(text: string): Parsed<string> {
  const path = text.trim().replace(/\/+$/, '')
  const expected = 'a path prefix such as /app'
  if (path === '') return good('')
  if (!path.startsWith('/')) return bad(text, expected, 'A path starts with a slash.')
  if (path.length > 1024) return bad(text, expected, 'A path prefix has at most 1024 characters.')
  if (/[?#]/.test(path)) return bad(text, expected, 'Leave the query and the fragment out.')
  const segments = path.slice(1).split('/')
  if (segments.includes('')) return bad(text, expected, 'Write single slashes only.')
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return bad(text, expected, 'Leave "." and ".." out.')
  }
  if (!segments.every((segment) => pathSegment.test(segment))) {
    return bad(text, expected, 'Percent-encode other characters, as a browser does.')
  }
  return good(path)
}

/** The name of a network or a service cluster; the empty text counts as no name. */
export function parseName(text: string): Parsed<string> {
  const trimmed = text.trim()
  if (trimmed === '' || name.test(trimmed)) return good(trimmed)
  return bad(
    text,
    'a name of letters, digits, dots, hyphens and underscores',
    'Copy it from docker network ls, or from your own settings.',
  )
}

/** A cookie's name, as the application sets it: of what RFC 6265 allows, what needs no quotes in HAProxy's files. */
export function parseCookieName(text: string): Parsed<string> {
  const trimmed = text.trim()
  if (/^[A-Za-z0-9._-]{1,128}$/.test(trimmed)) return good(trimmed)
  return bad(
    text,
    "a cookie's name of letters, digits, dots, hyphens and underscores",
    'Write the name alone, as session.',
  )
}
