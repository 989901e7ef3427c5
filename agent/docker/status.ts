// What the source knows about itself: how fresh its view is, and what it cost.
// Owns the counts and when trouble is told. Refuses to decide anything by them.

import type { AgentError } from '../core/errors.ts'
import type { Clock } from './clock.ts'
import type { EventHint } from './events.ts'

export type SourceStatus = {
  /** Undefined until the engine has answered all that was asked once. */
  readonly lastSuccessAtMs: number | undefined
  /** Since then; undefined with it. */
  readonly staleMs: number | undefined
  /** Rounds of lists that failed in a row. */
  readonly failures: number
  /** Of the last round; undefined if that went well. */
  readonly trouble: AgentError | undefined
  readonly mode: 'quiet' | 'moving'
  /** True while a snapshot that lacks things is not believed yet. */
  readonly isHeldBack: boolean
  readonly snapshots: number
  readonly lists: number
  /** Of all lists together. */
  readonly listBytes: number
  readonly events: {
    readonly isOpen: boolean
    readonly received: number
    readonly opened: number
    /** Why the stream last ended or did not open. */
    readonly trouble: AgentError | undefined
  }
  /** Undefined where no watch is asked for. */
  readonly watch: WatchStatus | undefined
}

export type WatchStatus = {
  /** True while tasks are told of as they change; false while they are polled. */
  readonly isFollowing: boolean
  /** When the stream opened or ended last, by the clock; undefined before either. */
  readonly sinceMs: number | undefined
  /** Commits that were told. */
  readonly messages: number
  /** How often the stream has opened; all but the first are reconnects. */
  readonly opened: number
  /** Attempts in a row that did not open it, or after which it soon ended. */
  readonly failures: number
  /** Why it last ended or did not open. */
  readonly trouble: AgentError | undefined
}

/** What becomes of the stream on which tasks are followed. */
export type WatchNews =
  | { readonly kind: 'opened' }
  | { readonly kind: 'told' }
  /** The stream has ended or did not open; `failures` counts such attempts in a row. */
  | {
      readonly kind: 'closed'
      readonly trouble: AgentError
      readonly wasOpen: boolean
      readonly failures: number
    }

export type Told = {
  /** Trouble with the engine, once as it begins and again whenever it becomes another. */
  readonly onTrouble?: ((error: AgentError) => void) | undefined
  /** The engine answers again, so many milliseconds after the trouble began. */
  readonly onRecovery?: ((troubledMs: number) => void) | undefined
  /** The watch has opened: at first, and after `onUnwatched`. */
  readonly onWatched?: (() => void) | undefined
  /** The watch does not open though the lists are answered, so tasks are polled; told once, and when the reason changes. */
  readonly onUnwatched?: ((error: AgentError) => void) | undefined
}

export type Tally = {
  readonly listed: (bytes: number) => void
  readonly answered: () => void
  readonly failed: (error: AgentError) => void
  readonly heard: (hint: EventHint) => void
  readonly watched: (notice: WatchNews) => void
  readonly published: () => void
  readonly status: (now: SourceNow) => SourceStatus
}

export type SourceNow = Pick<SourceStatus, 'mode' | 'isHeldBack'> & {
  /** Undefined where no watch is asked for. */
  readonly isFollowing: boolean | undefined
}

/** Counts for one source; tells of trouble through `told`. */
export function createTally(clock: Clock, told: Told): Tally {
  const counts = { snapshots: 0, lists: 0, listBytes: 0, received: 0, opened: 0, failures: 0 }
  let success: { readonly nowMs: number; readonly dateMs: number } | undefined
  let trouble: { readonly error: AgentError; readonly sinceMs: number } | undefined
  let stream: { readonly isOpen: boolean; readonly trouble: AgentError | undefined } = {
    isOpen: false,
    trouble: undefined,
  }
  const watch = createWatchTally(clock, told)
  return {
    listed: (bytes) => {
      counts.lists += 1
      counts.listBytes += bytes
    },
    answered: () => {
      const nowMs = clock.nowMs()
      if (trouble !== undefined) told.onRecovery?.(nowMs - trouble.sinceMs)
      trouble = undefined
      counts.failures = 0
      success = { nowMs, dateMs: clock.dateMs() }
    },
    failed: (error) => {
      counts.failures += 1
      if (!saysTheSame(trouble?.error, error)) told.onTrouble?.(error)
      trouble = { error, sinceMs: trouble?.sinceMs ?? clock.nowMs() }
    },
    heard: (hint) => {
      if (hint.kind === 'changed') counts.received += 1
      if (hint.kind === 'opened') {
        counts.opened += 1
        stream = { isOpen: true, trouble: stream.trouble }
      }
      if (hint.kind !== 'closed') return
      // Ends, silence and an engine that is away are the lists' to tell of: the stream is simply opened again.
      const isRefusal = hint.trouble.code !== 'docker-unreachable' && trouble === undefined
      if (isRefusal && !saysTheSame(stream.trouble, hint.trouble)) told.onTrouble?.(hint.trouble)
      stream = { isOpen: false, trouble: hint.trouble }
    },
    watched: (notice) => watch.take(notice, success !== undefined && trouble === undefined),
    published: () => {
      counts.snapshots += 1
    },
    status: ({ isFollowing, ...now }) => ({
      ...now,
      lastSuccessAtMs: success?.dateMs,
      staleMs: success === undefined ? undefined : clock.nowMs() - success.nowMs,
      failures: counts.failures,
      trouble: trouble?.error,
      snapshots: counts.snapshots,
      lists: counts.lists,
      listBytes: counts.listBytes,
      events: { ...stream, received: counts.received, opened: counts.opened },
      watch: isFollowing === undefined ? undefined : { isFollowing, ...watch.counts() },
    }),
  }
}

/** As many attempts fail before it is told: an engine that restarts needs a moment. */
const untoldFailures = 3

function createWatchTally(clock: Clock, told: Told) {
  let counts: Omit<WatchStatus, 'isFollowing'> = {
    sinceMs: undefined,
    messages: 0,
    opened: 0,
    failures: 0,
    trouble: undefined,
  }
  let isTold = false
  let toldTrouble: AgentError | undefined
  return {
    counts: () => counts,
    /** `isEngineWell` says whether the lists are answered: if they are not, that is the trouble, and told already. */
    take: (notice: WatchNews, isEngineWell: boolean) => {
      switch (notice.kind) {
        case 'told':
          counts = { ...counts, messages: counts.messages + 1 }
          return
        case 'opened':
          counts = { ...counts, opened: counts.opened + 1, failures: 0, sinceMs: clock.dateMs() }
          if (!isTold || toldTrouble !== undefined) told.onWatched?.()
          isTold = true
          toldTrouble = undefined
          return
        case 'closed': {
          const { trouble, failures, wasOpen } = notice
          counts = { ...counts, trouble, failures, ...(wasOpen && { sinceMs: clock.dateMs() }) }
          if (!isEngineWell || failures < untoldFailures || saysTheSame(toldTrouble, trouble)) return
          toldTrouble = trouble
          told.onUnwatched?.(trouble)
          return
        }
      }
    },
  }
}

function saysTheSame(a: AgentError | undefined, b: AgentError): boolean {
  return a?.code === b.code && a.message === b.message
}
