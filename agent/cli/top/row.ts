// One row of `tidegate top`: a backend, shown as its host, or a server.
// Owns what it is called. Refuses figures' wording (screen.ts).

import type { Flow, ServingRates } from '../../core/rates.ts'
import type { BackendFigures, ServerFigures } from '../../core/traffic.ts'

export type HostRow = Flow<BackendFigures, ServingRates>
export type ServerRow = Flow<ServerFigures, ServingRates>
export type Row = HostRow | ServerRow

/** Whether a row is of a server. */
export function isServer(row: Row): row is ServerRow {
  return 'backend' in row
}

/** A server's name; a backend's as the host and path that it is named after (core/backend-name.ts). */
export function rowText(row: Row): string {
  return isServer(row) ? row.name : hostText(row.name)
}

/** The host and path behind a backend's name. */
export function hostText(name: string): string {
  if (name === 'no-route') return '(no route)'
  if (name === 'default') return 'any other host'
  if (name.startsWith('sni:')) return `TLS passed through for ${hostText(name.slice('sni:'.length))}`
  if (!name.includes(':')) return name
  return name.replace(/^::2a(?=\.)/, '*').replaceAll(/(?<!:):(?!:)/g, '/')
}
