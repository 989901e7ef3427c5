// Waits until the servers of a routing can be reached: a container's overlay networks take a moment after its start.
// Owns what is enough: one server of each backend. Refuses sockets.

import { newcomerKey } from '../core/newcomers.ts'
import type { Backend, Routing, Server } from '../core/routing.ts'
import type { CliPorts } from './ports.ts'

/** Of one backend as many servers are asked. */
const askedMax = 8

/** Resolves to the names of the backends of which no asked server accepted a connection within `forMs`. */
export async function awaitBackends(
  routing: Routing,
  accepts: CliPorts['accepts'],
  forMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const asked = new Map<string, Promise<boolean>>()
  const ask = (server: Server): Promise<boolean> => {
    const key = newcomerKey(server)
    const known = asked.get(key) ?? accepts(server, forMs, signal)
    asked.set(key, known)
    return known
  }
  const states = await Promise.all([...routing.backends.values()].map((backend) => isReached(backend, ask)))
  return [...routing.backends.keys()].filter((_, index) => states[index] === false)
}

async function isReached(backend: Backend, ask: (server: Server) => Promise<boolean>): Promise<boolean> {
  const ready = backend.servers.filter(({ admin }) => admin === 'ready').slice(0, askedMax)
  if (ready.length === 0) return true
  const refused = async (server: Server) => {
    if (!(await ask(server))) throw new Error('not reached')
  }
  return Promise.any(ready.map(refused)).then(
    () => true,
    () => false,
  )
}
