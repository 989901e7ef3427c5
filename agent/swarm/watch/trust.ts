// Whether the watch can be relied on: that it stands, that a list was asked for since, and that it tells what lists show.
// Owns these questions. Pure: whoever asks brings versions and times.

/** How long the watch may owe what a list has shown, before it counts as stalled. */
export const stalledMs = 5_000

export type Trust = {
  /** Counts the streams, so that a list can be known to be asked for under this one. */
  readonly stream: number
  readonly isOpen: boolean
  /** True once all was listed that may have happened before the stream opened. */
  readonly isSynced: boolean
  /** The newest version of a task that the stream has told, or that was listed as it began. */
  readonly heard: number
  /** A version that a list has shown and the stream has not reached yet. */
  readonly owed: { readonly version: number; readonly sinceMs: number } | undefined
}

/** No stream yet. */
export const noTrust: Trust = { stream: 0, isOpen: false, isSynced: false, heard: 0, owed: undefined }

/** True while every task's change is told. */
export function isFollowing({ isOpen, isSynced, owed }: Trust): boolean {
  return isOpen && isSynced && owed === undefined
}

/**
 * True if the stream is open and does not tell what happens: a list has shown a task that it owes for long.
 *
 * Silence alone says nothing, since a Swarm may rest for hours; and the engine takes pings more often than each five
 * minutes for an attack (grpc-go keepalive.EnforcementPolicy, which SwarmKit leaves as it is).
 */
export function isStalled({ isOpen, owed }: Trust, nowMs: number): boolean {
  return isOpen && owed !== undefined && nowMs - owed.sinceMs >= stalledMs
}

/** A stream has begun. */
export function opened({ stream }: Trust): Trust {
  return { stream: stream + 1, isOpen: true, isSynced: false, heard: 0, owed: undefined }
}

/** The stream has ended. */
export function closed(trust: Trust): Trust {
  return { ...trust, isOpen: false, isSynced: false, owed: undefined }
}

/** The stream has told of tasks up to this version. */
export function told(trust: Trust, version: number): Trust {
  const heard = Math.max(trust.heard, version)
  const isPaid = trust.owed !== undefined && heard >= trust.owed.version
  return { ...trust, heard, owed: isPaid ? undefined : trust.owed }
}

/** What a list of tasks shows that the stream has to tell as well. */
export type Shown = {
  /** The number of the stream under which it was asked for. */
  readonly stream: number
  readonly newest: number
  /** True if a task is gone from it whose end was not told. */
  readonly lacksUntold: boolean
}

/** Tasks were listed. */
export function listed(trust: Trust, shown: Shown, nowMs: number): Trust {
  if (!trust.isOpen || trust.stream !== shown.stream) return trust
  if (!trust.isSynced) return { ...trust, isSynced: true, heard: Math.max(trust.heard, shown.newest) }
  // Commits are told in their order: what ended a task is newer than all that was heard.
  const version = shown.lacksUntold ? Math.max(shown.newest, trust.heard + 1) : shown.newest
  if (version <= trust.heard) return trust
  return { ...trust, owed: trust.owed ?? { version, sinceMs: nowMs } }
}
