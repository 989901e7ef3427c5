// What the loop asks of the world, as function types; the entry point fits HAProxy, files and logs to them.
// Refuses implementations, so that a test can hand in anything that keeps the promises.

import type { Action } from '../core/action.ts'
import type { ConfigFault } from '../core/culprit.ts'
import type { AgentError } from '../core/errors.ts'
import type { Newcomer } from '../core/newcomers.ts'
import type { Observed } from '../core/observed.ts'
import type { ReloadReason } from '../core/plan.ts'
import type { Problem } from '../core/problem.ts'
import type { Routing, Sources } from '../core/routing.ts'

/** The files by their path relative to the run folder. */
export type Files = ReadonlyMap<string, string>

/** The same, in pieces to be written one after the other. */
export type FilesInPieces = ReadonlyMap<string, readonly string[]>

type Certificates = Routing['certificates']

/** Each function has a deadline of its own, and throws AgentError where the world does not answer as it should. */
export type HaproxyPort = {
  /** False while there is no HAProxy and the loop is to start one; an attached HAProxy always counts as running. */
  readonly isRunning: () => boolean
  readonly observe: (signal: AbortSignal) => Promise<Observed>
  /**
   * Carries out actions in order; resolves to those that HAProxy put off because sessions are still open, and to the
   * certificates that it does not take, by file, each with its words.
   */
  readonly apply: (
    actions: readonly Action[],
    signal: AbortSignal,
  ) => Promise<{ readonly busy: readonly Action[]; readonly refused: ReadonlyMap<string, string> }>
  /** Has HAProxy check a configuration that is not in use yet; resolves to its faults, none if it would start. */
  readonly check: (
    files: Files,
    certificates: Certificates,
    signal: AbortSignal,
  ) => Promise<readonly ConfigFault[]>
  /** Replaces the files that are given, each atomically, and keeps what they are written from, and no other certificates. */
  readonly save: (files: Files | FilesInPieces, sources: Sources, signal: AbortSignal) => Promise<void>
  /** Starts HAProxy from the saved files and waits until it answers. */
  readonly start: (signal: AbortSignal) => Promise<void>
  /** Has the master load the saved files, and waits until a new worker with this structure answers. */
  readonly reload: (structure: string, signal: AbortSignal) => Promise<void>
}

export type RendererPort = {
  readonly render: (routing: Routing) => Files
  /** The files that live changes alter, and no others. */
  readonly renderLive: (routing: Routing) => FilesInPieces
  readonly structureOf: (routing: Routing) => string
}

/** What came of one step that changed something. */
export type Outcome = {
  readonly atMs: number
  readonly durationMs: number
  readonly backends: number
  readonly servers: number
  /** Since the view that asked for this came, the oldest one where several are answered together; absent where none did. */
  readonly sinceViewMs?: number
} & (
  | { readonly kind: 'start' | 'adopt' }
  | { readonly kind: 'live'; readonly actions: readonly Action[] }
  | { readonly kind: 'reload'; readonly reasons: readonly ReloadReason[] }
)

/** What the loop tells whoever listens: logs, metrics, history. */
export type Report = {
  readonly outcome: (outcome: Outcome) => void
  /** Problems that appeared and that went since the last call; never both empty. */
  readonly problems: (appeared: readonly Problem[], gone: readonly Problem[]) => void
  readonly trouble: (error: AgentError, retryMs: number) => void
  /** Trouble is over. */
  readonly recovered: () => void
  /** A server was let into rotation though it has not accepted a connection in its time. */
  readonly late: (newcomer: Newcomer, graceMs: number) => void
  /** The live state was not what the agent had left it as. */
  readonly drift: (actions: readonly Action[]) => void
}

/** Asks an address until it accepts a connection, for so long; resolves to whether it did. Never rejects. */
export type Accepts = (
  place: { readonly address: string; readonly port: number },
  graceMs: number,
  signal: AbortSignal,
) => Promise<boolean>

/** Milliseconds that only grow. */
export type Clock = { readonly nowMs: () => number }
