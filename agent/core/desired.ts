// From a snapshot to the routing: claims, the routes that they share, and a backend for each group of these.
// Pure. The memo only saves work: with or without it the routing is the same.

import { backendName } from './backend-name.ts'
import type { TlsFacts } from './certificate-wish.ts'
import { type Chosen, chooseCertificates, namedMaterials } from './certificates.ts'
import type { Claim } from './claim.ts'
import { type Claims, claimServices, replacedClaims } from './claims.ts'
import { backendOptions } from './options.ts'
import { compareProblems, type Problem } from './problem.ts'
import { chooseRedirects } from './redirects.ts'
import { groupRoutes, type RouteGroup } from './route-groups.ts'
import { type Backend, type BackendUsers, type Routing, routeKey, type Server } from './routing.ts'
import { isSameList } from './same.ts'
import type { RoutingSettings } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { compareText } from './text.ts'
import { topologyOf } from './topology.ts'
import { namedUsers, usersOf, usersProblems } from './users.ts'

/** What the last computation found, to be handed to the next. Its content is nobody else's business. */
export type Memo = {
  readonly claims: Claims
  readonly setAside: SetAside
  readonly published: Published
}

/** Who gets what, conflicts decided. */
type Published = {
  /** Oldest first. */
  readonly claims: readonly Claim[]
  readonly backends: ReadonlyMap<string, { readonly backend: Backend; readonly claims: readonly Claim[] }>
  /** Of services set aside, and of those that want what an older one has. */
  readonly problems: readonly Problem[]
  /** What the edge must share to reach everything that is published. */
  readonly networkIds: readonly string[]
  /** Certificates and keys that services name. */
  readonly materialNames: readonly string[]
  readonly tls: Chosen
  readonly usersProblems: readonly Problem[]
  readonly redirects: Routing['redirects']
  /** What `tls` was chosen from. */
  readonly material: TlsFacts
}

/** A service whose configuration HAProxy refused; it stays out until it changes. Keyed by the service's id. */
export type SetAside = ReadonlyMap<string, { readonly version: number; readonly problem: Problem }>

const nobody: SetAside = new Map()

/** Certificates that HAProxy does not take, by file, each with its words. */
export type RefusedCertificates = ReadonlyMap<string, string>

const none: RefusedCertificates = new Map()

/** Computes what the edge should do for a snapshot, the ids of the networks that it needs for that, and the names of
 * certificates and keys. Hand in the last memo, and services cost nothing that did not change. */
export function computeRouting(
  snapshot: Snapshot,
  settings: RoutingSettings,
  setAside: SetAside = nobody,
  memo?: Memo,
  refused: RefusedCertificates = none,
): {
  readonly routing: Routing
  readonly networkIds: readonly string[]
  readonly materialNames: readonly string[]
  readonly memo: Memo
} {
  const topology = topologyOf(snapshot, memo?.claims.topology)
  const claims = claimServices(snapshot, topology, settings, memo?.claims)
  const material = { ...pickMaterial(snapshot), refused, isTlsOn: settings.isTlsOn }
  const replaced = memo?.setAside === setAside ? replacedClaims(claims, memo.claims) : undefined
  const published =
    memo === undefined || replaced === undefined
      ? publish(claims, setAside, material, memo)
      : withMaterial(replaceClaims(memo.published, replaced), material)
  const problems = [
    ...published.problems,
    ...published.tls.problems,
    ...published.usersProblems,
    ...published.claims.flatMap((claim) => claim.problems),
  ]
  return {
    routing: {
      backends: new Map([...published.backends].map(([name, entry]) => [name, entry.backend])),
      certificates: published.tls.certificates,
      defaultCertificate: published.tls.defaultCertificate,
      redirects: published.redirects,
      problems: problems.toSorted(compareProblems),
    },
    networkIds: published.networkIds,
    materialNames: published.materialNames,
    memo: { claims, setAside, published },
  }
}

function publish(
  { byService }: Claims,
  setAside: SetAside,
  material: Published['material'],
  memo: Memo | undefined,
): Published {
  const excluded: Problem[] = []
  const claims: Claim[] = []
  for (const { service, claim } of byService.values()) {
    const aside = setAside.get(service.id)
    if (aside?.version === service.version) excluded.push(aside.problem)
    else if (claim !== undefined) claims.push(claim)
  }
  claims.sort((a, b) => compareText(a.createdAt, b.createdAt) || compareText(a.service.id, b.service.id))
  const { groups, problems } = groupRoutes(claims)
  const redirected = chooseRedirects(claims)
  return {
    claims,
    backends: buildBackends(groups, material, memo),
    problems: [...excluded, ...problems, ...redirected.problems],
    networkIds: neededNetworks(claims),
    materialNames: [
      ...new Set([...(material.isTlsOn ? namedMaterials(claims) : []), ...namedUsers(claims)]),
    ].sort(compareText),
    tls: chooseCertificates(claims, material),
    usersProblems: usersProblems(claims, material),
    redirects: redirected.redirects,
    material,
  }
}

const pickMaterial = ({ materials, secrets, configs }: Snapshot) => ({ materials, secrets, configs })

/** The same services with other certificates at hand. */
function withMaterial(published: Published, material: Published['material']): Published {
  const { materials, secrets, configs, refused } = published.material
  const isSame =
    material.materials === materials &&
    material.secrets === secrets &&
    material.configs === configs &&
    material.refused === refused
  if (isSame) return published
  return {
    ...published,
    backends: withUsers(published.backends, material),
    tls: chooseCertificates(published.claims, material),
    usersProblems: usersProblems(published.claims, material),
    material,
  }
}

/** The same backends for the users that there are now. */
function withUsers(backends: Published['backends'], { materials }: TlsFacts): Published['backends'] {
  const changed = [...backends].flatMap(([name, entry]) => {
    const { options } = entry.backend
    const users = usersOf(options.users?.name, materials)
    if (users === undefined || users.digest === options.users?.digest) return []
    return [[name, { ...entry, backend: { ...entry.backend, options: { ...options, users } } }] as const]
  })
  return changed.length === 0 ? backends : new Map([...backends, ...changed])
}

/** The same routes with other servers: only backends that a replaced claim has a share in are built anew. */
function replaceClaims(published: Published, replaced: ReadonlyMap<Claim, Claim>): Published {
  if (replaced.size === 0) return published
  const renew = (claim: Claim) => replaced.get(claim) ?? claim
  const backends = new Map(published.backends)
  for (const [name, { backend, claims }] of published.backends) {
    if (!claims.some((claim) => replaced.has(claim))) continue
    const renewed = claims.map(renew)
    backends.set(name, { backend: { ...backend, servers: serversOfAll(renewed) }, claims: renewed })
  }
  return { ...published, claims: published.claims.map(renew), backends }
}

/** The networks that the edge must share to reach everything that is published, sorted. */
function neededNetworks(claims: readonly Claim[]): readonly string[] {
  return [...new Set(claims.flatMap((claim) => claim.networkIds))].sort(compareText)
}

function buildBackends(
  groups: readonly RouteGroup[],
  { materials }: TlsFacts,
  memo: Memo | undefined,
): Published['backends'] {
  const built: [string, { backend: Backend; claims: readonly Claim[] }][] = []
  for (const group of groups) {
    const first = group.routes[0]
    if (first === undefined) continue
    const name = backendName(first.host, first.path)
    const routes = group.routes.map((route) => routeKey(route.host, route.path)).toSorted(compareText)
    const before = memo?.published.backends.get(name)
    const isSameRoutes = before !== undefined && isSameList(before.backend.routes, routes, Object.is)
    const users = usersOf(group.claims[0]?.options.basicAuth, materials)
    const isSame =
      isSameRoutes &&
      isSameList(before.claims, group.claims, Object.is) &&
      before.backend.options.users?.digest === users?.digest
    built.push([
      name,
      isSame
        ? before
        : {
            backend: buildBackend(name, isSameRoutes ? before.backend.routes : routes, group, users),
            claims: group.claims,
          },
    ])
  }
  return new Map(built.sort(([a], [b]) => compareText(a, b)))
}

function buildBackend(
  name: string,
  routes: readonly string[],
  { claims, path }: RouteGroup,
  users: BackendUsers | undefined,
): Backend {
  return {
    name,
    services: claims.map((claim) => claim.service),
    routes,
    options: backendOptions(claims[0], path, users),
    servers: serversOfAll(claims),
  }
}

function serversOfAll(claims: readonly Claim[]): readonly Server[] {
  return claims.flatMap((claim) => claim.servers).toSorted((a, b) => compareText(a.name, b.name))
}
