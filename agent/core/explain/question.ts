// What a person asks about: a request, or a service by its name.
// Owns the reading of the text. Refuses to decide which of the two a bare word means (subject.ts knows what there is).

import { isIpv6 } from '../address.ts'
import { quote } from '../text.ts'

/** A request as HAProxy sees it once it has arrived. */
export type AskedRequest = {
  /** Undefined where the text names none: `shop.local/a`. */
  readonly scheme: 'http' | 'https' | undefined
  /** As the frontend looks it up: lower case, ASCII, without port and without a dot at its end. `[::1]` for IPv6. */
  readonly host: string
  /** Undefined where the text names none, or the scheme's own. */
  readonly port: number | undefined
  /** As a browser sends it: percent-encoded, dot segments resolved, without query and fragment. */
  readonly path: string
}

/** At least one of `request` and `service` is there, unless `fault` says what is wrong with the text. */
export type Question = {
  /** The text as it was asked, without blanks around it. */
  readonly text: string
  readonly request: AskedRequest | undefined
  /** The text, where it can be a service's name or id. */
  readonly service: string | undefined
  readonly fault?: string
}

/** No URL that a browser would send is longer. */
const lengthMax = 2048
const serviceName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/
const schemePattern = /^([a-z][a-z0-9+.-]*):\/\//i

/**
 * Reads a question: a URL with or without its scheme, a host, or a service's name or id.
 *
 *     http://shop.local/a     a request        shop.local    a request, or a service
 *     shop.local:8080         a request        shop_web      a service
 *     fe80::1, [fe80::1]/a    a request        müller.local  a request, by its ASCII form
 */
export function parseQuestion(given: string): Question {
  const text = given.trim()
  const wrong = (fault: string): Question => ({ text, request: undefined, service: undefined, fault })
  if (text === '') return wrong('it is empty')
  if (text.length > lengthMax)
    return wrong(`it has ${text.length} characters; at most ${lengthMax} make sense`)
  if (/[\s\p{Cc}]/u.test(text)) return wrong('it holds blanks or control characters')
  const scheme = schemePattern.exec(text)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    return wrong(`the scheme ${quote(scheme)} is neither http nor https`)
  }
  const request = parseRequest(text, scheme)
  const service = serviceName.test(text) ? text : undefined
  if (request === undefined && service === undefined) {
    return wrong('it is neither a URL nor the name of a service')
  }
  return { text, request, service }
}

function parseRequest(text: string, scheme: 'http' | 'https' | undefined): AskedRequest | undefined {
  const bare = scheme === undefined ? text : text.slice(scheme.length + '://'.length)
  // `URL` would skip the slash, and take the path for the host.
  if (/^[/\\]/.test(bare)) return undefined
  const rest = isIpv6(bare) ? `[${bare}]` : bare
  const url = readUrl(`${scheme ?? 'http'}://${rest}`)
  const host = url?.hostname.replace(/\.$/, '') ?? ''
  if (url === undefined || host === '') return undefined
  return { scheme, host, port: portOf(url, rest, scheme), path: url.pathname }
}

/** `URL` leaves out a port that is the scheme's own; where no scheme was given, `shop.local:80` still names one. */
function portOf(url: URL, rest: string, scheme: string | undefined): number | undefined {
  if (url.port !== '') return Number(url.port)
  return scheme === undefined && /^[^/?#]*:0*80(?:[/?#]|$)/.test(rest) ? 80 : undefined
}

function readUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
