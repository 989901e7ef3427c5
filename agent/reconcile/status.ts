// The loop's own account of itself: what it knows, what it counted, when it acts next.
// Refuses decisions: everything here is read from elsewhere.

import type { AgentError } from '../core/errors.ts'
import type { Observed } from '../core/observed.ts'
import type { ReloadReason } from '../core/plan.ts'
import type { Problem } from '../core/problem.ts'
import type { Routing } from '../core/routing.ts'
import type { Snapshot } from '../core/snapshot.ts'

export type Counters = {
  readonly starts: number
  readonly reloads: number
  readonly liveChanges: number
  readonly actions: number
  readonly drifts: number
  readonly failures: number
}

export type Status = {
  /** What `routing` was computed from. */
  readonly snapshot: Snapshot | undefined
  readonly routing: Routing | undefined
  readonly observed: Observed | undefined
  readonly problems: readonly Problem[]
  /** Servers that are kept out of rotation until they accept connections. */
  readonly awaited: number
  /** A reload that waits for things to settle. */
  readonly pendingReload: readonly ReloadReason[]
  /** The trouble that the loop is in, if it is. */
  readonly trouble: AgentError | undefined
  readonly counters: Counters
  /** True where HAProxy runs what the last snapshot asks for, with no reload pending and no server still closing. */
  readonly isSettled: boolean
}
