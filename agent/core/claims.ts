// The claims of all services, each worked out anew only where its service or one of its tasks changed.
// Refuses routes and conflicts (desired.ts). Pure; the memo only saves work.

import { type Claim, claimOf } from './claim.ts'
import { differenceOf } from './difference.ts'
import { isSameClaim, isSameList, isSameWish } from './same.ts'
import type { RoutingSettings } from './settings.ts'
import type { Service, Snapshot, Task } from './snapshot.ts'
import type { Topology } from './topology.ts'

/** What each service asks for, by its id, in the order of the snapshot. */
export type Claims = {
  readonly topology: Topology
  readonly services: Snapshot['services']
  readonly tasks: Snapshot['tasks']
  readonly byService: ReadonlyMap<string, ServiceClaim>
}

export type ServiceClaim = {
  readonly service: Service
  readonly tasks: readonly Task[]
  /** Undefined where the service does not address this edge at all. */
  readonly claim: Claim | undefined
}

/** Works out every service's claim; hand in the last ones, and claims that say the same stay the same objects. */
export function claimServices(
  snapshot: Snapshot,
  topology: Topology,
  settings: RoutingSettings,
  last: Claims | undefined,
): Claims {
  const { services, tasks } = snapshot
  const touched = last === undefined ? undefined : touchedServices(snapshot, topology, last)
  const byService =
    last === undefined || touched === undefined
      ? claimAll(snapshot, topology, settings, last)
      : claimTouched(touched, topology, settings, last)
  return { topology, services, tasks, byService }
}

/** The tasks of each service that has lost or gained one; undefined where more than tasks changed, or too many did. */
function touchedServices(
  { services, tasks }: Snapshot,
  topology: Topology,
  last: Claims,
): ReadonlyMap<string, readonly Task[]> | undefined {
  if (services !== last.services || topology !== last.topology) return undefined
  const difference = differenceOf(last.tasks, tasks)
  if (difference === undefined) return undefined
  const gone = new Set(difference.gone)
  const touched = new Map<string, readonly Task[]>()
  for (const { serviceId } of [...difference.gone, ...difference.came]) {
    const before = last.byService.get(serviceId)
    if (before === undefined || touched.has(serviceId)) continue
    const came = difference.came.filter((task) => task.serviceId === serviceId)
    touched.set(serviceId, [...before.tasks.filter((task) => !gone.has(task)), ...came])
  }
  return touched
}

function claimTouched(
  touched: ReadonlyMap<string, readonly Task[]>,
  topology: Topology,
  settings: RoutingSettings,
  last: Claims,
): Claims['byService'] {
  if (touched.size === 0) return last.byService
  const byService = new Map(last.byService)
  for (const [id, tasks] of touched) {
    const before = last.byService.get(id)
    if (before !== undefined) byService.set(id, claimAnew(before.service, tasks, topology, settings, before))
  }
  return byService
}

function claimAll(
  snapshot: Snapshot,
  topology: Topology,
  settings: RoutingSettings,
  last: Claims | undefined,
): Claims['byService'] {
  const tasksByService = groupTasks(snapshot.tasks)
  const byService = new Map<string, ServiceClaim>()
  for (const service of snapshot.services) {
    const tasks = tasksByService.get(service.id) ?? []
    const before = last?.byService.get(service.id)
    const isSameInput =
      before?.service === service && last?.topology === topology && isSameList(tasks, before.tasks, Object.is)
    byService.set(service.id, isSameInput ? before : claimAnew(service, tasks, topology, settings, before))
  }
  return byService
}

function claimAnew(
  service: Service,
  tasks: readonly Task[],
  topology: Topology,
  settings: RoutingSettings,
  before: ServiceClaim | undefined,
): ServiceClaim {
  const claim = claimOf(service, tasks, topology, settings)
  const old = before?.claim
  const isSame = claim !== undefined && old !== undefined && isSameClaim(claim, old)
  return { service, tasks, claim: isSame ? old : claim }
}

function groupTasks(tasks: readonly Task[]): ReadonlyMap<string, readonly Task[]> {
  const groups = new Map<string, Task[]>()
  for (const task of tasks) {
    const group = groups.get(task.serviceId)
    if (group === undefined) groups.set(task.serviceId, [task])
    else group.push(task)
  }
  return groups
}

/**
 * Which claims gave way to which, where nothing but servers differs, so that routes and their owners stay as they were;
 * undefined where more may differ.
 */
export function replacedClaims(claims: Claims, last: Claims): ReadonlyMap<Claim, Claim> | undefined {
  if (claims.services !== last.services || claims.topology !== last.topology) return undefined
  const replaced = new Map<Claim, Claim>()
  for (const [id, { claim }] of claims.byService) {
    const before = last.byService.get(id)?.claim
    if (claim === before) continue
    if (claim === undefined || before === undefined || !isSameAsking(claim, before)) return undefined
    replaced.set(before, claim)
  }
  return replaced
}

function isSameAsking(a: Claim, b: Claim): boolean {
  return (
    isSameList(a.paths, b.paths, Object.is) &&
    isSameWish(a, b) &&
    a.isDefault === b.isDefault &&
    isSameList(a.networkIds, b.networkIds, Object.is) &&
    isSameList(a.hosts, b.hosts, Object.is)
  )
}
