// The few facts by which one sees whether all is well, small enough to be sent whenever one of them changes.
// Refuses what changes by itself with time: ages, sizes and counts of what was read.

import type { AgentFacts } from './facts.ts'
import { unreadiness } from './readiness.ts'

export type StatusHead = {
  readonly isReady: boolean
  /** Why it is not. */
  readonly reasons: readonly string[]
  readonly isSettled: boolean
  readonly backends: number
  readonly servers: { readonly ready: number; readonly maint: number; readonly closing: number }
  readonly awaited: number
  readonly pendingReloadReasons: number
  readonly problems: { readonly error: number; readonly warning: number }
  readonly reloads: number
  readonly liveChanges: number
}

export function statusHead(facts: AgentFacts): StatusHead {
  const { isSettled, backends, servers, awaited, pendingReloadReasons, problems, counters } = facts.edge
  const reasons = unreadiness(facts)
  return {
    isReady: reasons.length === 0,
    // Without the seconds in them, which would make each second a change.
    reasons: reasons.map((reason) => reason.replace(/ for \d+ s/, '')),
    isSettled,
    backends,
    servers,
    awaited,
    pendingReloadReasons,
    problems,
    reloads: counters.reloads,
    liveChanges: counters.liveChanges,
  }
}
