// What the agent must know by now, and therefore must not lose: the memory of the monitor.
// Owns time as the agent can use it: it only runs while the agent lives and the engine answers it. Refuses sockets.

import type { Truth } from './truth.ts'

/**
 * How well the agent can see.
 *
 * `well`: it gets true lists. `dim`: it may get some, late. `blind`: it certainly gets none, so that what it knew when it
 * went blind must stand, whatever becomes of the Swarm.
 */
export type Sight = 'well' | 'dim' | 'blind'

export type Ledger = {
  /** Takes note of what should be served; call it with each change of the Swarm and with each look. */
  readonly note: (truth: Truth, sight: Sight) => void
  /** The agent could see well for so long. */
  readonly pass: (timeMs: number) => void
  readonly seenMs: () => number
  /** Routes that must have a ready server now, with the addresses of which one at least must be among those. */
  readonly required: () => ReadonlyMap<string, ReadonlySet<string>>
  /** Names of services that have ever asked for a route. */
  readonly everClaimed: (route: string) => ReadonlySet<string>
}

type Fact = { readonly route: string; readonly address: string; readonly sinceMs: number; isGone: boolean }

/** How long something must have been true, in time that the agent could use, until it must be known. */
const learnMs = 2500

export function createLedger(): Ledger {
  const facts = new Map<string, Fact>()
  const claimed = new Map<string, Set<string>>()
  let seenMs = 0
  return {
    note: (truth, sight) => {
      const present = new Set<string>()
      for (const [route, holders] of truth) {
        for (const { service } of holders) claimed.set(route, (claimed.get(route) ?? new Set()).add(service))
      }
      for (const [key, route, address] of factsOf(truth)) {
        present.add(key)
        const known = facts.get(key)
        if (known === undefined || known.isGone)
          facts.set(key, { route, address, sinceMs: seenMs, isGone: false })
      }
      for (const [key, fact] of facts) {
        if (present.has(key)) continue
        if (sight === 'blind') fact.isGone = true
        else facts.delete(key)
      }
    },
    pass: (timeMs) => {
      seenMs += timeMs
    },
    seenMs: () => seenMs,
    required: () => {
      const routes = new Map<string, Set<string>>()
      for (const { route, address, sinceMs } of facts.values()) {
        if (seenMs - sinceMs >= learnMs) routes.set(route, (routes.get(route) ?? new Set()).add(address))
      }
      return routes
    },
    everClaimed: (route) => claimed.get(route) ?? new Set(),
  }
}

/** One for each server of each route: it is another fact when the service's claim, or the server, becomes another. */
function* factsOf(truth: Truth): Iterable<readonly [string, string, string]> {
  for (const [route, holders] of truth) {
    for (const { serviceId, claim, servers } of holders) {
      for (const [server, address] of servers)
        yield [`${route} ${serviceId} ${claim} ${server} ${address}`, route, address]
    }
  }
}
