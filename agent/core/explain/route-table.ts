// Which route a request takes, decided as the configuration's frontend decides it (templates/haproxy.cfg.ejs).
// Refuses to know why a route is there, or is not.

import { defaultHost, sniHost } from '../routing.ts'
import type { Rule } from './explanation.ts'

/** Routes by key, each with the name of its backend. */
export type RouteTable = ReadonlyMap<string, string>

export type Match = { readonly key: string; readonly backend: string; readonly rule: Rule }

type Routed = { readonly routes: readonly string[] }

/** The route map that these backends' routes make. */
export function createRouteTable(backends: ReadonlyMap<string, Routed>): RouteTable {
  const table = new Map<string, string>()
  for (const [name, { routes }] of backends) for (const key of routes) table.set(key, name)
  return table
}

/**
 * The route of a request; undefined where HAProxy answers by itself.
 *
 *     host and path    the longest key that begins it, ended by a slash (`map_beg`)
 *     then             the same with the host's first label cut off, where a wildcard's key begins
 *     then             the same with the host `*`
 */
export function matchRoute(table: RouteTable, host: string, path: string): Match | undefined {
  for (const candidate of [host, host.replace(/^[^.]*/, ''), defaultHost]) {
    const key = longestKey(table, `${candidate}${path}/`)
    const backend = key === undefined ? undefined : table.get(key)
    if (key !== undefined && backend !== undefined) return { key, backend, rule: ruleOf(key) }
  }
  return undefined
}

function longestKey(table: RouteTable, text: string): string | undefined {
  for (let end = text.lastIndexOf('/'); end > 0; end = text.lastIndexOf('/', end - 1)) {
    const key = text.slice(0, end + 1)
    if (table.has(key)) return key
  }
  return undefined
}

/** A route's key in the words of labels. */
export function ruleOf(key: string): Rule {
  const slash = key.indexOf('/')
  const host = key.slice(0, slash)
  const path = key.slice(slash, -1)
  if (host.startsWith(sniHost(''))) return { ...ruleOf(key.slice(sniHost('').length)), isPassedThrough: true }
  if (host === defaultHost) return { kind: 'default', host, path }
  return host.startsWith('.') ? { kind: 'wildcard', host: `*${host}`, path } : { kind: 'exact', host, path }
}

/** `shop.local/a`, `*.example.com`, `every other host`, or `TLS passed through for shop.local`. */
export function ruleText({ kind, host, path, isPassedThrough }: Rule): string {
  if (isPassedThrough === true)
    return `TLS passed through for ${kind === 'default' ? 'every other host' : host}`
  if (kind !== 'default') return `${host}${path}`
  return path === '' ? 'every other host' : `every other host, below ${path}`
}
