// The way of requests through HAProxy: rules, backend, servers, as data to be shown.
// Refuses to say why a way leads nowhere.

import type { ObservedBackend } from '../observed.ts'
import type { Rule, ServerLine, ServerState, Way } from './explanation.ts'
import type { Known } from './facts.ts'
import { type Seen, serverLines, takesRequests } from './server-lines.ts'

/** How much of a way is shown. */
const most = { routes: 20, servers: 50 } as const

/** A backend as wanted under the first name, and as it runs under the second. */
export function seeBackend(
  known: Known,
  { desired, live }: { readonly desired: string | undefined; readonly live: string | undefined },
): Seen {
  return {
    name: live ?? desired ?? '',
    desired: desired === undefined ? undefined : known.routing.backends.get(desired),
    live: live === undefined ? undefined : known.observed?.backends.get(live),
  }
}

/** The way that leads by these rules to these servers of a backend. */
export function wayOf(
  seen: Seen,
  rules: readonly Rule[],
  known: Known,
  isShown: (server: ServerLine) => boolean = () => true,
): Way {
  const servers = serverLines(seen, known).filter(isShown)
  const shown = servers.toSorted((a, b) => ranks[a.state] - ranks[b.state]).slice(0, most.servers)
  return {
    routes: rules.slice(0, most.routes),
    routesLeftOut: Math.max(0, rules.length - most.routes),
    backend: seen.name,
    services: (seen.desired ?? seen.live?.source)?.services.map(({ name, mode }) => ({ name, mode })) ?? [],
    servers: shown,
    serversLeftOut: servers.length - shown.length,
    takingRequests: isClosed(seen) ? 0 : servers.filter(takesRequests).length,
  }
}

/** Nobody comes in where there is no list of those who may. */
function isClosed({ desired }: Seen): boolean {
  const users = desired?.options.users
  return users !== undefined && users.digest === undefined
}

/** Those that serve come first, so that they are seen where there are many. */
const ranks: { readonly [S in ServerState]: number } = {
  open: 0,
  leaving: 1,
  unproven: 2,
  down: 3,
  held: 4,
  drain: 5,
  missing: 6,
  maint: 7,
  maintenance: 7,
  closing: 8,
}

/** The running backend that has one of these servers; undefined where none does. */
export function runningWith(
  servers: readonly { readonly name: string }[],
  { observed }: Known,
): string | undefined {
  const hasOne = ({ servers: running }: ObservedBackend) => servers.some(({ name }) => running.has(name))
  return [...(observed?.backends ?? [])].find(([, backend]) => hasOne(backend))?.[0]
}
