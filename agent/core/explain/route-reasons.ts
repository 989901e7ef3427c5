// Where the route map that HAProxy has is not (yet) the one that the services ask for, and what routes do to each other.
// Refuses servers.

import type { Backend } from '../routing.ts'
import { listText, quote } from '../text.ts'
import type { Reason } from './explanation.ts'
import type { Known } from './facts.ts'
import { ruleOf, ruleText } from './route-table.ts'
import { runningWith } from './ways.ts'

/** How many routes are told by name. */
const routesMax = 5

/** The reason why wanted routes are not in HAProxy. */
export function pendingReason(keys: readonly string[], backend: Backend, known: Known): Reason {
  const routes = shown(keys.map(textOf))
  const runs = known.observed?.backends.has(backend.name) || runningWith(backend.servers, known) !== undefined
  return runs
    ? {
        code: 'route-pending',
        severity: 'error',
        found: `HAProxy's route map does not have ${routes} yet`,
        expected: `a route to backend ${backend.name}`,
        cure: 'It comes within moments, without a reload. If it does not: tidegate plan says what is left to do, and the log what hinders it.',
      }
    : {
        code: 'backend-pending',
        severity: 'error',
        found: `HAProxy does not have the backend ${backend.name} yet, which only a reload can make`,
        expected: `a backend for ${routes}`,
        cure: 'Wait: the reload follows within seconds of the change (settings reload-settle, reload-settle-max). If it does not: tidegate plan says what is pending, and the log what hinders it.',
      }
}

/** A route that HAProxy has and no service asks for any more. */
export function leavingReason(keys: readonly string[], backend: string): Reason {
  return {
    code: 'route-leaving',
    severity: 'warning',
    found: `HAProxy still leads ${shown(keys.map(textOf))} to backend ${backend}, and no service asks for that any more`,
    expected: 'no such route',
    cure: 'It goes within moments. If it does not: tidegate plan says what is left to do, and the log what hinders it.',
  }
}

/** Another service on the same routes gets its share of the requests, and the older one's options stand. */
export function sharedReason(backend: Backend, service: string): Reason {
  const [oldest] = backend.services
  const others = backend.services.filter(({ name }) => name !== service).map(({ name }) => name)
  const isOldest = oldest?.name === service
  return {
    code: 'route-shared',
    severity: 'note',
    service,
    found: `${shown(backend.routes.map(textOf))} is also served by ${listText(others)}`,
    expected: 'one service for each host and path, or several on purpose',
    cure: `Requests divide by servers. The options of the oldest service stand: ${isOldest ? "this one's" : `those of ${quote(oldest?.name ?? '')}`}. To part them, give one another host or a com.docker.lb.context_root.`,
  }
}

/** Longer paths of the same hosts that lead elsewhere; undefined where there are none. */
export function narrowedReason(backend: Backend, service: string, known: Known): Reason | undefined {
  const narrower = [...known.desiredRoutes].filter(
    ([key, name]) => name !== backend.name && backend.routes.some((own) => key.startsWith(own)),
  )
  if (narrower.length === 0) return undefined
  const takers = narrower.flatMap(([, name]) => known.routing.backends.get(name)?.services ?? [])
  const names = [...new Set(takers.map(({ name }) => name))]
  return {
    code: 'route-narrowed',
    severity: 'note',
    service,
    found: `${shown(narrower.map(([key]) => textOf(key)))} ${narrower.length === 1 ? 'leads' : 'lead'} to ${listText(names)}`,
    expected: 'the longest path that fits to decide',
    cure: 'Nothing is wrong if this is meant.',
  }
}

const textOf = (key: string) => ruleText(ruleOf(key))
const shown = (texts: readonly string[]) => listText(texts, routesMax).replaceAll('"', '')
