// What a question is about, given what there is: a request, a service, or nothing that is known.
// Refuses to explain.

import { labelTable } from '../labels/table.ts'
import { sniHost } from '../routing.ts'
import type { Service } from '../snapshot.ts'
import { compareText, listText, nearest, quote } from '../text.ts'
import type { Reason } from './explanation.ts'
import type { Known } from './facts.ts'
import type { AskedRequest, Question } from './question.ts'

export type Subject =
  | { readonly kind: 'request'; readonly request: AskedRequest; readonly remarks: readonly Reason[] }
  | { readonly kind: 'service'; readonly service: Service; readonly remarks: readonly Reason[] }
  | { readonly kind: 'nothing'; readonly reasons: readonly Reason[] }

/** What of an id is enough: `docker service ls` prints 12 of its 25 characters. */
const idLengthMin = 6

/**
 * Decides what a question means.
 *
 * A bare word is a service where there is one of that name or id, else a host where a route is there for it, else a
 * service by its short name in a stack, else a host where it has a dot. What has a scheme, a slash or a port is a request.
 */
export function subjectOf({ text, request, service: word, fault }: Question, known: Known): Subject {
  if (fault !== undefined) return { kind: 'nothing', reasons: [unclear(text, fault)] }
  if (word === undefined)
    return request === undefined ? nothing(unclear(text, 'it says nothing')) : about(request)
  const named = servicesNamed(word, known)
  if (named.length === 0 && request !== undefined && hasRoute(request.host, known)) return about(request)
  const found = named.length > 0 ? named : inStacks(word, known)
  if (found.length > 1) return nothing(ambiguous(word, found))
  const [service] = found
  if (service !== undefined) {
    const isBoth = request !== undefined && hasRoute(request.host, known)
    return { kind: 'service', service, remarks: isBoth ? [isHostToo(request.host)] : [] }
  }
  const isHostLike = word.includes('.') && !word.includes('_')
  if (request !== undefined && (isHostLike || word === 'localhost')) return about(request)
  return nothing(unknown(word, known))
}

const about = (request: AskedRequest): Subject => ({ kind: 'request', request, remarks: [] })
const nothing = (reason: Reason): Subject => ({ kind: 'nothing', reasons: [reason] })

function servicesNamed(word: string, { snapshot, servicesById }: Known): readonly Service[] {
  const named = snapshot.services.find(({ name }) => name === word)
  const exact = named ?? servicesById.get(word)
  if (exact !== undefined) return [exact]
  if (word.length < idLengthMin) return []
  return snapshot.services.filter(({ id }) => id.startsWith(word)).toSorted(byName)
}

/** By the name that a stack's file gives it, without the name of the stack before it. */
function inStacks(word: string, { snapshot }: Known): readonly Service[] {
  return snapshot.services.filter((service) => shortName(service) === word).toSorted(byName)
}

function shortName({ name, labels }: Service): string {
  const stack = labels['com.docker.stack.namespace']
  return stack !== undefined && name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name
}

const byName = (a: Service, b: Service) => compareText(a.name, b.name)

function hasRoute(host: string, { desiredRoutes, liveRoutes }: Known): boolean {
  const isOfHost = (key: string) => key.startsWith(`${host}/`) || key === `${sniHost(host)}/`
  return [...desiredRoutes.keys()].some(isOfHost) || [...(liveRoutes?.keys() ?? [])].some(isOfHost)
}

function unclear(text: string, fault: string): Reason {
  return {
    code: 'question-unclear',
    severity: 'error',
    found: `${quote(text)}: ${fault}`,
    expected: 'a URL, a host, or the name or id of a service',
    cure: 'Ask for example: tidegate explain http://shop.local/cart, or tidegate explain shop_web',
  }
}

function ambiguous(word: string, services: readonly Service[]): Reason {
  const names = services.map(({ name }) => name)
  return {
    code: 'service-ambiguous',
    severity: 'error',
    found: `${quote(word)}, which can be each of ${listText(names)}`,
    expected: "one service's full name",
    cure: `Ask for one of them: tidegate explain ${names[0] ?? ''}`,
  }
}

function isHostToo(host: string): Reason {
  return {
    code: 'word-is-both',
    severity: 'note',
    found: `${quote(host)} names a service and a host`,
    expected: 'one meaning; the service is explained',
    cure: `For the host ask: tidegate explain http://${host}/`,
  }
}

function unknown(word: string, { snapshot, isSwarmKnown, isPlainDocker }: Known): Reason {
  const names = snapshot.services.flatMap((service) => [service.name, shortName(service)])
  const near = nearest(word, names)
  const holder = isPlainDocker ? 'the engine' : 'Swarm'
  const where = isSwarmKnown ? `${holder} has no such service` : 'HAProxy has no server of such a service'
  const list = listText([...new Set(snapshot.services.map(({ name }) => name))].sort(compareText)).replaceAll(
    '"',
    '',
  )
  return {
    code: 'service-unknown',
    severity: 'error',
    found: `${quote(word)}: ${where}, and no ${labelTable.hosts.label} label names such a host`,
    expected: 'the name or id of a service, or a host',
    cure:
      near !== undefined
        ? `Did you mean ${near}?`
        : list === ''
          ? 'There is no service at all.'
          : `There are: ${list}. For a host without a dot write http://${word}/`,
  }
}
