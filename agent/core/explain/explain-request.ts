// Who serves a request now, and why nobody does.
// Where HAProxy was looked at, what it runs decides; what the services ask for says what is still to come.

import type { Explanation, Reason, Way } from './explanation.ts'
import { type Known, originOf } from './facts.ts'
import { hostReasons, isNamed } from './host-reasons.ts'
import type { AskedRequest, Question } from './question.ts'
import { leavingReason, pendingReason } from './route-reasons.ts'
import { type Match, matchRoute } from './route-table.ts'
import { serverReasons } from './server-reasons.ts'
import { serviceReasons, worstFirst } from './service-reasons.ts'
import { requestVerdict } from './verdict.ts'
import { runningWith, seeBackend, wayOf } from './ways.ts'

/** Explains a request. */
export function explainRequest(question: Question, request: AskedRequest, known: Known): Explanation {
  const { host, path } = request
  const desired = matchRoute(known.desiredRoutes, host, path)
  const live = known.liveRoutes === undefined ? undefined : matchRoute(known.liveRoutes, host, path)
  const taken = known.liveRoutes === undefined ? desired : live
  const way = wayTaken(taken, desired, known)
  const isServed = taken !== undefined && way !== undefined && way.takingRequests > 0
  const isPending = desired !== undefined && taken?.key !== desired.key
  const reasons = worstFirst([
    ...(isPending ? pending(desired, known) : []),
    ...(taken !== undefined && !known.desiredRoutes.has(taken.key)
      ? [leavingReason([taken.key], taken.backend)]
      : []),
    ...(isPending && taken !== undefined ? [] : claimReasons(request, desired, known)),
    ...(way === undefined ? [] : wayReasons(way, taken ?? desired, isServed, known)),
    ...portReasons(request, known),
  ])
  const answer = { isServed, isHypothetical: known.observed === undefined }
  return {
    asked: question.text,
    about: 'request',
    isServed,
    verdict: requestVerdict(request, way, reasons, answer),
    ...originOf(known),
    request: { host, path },
    ways: way === undefined ? [] : [way],
    reasons,
  }
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
  const binds = settings.httpBind.join(', ')
  if (scheme === 'https') {
    return [
      {
        code: 'tls-not-served',
        severity: 'warning',
        found: `https, and the edge answers plain HTTP only (on ${binds})`,
        expected: 'http, or something before the edge that ends TLS',
        cure: 'Ask with http://, or put a balancer in front that ends TLS.',
      },
    ]
  }
  const isListening = settings.httpBind.some((bind) => bind.endsWith(`:${port}`))
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
