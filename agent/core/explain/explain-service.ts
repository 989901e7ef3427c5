// Where a service is served, by which of its servers, and why not.
// Refuses requests: a route's own rules are explain-request.ts's.

import { type Backend, defaultHost, sniHost } from '../routing.ts'
import type { Service } from '../snapshot.ts'
import type { Explanation, Reason, ServerLine, Way } from './explanation.ts'
import { type Known, originOf } from './facts.ts'
import type { Question } from './question.ts'
import { redirectsOfAll } from './redirects.ts'
import { leavingReason, narrowedReason, pendingReason, sharedReason } from './route-reasons.ts'
import { ruleOf } from './route-table.ts'
import { serverReasons } from './server-reasons.ts'
import { serviceReasons, worstFirst } from './service-reasons.ts'
import { tlsOfAll } from './tls.ts'
import { serviceVerdict } from './verdict.ts'
import { runningWith, seeBackend, wayOf } from './ways.ts'

/** A backend of the service: its way, and whether requests take it. */
type Part = { readonly way: Way; readonly isReached: boolean; readonly reasons: readonly Reason[] }

/** Explains a service. */
export function explainService(
  question: Question,
  service: Service,
  known: Known,
  remarks: readonly Reason[],
): Explanation {
  const backends = [...known.routing.backends.values()].filter(({ services }) =>
    services.some(({ id }) => id === service.id),
  )
  const wanted = backends.map((backend) => partOf(backend, service, known))
  const parts = wanted.length > 0 ? wanted : leavingParts(service, known)
  const ways = parts.map(({ way }) => way)
  const isServed = parts.some(({ way, isReached }) => isReached && way.takingRequests > 0)
  const reasons = worstFirst([
    ...serviceReasons(service, known),
    ...serverReasons(
      distinct(parts.filter(({ isReached }) => isReached).flatMap(({ way }) => way.servers)),
      isServed,
      known,
    ),
    ...parts.flatMap((part) => part.reasons),
    ...remarks,
  ])
  const answer = { isServed, isHypothetical: known.observed === undefined }
  const hosts = backends
    .flatMap(({ routes }) => routes.map(hostOfRoute))
    .filter((host) => host !== defaultHost)
  const tls = tlsOfAll(hosts, known)
  const redirects = redirectsOfAll(backends, hosts, known)
  return {
    asked: question.text,
    about: 'service',
    isServed,
    verdict: serviceVerdict(service.name, ways, reasons, answer),
    ...originOf(known),
    ...(tls.length > 0 && { tls }),
    ...(redirects.length > 0 && { redirects }),
    ways,
    reasons,
  }
}

/** A wildcard's is `.example.com`. */
function hostOfRoute(key: string): string {
  return key.slice(0, key.indexOf('/')).replace(sniHost(''), '')
}

function partOf(backend: Backend, service: Service, known: Known): Part {
  const { liveRoutes } = known
  const absent = liveRoutes === undefined ? [] : backend.routes.filter((key) => !liveRoutes.has(key))
  const present = backend.routes.filter((key) => !absent.includes(key))
  const live = liveRoutes?.get(present[0] ?? '') ?? runningWith(backend.servers, known)
  const seen = seeBackend(known, { desired: backend.name, live })
  const narrowed = narrowedReason(backend, service.name, known)
  return {
    // What is still to come is told by a reason; a backend that has no route yet shows what it is for.
    way: wayOf(seen, (present.length > 0 ? present : backend.routes).map(ruleOf), known, isOwn(service)),
    isReached: present.length > 0,
    reasons: [
      ...(absent.length === 0 ? [] : [pendingReason(absent, backend, known)]),
      ...(backend.services.length > 1 ? [sharedReason(backend, service.name)] : []),
      ...(narrowed === undefined ? [] : [narrowed]),
    ],
  }
}

/** What HAProxy still runs of a service that is published no more. */
function leavingParts(service: Service, known: Known): readonly Part[] {
  const isServers = isOwn(service)
  return [...(known.observed?.backends ?? [])].flatMap(([name, backend]): readonly Part[] => {
    const way = wayOf(
      seeBackend(known, { desired: undefined, live: name }),
      backend.routes.map(ruleOf),
      known,
      isServers,
    )
    if (way.servers.length === 0) return []
    const isReached = backend.routes.length > 0
    return [{ way, isReached, reasons: isReached ? [leavingReason(backend.routes, name)] : [] }]
  })
}

const isOwn =
  ({ name }: Service) =>
  (server: ServerLine): boolean =>
    server.service === name

/** A service's servers are the same in each of its backends; one telling is enough. */
function distinct(servers: readonly ServerLine[]): readonly ServerLine[] {
  return [...new Map(servers.map((server) => [`${server.name} ${server.state}`, server])).values()]
}
