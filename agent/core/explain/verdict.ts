// The answer in one sentence.
// Refuses to decide it.

import { quote } from '../text.ts'
import type { Reason, RedirectAnswer, Rule, Way } from './explanation.ts'
import type { AskedRequest, Question } from './question.ts'
import { ruleText } from './route-table.ts'

/** How many names a sentence bears. */
const namesMax = 3

/** @param way the way that the request takes; undefined where HAProxy answers by itself */
export function requestVerdict(
  request: AskedRequest,
  way: Way | undefined,
  reasons: readonly Reason[],
  answer: {
    readonly isServed: boolean
    readonly isHypothetical: boolean
    /** TLS is refused before there is a request. */
    readonly isRefused: boolean
    /** Where it is sent instead of being served. */
    readonly redirect: RedirectAnswer | undefined
  },
): string {
  const url = requestText(request)
  const verb = answer.isHypothetical ? 'would be' : 'is'
  const { redirect } = answer
  if (redirect !== undefined) return `${url} ${verb} sent to ${redirect.to} (${redirect.status}).`
  if (answer.isRefused) return `${url} ${verb} refused: ${clauseOf(reasons)}.`
  if (way === undefined || !answer.isServed) return `${url} ${verb} answered with 503: ${clauseOf(reasons)}.`
  const by = listed(way.services.map(({ name }) => name)) || `backend ${way.backend}`
  if (way.routes[0]?.kind === 'default') {
    return `${url} ${verb} answered by the default backend, ${by}: ${serversText([way])}.`
  }
  const how = way.routes[0]?.isPassedThrough === true ? 'passed through to' : 'served by'
  return `${url} ${verb} ${how} ${by}: ${serversText([way])}.`
}

export function serviceVerdict(
  service: string,
  ways: readonly Way[],
  reasons: readonly Reason[],
  answer: { readonly isServed: boolean; readonly isHypothetical: boolean },
): string {
  const verb = answer.isHypothetical ? 'would be' : 'is'
  if (!answer.isServed) {
    return `${service} ${answer.isHypothetical ? 'would not be' : 'is not'} served: ${clauseOf(reasons, service)}.`
  }
  const serving = ways.filter(({ takingRequests }) => takingRequests > 0)
  const routes = serving.flatMap((way) => way.routes.map(placeText))
  const more = serving.reduce((sum, { routesLeftOut }) => sum + routesLeftOut, 0)
  return `${service} ${verb} served at ${listed(routes, more)}: ${serversText(serving)}.`
}

/** A route as a place in a sentence. */
function placeText(rule: Rule): string {
  return rule.isPassedThrough === true ? `${rule.host} (TLS passed through)` : ruleText(rule)
}

/** Where the question leads nowhere. */
export function nothingVerdict({ text }: Question, [reason]: readonly Reason[]): string {
  if (reason?.code === 'service-unknown')
    return `${quote(text)} is neither a service nor a host that is known.`
  if (reason?.code === 'service-ambiguous') return `${reason.found}.`.replace(', which can be', ' can be')
  return `This cannot be explained: ${reason?.found ?? 'nothing was asked'}.`
}

/** A request as a person writes it. */
export function requestText({ scheme, host, port, path }: AskedRequest): string {
  const head = scheme === undefined ? '' : `${scheme}://`
  return `${head}${host}${port === undefined ? '' : `:${port}`}${path === '/' ? '' : path}`
}

function serversText(ways: readonly Way[]): string {
  const taking = ways.reduce((sum, way) => sum + way.takingRequests, 0)
  const all = ways.reduce(
    (sum, way) => sum + way.serversLeftOut + way.servers.filter(({ state }) => state !== 'closing').length,
    0,
  )
  if (all === 1) return 'its one server takes requests'
  return taking === all ? `all ${all} servers take requests` : `${taking} of ${all} servers take requests`
}

/** @param subject the service that the sentence is about, if it is about one */
function clauseOf([reason]: readonly Reason[], subject?: string): string {
  if (reason === undefined) return 'no server takes requests'
  const { code, service, label, found, expected } = reason
  if (service === undefined) return found
  const name = service === subject ? 'it' : service
  if (code.startsWith('tasks-') || code === 'node-down')
    return `${name} has no ${expected.replace(/^a /, '')} (${found})`
  if (code.startsWith('network-')) return `${name} cannot be reached: ${found}`
  if (label !== undefined)
    return name === 'it' ? `label ${label}: ${found}` : `label ${label} of ${name}: ${found}`
  return name === 'it' ? found : `${name}: ${found}`
}

function listed(texts: readonly string[], more = 0): string {
  const rest = texts.length - namesMax + more
  const shown = texts.slice(0, namesMax).join(', ')
  return rest > 0 && texts.length >= namesMax ? `${shown} and ${rest} more` : shown
}
