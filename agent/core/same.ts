// Whether two values of the core say the same, field by field, so that an older object can stay in use.
// Identity is what makes a change cost only what it touches; this is what keeps identity through a re-listing.

import type { Claim } from './claim.ts'
import type { Options } from './options.ts'
import type { Problem } from './problem.ts'
import type { BackendOptions, BackendService, Server } from './routing.ts'

/** True where two claims ask for the same, so that the older object can stay in use. */
export function isSameClaim(a: Claim, b: Claim): boolean {
  return (
    isSameList(a.paths, b.paths, Object.is) &&
    isSameWish(a, b) &&
    a.isDefault === b.isDefault &&
    a.createdAt === b.createdAt &&
    isSameList(a.networkIds, b.networkIds, Object.is) &&
    isSameService(a.service, b.service) &&
    isSameList(a.hosts, b.hosts, Object.is) &&
    isSameList(a.servers, b.servers, isSameServer) &&
    isSameList(a.problems, b.problems, isSameProblem)
  )
}

/** True where two claims ask for the same but for where they are served. */
export function isSameWish(a: Claim, b: Claim): boolean {
  return (
    a.isPassthrough === b.isPassthrough &&
    a.tls?.certificate === b.tls?.certificate &&
    a.tls?.key === b.tls?.key &&
    isSameOptions(a.options, b.options) &&
    isSameList(a.redirects, b.redirects, (x, y) => x.source === y.source && x.target === y.target)
  )
}

/** True where two servers would be written alike. */
export function isSameServer(a: Server, b: Server): boolean {
  return (
    a.name === b.name &&
    a.address === b.address &&
    a.port === b.port &&
    a.weight === b.weight &&
    a.poolMaxConn === b.poolMaxConn &&
    a.checks === b.checks &&
    a.admin === b.admin
  )
}

/** True where two services have the same facts that a reload depends on. */
export function isSameService(a: BackendService, b: BackendService): boolean {
  return (
    a.id === b.id &&
    a.name === b.name &&
    a.mode === b.mode &&
    isSameList(a.networkIds, b.networkIds, Object.is)
  )
}

function isSameProblem(a: Problem, b: Problem): boolean {
  return (
    a.code === b.code &&
    a.severity === b.severity &&
    a.label === b.label &&
    a.found === b.found &&
    a.expected === b.expected &&
    a.hint === b.hint
  )
}

/** Compares two lists element by element. */
export function isSameList<T>(a: readonly T[], b: readonly T[], isSame: (a: T, b: T) => boolean): boolean {
  return (
    a.length === b.length &&
    a.every((each, index) => {
      const other = b[index]
      return other !== undefined && isSame(each, other)
    })
  )
}

/** True where two backends' sections would read alike. */
export function isSameOptions(a: Options | BackendOptions, b: Options | BackendOptions): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
