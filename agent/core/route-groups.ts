// Which services share which routes: claims are merged by host and path, and conflicts are decided by age.
// Refuses backends: what is made of a group is desired.ts's.

import type { Claim } from './claim.ts'
import { labelProblem } from './labels/read.ts'
import { labelTable } from './labels/table.ts'
import { differingOptions } from './options.ts'
import { type Problem, problemText } from './problem.ts'
import { defaultHost, routeKey, sniHost } from './routing.ts'
import { quote } from './text.ts'

/**
 * Routes of one path that the same claims ask for. `claims` is oldest first; `routes` is in the order in which they were
 * claimed. A path of its own, since what is done with it is the backend's.
 */
export type RouteGroup = {
  readonly claims: Claim[]
  readonly path: string
  readonly routes: { readonly host: string; readonly path: string }[]
}

/** Gives each route to those that ask for it; a second default, and options in vain, are problems. */
export function groupRoutes(claims: readonly Claim[]): {
  readonly groups: readonly RouteGroup[]
  readonly problems: readonly Problem[]
} {
  const routes = new Map<string, { host: string; path: string; claims: Claim[] }>()
  const problems: Problem[] = []
  for (const claim of claims) {
    for (const path of claim.paths) {
      for (const host of claim.hosts) claimRoute(hostOf(host, claim), path, claim)
      if (claim.isDefault) claimDefault(path, claim)
    }
  }
  const groups = new Map<string, RouteGroup>()
  for (const { host, path, claims } of routes.values()) {
    const members = [path, ...claims.map((claim) => claim.service.id)].join(' ')
    const group = groups.get(members)
    if (group === undefined) groups.set(members, { claims, path, routes: [{ host, path }] })
    else group.routes.push({ host, path })
  }
  return { groups: [...groups.values()], problems: distinct([...problems, ...differences(groups.values())]) }

  function claimRoute(host: string, path: string, claim: Claim): void {
    const key = routeKey(host, path)
    const route = routes.get(key)
    const [oldest] = route?.claims ?? []
    if (route === undefined || oldest === undefined) routes.set(key, { host, path, claims: [claim] })
    else if (isUnguarded(oldest, claim)) problems.push(...unguarded(oldest, claim))
    else route.claims.push(claim)
  }

  function claimDefault(path: string, claim: Claim): void {
    const host = hostOf(defaultHost, claim)
    const holder = routes.get(routeKey(host, path))?.claims[0]
    if (holder === undefined) claimRoute(host, path, claim)
    else problems.push(defaultTaken(claim, holder))
  }
}

const hostOf = (host: string, { isPassthrough }: Claim) => (isPassthrough ? sniHost(host) : host)

/** What says who comes in. */
const guards = ['basicAuth', 'allow', 'deny'] as const

/** Whether the younger service would be served to others than those whom its labels let in. */
function isUnguarded({ options }: Claim, younger: Claim): boolean {
  return guards.some((key) => {
    const wanted = younger.options[key]
    return wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(options[key])
  })
}

function unguarded(oldest: Claim, younger: Claim): readonly Problem[] {
  return differingOptions(oldest, younger)
    .filter(({ label }) => guards.some((key) => labelTable[key].label === label))
    .map((problem) => ({
      ...problem,
      severity: 'error',
      hint: 'They share a route, on which the older one decides who comes in: this one is not served there. Set the label alike on both.',
    }))
}

/** Each once, on however many routes services meet. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [problemText(problem), problem])).values()]
}

function differences(groups: Iterable<RouteGroup>): readonly Problem[] {
  const found: Problem[] = []
  for (const { claims } of groups) {
    const [oldest, ...younger] = claims
    if (oldest === undefined) continue
    found.push(...younger.flatMap((claim) => differingOptions(oldest, claim)))
  }
  return found
}

function defaultTaken(claim: Claim, holder: Claim): Problem {
  return labelProblem(claim.service, labelTable.defaultBackend.label, 'default-taken', {
    found: `"true", as on the older service ${quote(holder.service.name)}`,
    expected: 'one default backend',
    hint: `${holder.service.name} stays the default. Remove the label from one of the two.`,
  })
}
