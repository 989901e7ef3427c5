// Servers that have just come into rotation, and the routing without those that do not accept connections yet.
// Swarm calls a task running as soon as its process is there; an application may need seconds more to listen.
// Pure. Refuses to ask: who accepts is an argument.

import type { Backend, Routing, Server } from './routing.ts'
import { isSameList, isSameServer } from './same.ts'

export type Newcomer = { readonly key: string; readonly address: string; readonly port: number }

/** Tells one server in one place from all others: task ids are never used again. */
export function newcomerKey({ name, address, port }: Pick<Server, 'name' | 'address' | 'port'>): string {
  return `${name} ${address} ${port}`
}

/** Servers that are in rotation in one routing and were not in the one before. Costs what changed. */
export function newcomersIn(before: Routing, after: Routing): readonly Newcomer[] {
  const found = new Map<string, Newcomer>()
  for (const [name, backend] of after.backends) {
    const known = before.backends.get(name)
    if (known === backend) continue
    const there = new Set(known?.servers.filter(isReady).map(newcomerKey))
    for (const server of backend.servers) {
      const key = newcomerKey(server)
      if (isReady(server) && !there.has(key))
        found.set(key, { key, address: server.address, port: server.port })
    }
  }
  return [...found.values()]
}

/**
 * The routing with awaited servers kept in maintenance, as long as their backend has another one to serve: where there is
 * none, a request that waits for the newcomer is better than one that is refused.
 *
 * Objects that need no change are given back, and those of the last result where it said the same.
 * @param awaited keys of the newcomers that have not accepted a connection yet
 */
export function holdBack(routing: Routing, awaited: ReadonlySet<string>, last: Routing): Routing {
  if (awaited.size === 0) return routing
  let isChanged = false
  const backends = new Map<string, Backend>()
  for (const [name, backend] of routing.backends) {
    const held = holdIn(backend, awaited, last.backends.get(name))
    if (held !== backend) isChanged = true
    backends.set(name, held)
  }
  return isChanged ? { ...routing, backends } : routing
}

function holdIn(backend: Backend, awaited: ReadonlySet<string>, last: Backend | undefined): Backend {
  const isHeld = (server: Server) => isReady(server) && awaited.has(newcomerKey(server))
  const ready = backend.servers.filter(isReady)
  const held = ready.filter(isHeld)
  if (held.length === 0 || held.length === ready.length) return backend
  const servers = backend.servers.map(
    (server): Server => (isHeld(server) ? { ...server, admin: 'maint' } : server),
  )
  return last !== undefined && isSameBut(last, backend, servers) ? last : { ...backend, servers }
}

function isSameBut(last: Backend, backend: Backend, servers: readonly Server[]): boolean {
  return (
    last.services === backend.services &&
    last.routes === backend.routes &&
    last.options === backend.options &&
    isSameList(last.servers, servers, isSameServer)
  )
}

const isReady = ({ admin }: Server) => admin === 'ready'
