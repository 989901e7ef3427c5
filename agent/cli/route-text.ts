// A route as a person writes it, from the key that it has in the map.
// Pure. Refuses to look routes up.

import { defaultHost, sniHost } from '../core/routing.ts'

/** `shop.local/` is `shop.local`, `.example.com/a/` is `*.example.com/a`, and the default host is `any other host`. */
export function routeText(key: string): string {
  if (key.startsWith(sniHost(''))) return `TLS passed through for ${routeText(key.slice(sniHost('').length))}`
  const route = key.replace(/\/$/, '')
  if (route === defaultHost) return 'any other host'
  if (route.startsWith(`${defaultHost}/`)) return `any other host, ${route.slice(defaultHost.length)}`
  return route.startsWith('.') ? `*${route}` : route
}

/** Routes in the room of a table's cell: the first that is no wildcard, and how many there are besides. */
export function routesText(keys: readonly string[]): string {
  const first = keys.find((key) => !key.startsWith('.')) ?? keys[0]
  if (first === undefined) return '-'
  return keys.length === 1 ? routeText(first) : `${routeText(first)} +${keys.length - 1}`
}
