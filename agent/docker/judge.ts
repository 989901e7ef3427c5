// What a snapshot tells about what to do next.
// Owns the comparisons. Refuses to decide for how long they hold (schedule.ts does).

import { differenceOf } from '../core/difference.ts'
import type { Snapshot } from '../core/snapshot.ts'

/** True while a task is on its way: it is not what it is meant to be, or is meant to be ready and wait for its turn. */
export function isUnsettled(snapshot: Snapshot): boolean {
  return snapshot.tasks.some((task) => task.state !== task.desiredState || task.desiredState === 'ready')
}

/**
 * True if a task belongs to a service that is not listed: the event that told of the service was lost.
 * Where the services are those of the last snapshot, only tasks that it did not have are looked at.
 */
export function namesUnknownService(last: Snapshot | undefined, next: Snapshot): boolean {
  const { services, tasks } = next
  const came = last?.services === services ? differenceOf(last.tasks, tasks)?.came : undefined
  const known = new Set(services.map((service) => service.id))
  return (came ?? tasks).some((task) => !known.has(task.serviceId))
}

/**
 * True if a service that was there is gone, or has lost all of its tasks; without a last snapshot, if there is no service.
 *
 * Tells a Swarm that has shrunk from an engine that does not know all of it yet. A manager answers 200 from its own store
 * as soon as raft names it the leader, which is before its log is replayed (swarmkit manager/state/raft/raft.go: isLeader
 * looks at raft's status, not at caughtUp), so that for a moment after a restart some services and tasks, or all, may be
 * missing. Without a leader, and on a node that is no manager, it answers 500 or 503, which is no list at all.
 *
 * `told` holds the ids of services and tasks whose end somebody has told: an event, or the watch. That is final.
 */
export function hasLost(
  last: Snapshot | undefined,
  next: Snapshot,
  told: ReadonlySet<string> = new Set(),
): boolean {
  if (last === undefined) return next.services.length === 0
  const services = new Set(next.services.map((service) => service.id))
  if (last.services.some(({ id }) => !services.has(id) && !told.has(id))) return true
  const served = new Set(next.tasks.map((task) => task.serviceId))
  return last.tasks.some((task) => !served.has(task.serviceId) && !told.has(task.id))
}

/**
 * True if everything is gone at a stroke, and nothing else says so: no service is left although no event told of their
 * removal, or no task is left although a service that had some is the same as before.
 *
 * `told` is what `hasLost` takes.
 */
export function isImplausible(last: Snapshot, next: Snapshot, told: ReadonlySet<string>): boolean {
  if (next.services.length === 0 && last.services.some((service) => !told.has(service.id))) return true
  if (next.tasks.length > 0) return false
  const unchanged = new Set(next.services)
  const served = new Set(last.tasks.filter(({ id }) => !told.has(id)).map((task) => task.serviceId))
  return last.services.some((service) => served.has(service.id) && unchanged.has(service))
}
