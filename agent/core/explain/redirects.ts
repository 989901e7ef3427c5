// Where requests are sent instead of being served: by the label `redirects`, and from plain HTTP to TLS.
// Refuses to say who serves them there.

import type { Backend } from '../routing.ts'
import type { RedirectAnswer } from './explanation.ts'
import type { Known } from './facts.ts'
import type { AskedRequest } from './question.ts'

/** Where the request is sent; undefined where it is not. `backend`: the one that it would reach. */
export function redirectOf(
  { scheme = 'http', host, path }: AskedRequest,
  backend: Backend | undefined,
  known: Known,
): RedirectAnswer | undefined {
  const from = `${scheme}://${host}`
  const target = redirectsOf(known).get(from)
  if (target !== undefined) return { from: `${from}${path}`, to: `${target}${path}`, status: 302 }
  if (scheme !== 'http' || backend?.options.sslOnly !== true || !known.settings.isTlsOn) return undefined
  return { from: `${from}${path}`, to: `${secured(host, known)}${path}`, status: 308 }
}

/** Where requests for a service's hosts are sent, as far as they are. */
export function redirectsOfAll(
  backends: readonly Backend[],
  hosts: readonly string[],
  known: Known,
): readonly RedirectAnswer[] {
  const own = new Set(hosts)
  const labelled = [...redirectsOf(known)].filter(([from]) => own.has(from.replace(/^https?:\/\//, '')))
  const isOnly = known.settings.isTlsOn && backends.some(({ options }) => options.sslOnly === true)
  return [
    ...labelled.map(([from, to]) => ({ from, to, status: 302 })),
    ...(isOnly ? [{ from: 'http://', to: 'https://', status: 308 }] : []),
  ]
}

const redirectsOf = ({ observed, routing }: Known) => observed?.redirects ?? routing.redirects

function secured(host: string, { settings: { httpsPort } }: Known): string {
  return `https://${host}${httpsPort === 443 ? '' : `:${httpsPort}`}`
}

export function redirectText({ from, to, status }: RedirectAnswer): string {
  return from === 'http://' ? `plain HTTP to TLS (${status})` : `${from} to ${to} (${status})`
}
