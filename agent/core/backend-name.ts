// What a backend is called: after its first host, plus the path.
// HAProxy takes letters, digits and `.-_:` in a name (configuration manual, section 4); hosts and paths hold more.

import { defaultHost } from './routing.ts'

/** HAProxy sections of Tidegate's own, which no host may be mistaken for. */
export const ownSections = ['http', 'tls', 'to-http', 'no-route'] as const

/** The name of the backend that only answers for hosts nobody claims. */
export const defaultBackendName = 'default'

const reserved: readonly string[] = [...ownSections, defaultBackendName, 'sni']

/**
 * Names a backend; different routes get different names.
 *
 * A slash becomes `:`, which no host contains, and any other character `::` and its code, which no path of ours yields
 * otherwise. A host that is called like one of our own sections gets a dot behind it, as no host of ours ends in one.
 */
export function backendName(host: string, path: string): string {
  const base = host === defaultHost ? defaultBackendName : reserved.includes(host) ? `${host}.` : host
  return (
    base.replace(/^sni:\*$/, 'sni:default') +
    path.replaceAll(/[^A-Za-z0-9._-]/g, (c) => (c === '/' ? ':' : `::${c.charCodeAt(0).toString(16)}`))
  )
}
