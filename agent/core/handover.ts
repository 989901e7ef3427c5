// What a running backend does for a desired one that only a reload can make: it keeps the routes until then.
// Refuses to choose which running backend serves what (place.ts).

import type { ObservedBackend } from './observed.ts'
import type { Backend, Server } from './routing.ts'
import { ownerOf } from './servers.ts'
import { compareText } from './text.ts'

export type Running = ReadonlyMap<string, ObservedBackend>

/** The routes of a running backend that a waiting one is to take over. */
export function routesStaying(running: ObservedBackend, waiting: readonly Backend[]): readonly string[] {
  if (waiting.length === 0) return []
  return running.routes.filter((route) => waiting.some((backend) => backend.routes.includes(route)))
}

/**
 * A running backend that nobody is seated on, as it goes on for the routes that stay with it: its own services' tasks
 * still come and go live. Undefined where nothing stays, where the agent does not know its services, or where none of
 * them is wanted any more: then it is left as it is.
 */
export function regentOf(
  running: ObservedBackend,
  staying: readonly string[],
  waiting: readonly Backend[],
): Backend | undefined {
  const { source } = running
  if (source === undefined || staying.length === 0) return undefined
  const servers = new Map<string, Server>()
  for (const heir of waiting) {
    if (!heir.routes.some((route) => staying.includes(route))) continue
    for (const server of heir.servers) {
      if (ownerOf(server.name, source.services) !== undefined) servers.set(server.name, server)
    }
  }
  if (servers.size === 0) return undefined
  const sorted = [...servers.values()].sort((a, b) => compareText(a.name, b.name))
  return { ...source, routes: staying, servers: sorted }
}
