// Who serves a request now, and why nobody does.
// Where HAProxy was looked at, what it runs decides; what the services ask for says what is still to come.

import type { Backend } from '../routing.ts'
import type { Explanation, Reason, RedirectAnswer, TlsAnswer, Way } from './explanation.ts'
import { type Known, originOf } from './facts.ts'
import { hostReasons, isNamed } from './host-reasons.ts'
import type { AskedRequest, Question } from './question.ts'
import { redirectOf } from './redirects.ts'
import { leavingReason, pendingReason } from './route-reasons.ts'
import { type Match, matchRoute, type RouteTable } from './route-table.ts'
import { serverReasons } from './server-reasons.ts'
import { serviceReasons, worstFirst } from './service-reasons.ts'
import { matchPassed, passedThroughReason, tlsOf, tlsReasons } from './tls.ts'
import { requestVerdict } from './verdict.ts'
import { runningWith, seeBackend, wayOf } from './ways.ts'

/** Explains a request. */
export function explainRequest(question: Question, request: AskedRequest, known: Known): Explanation {
  const { host, path } = request
  const tls = tlsOf(host, known)
  const isPassed = tls?.does === 'pass' && isByTls(request, known)
  const match = (table: RouteTable) => (isPassed ? matchPassed(table, host) : matchRoute(table, host, path))
  const desired = match(known.desiredRoutes)
  const live = known.liveRoutes === undefined ? undefined : match(known.liveRoutes)
  const taken = known.liveRoutes === undefined ? desired : live
  const redirect = isPassed ? undefined : redirectOf(request, backendOf(taken ?? desired, known), known)
  const way = redirect?.status === 302 ? undefined : wayTaken(taken, desired, known)
  const isRefused = request.scheme === 'https' && tls?.does === 'refuse'
  const isReached = taken !== undefined && way !== undefined && way.takingRequests > 0
  const isServed = redirect !== undefined || (isReached && !isRefused)
  const reasons =
    redirect?.status === 302
      ? []
      : worstFirst([
          ...handshakeReasons(request, redirect, tls, way),
          ...routeReasons(request, { desired, taken, tls, way, isReached: isReached && !isRefused }, known),
          ...portReasons(request, known),
        ])
  const answer = { isServed, isHypothetical: known.observed === undefined, isRefused, redirect }
  return {
    asked: question.text,
    about: 'request',
    isServed,
    verdict: requestVerdict(request, way, reasons, answer),
    ...originOf(known, isPassed ? 'tls' : request.scheme === 'https' && tls !== undefined ? 'https' : 'http'),
    request: { host, path },
    ...(tls !== undefined && { tls: [tls] }),
    ...(redirect !== undefined && { redirects: [redirect] }),
    ways: way === undefined ? [] : [way],
    reasons,
  }
}

/** Where nothing says how it is asked for, a host that is not there for plain HTTP is asked for by TLS. */
function isByTls({ scheme, host, path }: AskedRequest, { liveRoutes, desiredRoutes }: Known): boolean {
  return scheme === 'https' || (scheme === undefined && !matchRoute(liveRoutes ?? desiredRoutes, host, path))
}

function backendOf(match: Match | undefined, { routing, desiredRoutes }: Known): Backend | undefined {
  return routing.backends.get(desiredRoutes.get(match?.key ?? '') ?? '')
}

/** Of TLS where it is asked for, or where the answer sends the client to it. */
function handshakeReasons(
  { scheme }: AskedRequest,
  redirect: RedirectAnswer | undefined,
  tls: TlsAnswer | undefined,
  way: Way | undefined,
): readonly Reason[] {
  const service = way?.services[0]?.name
  if (scheme === 'https') return tlsReasons(tls, 'error', service)
  return redirect?.status === 308 ? tlsReasons(tls, 'warning', service) : []
}

type Taken = {
  readonly desired: Match | undefined
  readonly taken: Match | undefined
  readonly tls: TlsAnswer | undefined
  readonly way: Way | undefined
  readonly isReached: boolean
}

/** Of the way from the host to a server. */
function routeReasons(
  request: AskedRequest,
  { desired, taken, tls, way, isReached }: Taken,
  known: Known,
): readonly Reason[] {
  const isPending = desired !== undefined && taken?.key !== desired.key
  const isMissed = desired === undefined && taken === undefined && tls?.does === 'pass'
  if (isMissed) return [passedThroughReason(request.host, tls)]
  return [
    ...(isPending ? pending(desired, known) : []),
    ...(taken !== undefined && !known.desiredRoutes.has(taken.key)
      ? [leavingReason([taken.key], taken.backend)]
      : []),
    ...(isPending && taken !== undefined ? [] : claimReasons(request, desired, known)),
    ...(way === undefined ? [] : wayReasons(way, taken ?? desired, isReached, known)),
  ]
}

/** The way that the request takes, or else the one that it is to take. */
function wayTaken(taken: Match | undefined, desired: Match | undefined, known: Known): Way | undefined {
  const match = taken ?? desired
  if (match === undefined) return undefined
  const wanted = known.desiredRoutes.get(match.key)
  const servers = known.routing.backends.get(wanted ?? '')?.servers ?? []
  const live = known.liveRoutes?.get(match.key) ?? runningWith(servers, known)
  const seen = seeBackend(known, { desired: wanted, live })
  return wayOf(seen, [match.rule], known)
}

function pending({ key, backend }: Match, known: Known): readonly Reason[] {
  const wanted = known.routing.backends.get(backend)
  return wanted === undefined ? [] : [pendingReason([key], wanted, known)]
}

/** Why the host has no route of its own, where it has none. */
function claimReasons(request: AskedRequest, match: Match | undefined, known: Known): readonly Reason[] {
  if (match === undefined) return hostReasons(request, known)
  if (match.rule.kind === 'exact') return []
  const isWanted = isNamed(request.host, known)
  if (match.rule.kind === 'wildcard') return isWanted ? hostReasons(request, known) : []
  const reasons = hostReasons(request, known)
  const [first] = reasons
  const byDefault: Reason = {
    code: 'answered-by-default',
    severity: 'warning',
    found: `no route of its own for ${request.host}; the default backend answers`,
    expected: 'a service that claims the host, if this is not meant',
    cure:
      isWanted || first === undefined ? 'See the reasons why its own service does not answer.' : first.cure,
  }
  return isWanted ? [...reasons, byDefault] : [byDefault]
}

function wayReasons(
  { servers }: Way,
  match: Match | undefined,
  isServed: boolean,
  known: Known,
): readonly Reason[] {
  const backend = known.routing.backends.get(known.desiredRoutes.get(match?.key ?? '') ?? '')
  const isThere = match !== undefined && (known.liveRoutes?.has(match.key) ?? true)
  const ofServers = isThere ? serverReasons(servers, isServed, known) : []
  if (isServed) return ofServers
  const services = backend?.services.flatMap(({ id }) => known.servicesById.get(id) ?? []) ?? []
  return [...services.flatMap((service) => serviceReasons(service, known)), ...ofServers]
}

/** What the request's scheme and port would have to mean. */
function portReasons({ scheme, port }: AskedRequest, { settings }: Known): readonly Reason[] {
  const isTls = scheme === 'https' && settings.isTlsOn
  const own = isTls ? settings.httpsBind : settings.httpBind
  const binds = own.join(', ')
  if (scheme === 'https' && !isTls) {
    return [
      {
        code: 'tls-not-served',
        severity: 'warning',
        found: `https, and the edge answers plain HTTP only (on ${binds})`,
        expected: 'http, or an edge that listens for TLS',
        cure: 'Ask with http://, or set TIDEGATE_HTTPS_BIND=:443 on the edge and publish the port, or let a balancer in front end TLS.',
      },
    ]
  }
  const isListening = own.some((bind) => bind.endsWith(`:${port}`)) || (isTls && port === settings.httpsPort)
  if (port === undefined || isListening) return []
  return [
    {
      code: 'port-not-served',
      severity: 'warning',
      found: `port ${port}, and the edge listens on ${binds}`,
      expected: "one of the edge's own ports",
      cure: 'It arrives only where something before the edge maps the port. The port of a task goes into com.docker.lb.port, and clients do not see it.',
    },
  ]
}
