// From Swarm's commits to what HAProxy does about them.
// Owns the pairing of commits and sightings, and what stands for many delays. Pure.

import { percentile } from '../stats.ts'
import type { Seen } from './observer.ts'
import type { Delays } from './results.ts'

/** A commit of RUNNING, or the one that ends it: the decision to stop the task, or its failure. */
export type Commit = {
  readonly id: string
  readonly is: 'running' | 'stopping'
  readonly atMs: number
}

/** Milliseconds from each commit of a kind to the sighting of it. Tasks whose server was never seen open are counted apart. */
export function delaysOf(
  commits: readonly Commit[],
  seen: ReadonlyMap<string, Seen>,
  is: Commit['is'],
): Delays {
  const made = commits.filter((commit) => commit.is === is)
  const delays = made.flatMap(({ id, atMs }) => {
    const facts = seen.get(id)
    const seenMs = is === 'running' ? facts?.openMs : facts?.closedMs
    return seenMs === undefined ? [] : [seenMs - atMs]
  })
  return { ...spreadOf(delays), never: made.length - delays.length }
}

/** The percentiles by nearest rank; zeros for no delays, which `count` tells. */
export function spreadOf(delays: readonly number[]): Omit<Delays, 'never'> {
  if (delays.length === 0) return { count: 0, p50: 0, p99: 0, max: 0 }
  const at = (share: number) => percentile(delays, share)
  return { count: delays.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}
