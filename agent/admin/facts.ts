// What the admin interface tells of the running agent, as plain facts.
// Refuses to gather them: agent/facts.ts does, from the loop, the source and the process.

import type { Expiry } from '../core/expiry.ts'

export type AgentFacts = {
  readonly version: string
  readonly engine: EngineFacts
  readonly edge: EdgeFacts
  readonly tallies: Tallies
  readonly process: { readonly rssBytes: number; readonly cpuMs: number }
}

/** The view of the Swarm. */
export type EngineFacts = {
  /** Since the engine last answered all that was asked; undefined before it has. */
  readonly staleMs: number | undefined
  readonly failures: number
  /** Code of the trouble that the last round of lists ended with. */
  readonly trouble: string | undefined
  readonly lists: number
  readonly listBytes: number
  readonly snapshots: number
  readonly isHeldBack: boolean
  readonly events: { readonly isOpen: boolean; readonly received: number; readonly opened: number }
  /** Undefined where no watch is asked for. */
  readonly watch:
    | {
        readonly isFollowing: boolean
        readonly messages: number
        readonly opened: number
        readonly failures: number
      }
    | undefined
}

/** HAProxy and the way to it. */
export type EdgeFacts = {
  /** True once HAProxy was read, or started. */
  readonly isObserved: boolean
  /** True where HAProxy runs what the last snapshot asks for, with nothing pending and no server closing. */
  readonly isSettled: boolean
  readonly trouble: string | undefined
  readonly backends: number
  readonly servers: { readonly ready: number; readonly maint: number; readonly closing: number }
  /** Servers kept out of rotation until they accept connections. */
  readonly awaited: number
  readonly pendingReloadReasons: number
  readonly problems: { readonly error: number; readonly warning: number }
  /** The certificates in use, the one first that ends first; undefined where no TLS is spoken. */
  readonly certificates: readonly Expiry[] | undefined
  readonly counters: {
    readonly starts: number
    readonly reloads: number
    readonly liveChanges: number
    readonly actions: number
    readonly drifts: number
    readonly failures: number
  }
  readonly commands: { readonly reads: number; readonly changes: number }
}

/** What was counted of the agent's own reports. */
export type Tallies = {
  readonly reloadsByReason: ReadonlyMap<string, number>
  readonly actionsByKind: ReadonlyMap<string, number>
  readonly errorsByCode: ReadonlyMap<string, number>
  readonly late: number
  /** How long steps that changed something took. */
  readonly durations: { readonly live: Histogram; readonly reload: Histogram }
  /** From the coming of the view that asked for a change to its being in force. */
  readonly propagation: { readonly live: Histogram; readonly reload: Histogram }
}

/** Counts by upper bound in seconds, cumulative as Prometheus wants them. */
export type Histogram = {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly count: number
  readonly sumSeconds: number
}
