// Servers that have just come into rotation, and the routing without those that do not accept connections yet.
// Swarm calls a task running as soon as its process is there; an application may need seconds more to listen.
// Pure. Refuses to ask: who accepts is an argument.

import type { Backend, Routing, Server } from './routing.ts'
import { isSameList, isSameServer } from './same.ts'
import { compareText } from './text.ts'

export type Newcomer = Pick<Server, 'address' | 'port'> & { readonly key: string; readonly server: string }

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
      if (!isReady(server) || there.has(key)) continue
      const { address, port } = server
      found.set(key, { key, server: server.name, address, port })
    }
  }
  return [...found.values()]
}

/**
 * The routing for as long as newcomers are awaited: they are kept in maintenance where their backend has another server,
 * and unchecked where it has none. There a request that waits for the newcomer is better than one that is refused.
 *
 * Objects that need no change are given back, and those of the last result where it said the same.
 * @param awaited keys of the newcomers that have not accepted a connection yet
 * @param staying servers that serve on meanwhile, by backend
 */
export function holdBack(
  routing: Routing,
  awaited: ReadonlySet<string>,
  last: Routing,
  staying: ReadonlyMap<string, readonly Server[]> = new Map(),
): Routing {
  if (awaited.size === 0 && staying.size === 0) return routing
  let isChanged = false
  const backends = new Map<string, Backend>()
  for (const [name, backend] of routing.backends) {
    const held = holdIn(backend, awaited, last.backends.get(name), staying.get(name) ?? [])
    if (held !== backend) isChanged = true
    backends.set(name, held)
  }
  return isChanged ? { ...routing, backends } : routing
}

function holdIn(
  backend: Backend,
  awaited: ReadonlySet<string>,
  last: Backend | undefined,
  staying: readonly Server[],
): Backend {
  const isHeld = (server: Server) => isReady(server) && awaited.has(newcomerKey(server))
  if (staying.length === 0 && !backend.servers.some(isHeld)) return backend
  const isServed = staying.length > 0 || backend.servers.some((server) => isReady(server) && !isHeld(server))
  const admin = isServed ? 'maint' : 'ready'
  const held = backend.servers.map((server) => (isHeld(server) ? unproven(server, admin) : server))
  const servers = staying.length === 0 ? held : [...held, ...staying].sort(byName)
  return last !== undefined && isSameBut(last, backend, servers) ? last : { ...backend, servers }
}

function unproven(server: Server, admin: Server['admin']): Server {
  return server.checks === undefined ? { ...server, admin } : { ...server, admin, checks: 'off' }
}

function isSameBut(last: Backend, backend: Backend, servers: readonly Server[]): boolean {
  return (
    last.services === backend.services &&
    last.routes === backend.routes &&
    last.options === backend.options &&
    isSameList(last.servers, servers, isSameServer)
  )
}

const byName = (a: Server, b: Server) => compareText(a.name, b.name)

const isReady = ({ admin }: Server) => admin === 'ready'
