// How the text of a label becomes a redirect, or the name of a certificate.
// Refuses everything else (values.ts), and whether the redirected host is the service's own (redirects.ts).

import { limits } from '../settings.ts'
import { quote } from '../text.ts'
import { bad, type Fault, good, type Parsed, parseHosts } from './values.ts'

/** From an address of this edge's to another place. */
export type Redirect = {
  /** `http://old.demo.local`, in lower case. */
  readonly source: string
  readonly host: string
  /** An address without a slash at its end: the request's path and query are put behind it. */
  readonly target: string
}

/** Letters that need no quotes in a map, and cannot leave its line. */
const targetPattern = /^https?:\/\/[A-Za-z0-9._-]+(?::\d{1,5})?(?:\/[A-Za-z0-9._~%@:+=/-]*)?$/

/** `from,to` pairs, separated by semicolons, each source once. */
export function parseRedirects(text: string): Parsed<readonly Redirect[]> {
  const pairs = text.split(';', limits.redirectsPerService + 1).filter((pair) => pair.trim() !== '')
  if (pairs.length > limits.redirectsPerService)
    return bad(
      `${text.slice(0, 40)}...`,
      `at most ${limits.redirectsPerService} redirects`,
      'Use more services.',
    )
  if (pairs.length === 0) return bad(text, expected, 'Write for example http://old.local,https://new.local.')
  const redirects = new Map<string, Redirect>()
  const faults: Fault[] = []
  for (const pair of pairs) {
    const redirect = parsePair(pair)
    if ('source' in redirect) redirects.set(redirect.source, redirect)
    else faults.push(redirect)
  }
  return { value: redirects.size === 0 ? undefined : [...redirects.values()], faults }
}

const expected = 'a pair such as http://old.local,https://new.local'

function parsePair(pair: string): Redirect | Fault {
  const fault = (hint: string): Fault => ({ found: quote(pair.trim()), expected, hint })
  const [from = '', to = '', ...more] = pair.split(',').map((part) => part.trim())
  if (more.length > 0) return fault('Separate pairs by semicolons.')
  if (to === '') return fault('Write where from and where to, separated by a comma.')
  const [, scheme = '', written = ''] = /^(https?:\/\/)([^/]*)\/?$/i.exec(from) ?? []
  if (scheme === '') return fault('What is redirected is a whole host: http:// or https://, and its name.')
  const host = parseHosts(written).value?.[0]
  if (host === undefined || written.includes(',')) return fault(`${quote(written)} is no host name.`)
  if (host.startsWith('.')) return fault('A wildcard cannot be redirected: name each host.')
  const target = to.replace(/\/+$/, '')
  if (!targetPattern.test(target))
    return fault('Where it leads is an address with http:// or https://, a host, and a path if need be.')
  if (target.length > 1024) return fault('Where it leads has at most 1024 characters.')
  return { source: `${scheme.toLowerCase()}${host}`, host, target }
}

/** The name of a secret, a config, or a file in the folder of certificates; never a path. */
export function parseMaterialName(text: string): Parsed<string> {
  const trimmed = text.trim()
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(trimmed)) return good(trimmed)
  const hint = trimmed.includes('/')
    ? 'Leave the folder out: the name alone is looked up.'
    : 'Copy it from docker secret ls; in a stack it begins with the name of the stack.'
  return bad(text, 'the name of a secret, a config or a file', hint)
}
