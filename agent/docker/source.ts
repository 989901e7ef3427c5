// An engine's API as a stream of snapshots, whatever it is that the engine runs.
// Owns the life of a source: its connection, its rounds, its events, its end. Refuses to know what is listed.

import { type AgentError, assert } from '../core/errors.ts'
import { limits } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { type Clock, realClock } from './clock.ts'
import { createDocker, type Docker } from './docker.ts'
import type { EdgeNetworks } from './edge.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { type EventHint, type EventKind, followEvents, type Hint } from './events.ts'
import type { Oddity } from './list.ts'
import type { Lists } from './lists.ts'
import { createRounds, heedHint, isHeldBack, listAll, pollLists, type Rounds, type View } from './rounds.ts'
import { type Cadence, defaultCadence, isMoving, listNames } from './schedule.ts'
import { createTally, type SourceStatus, type Tally } from './status.ts'

/** What every source of an engine is told. */
export type SourceOptions = {
  readonly endpoint: DockerEndpoint
  readonly edgeNetworks: EdgeNetworks
  /** The agent's own host name: in a container the start of its id, by which `auto` finds the edge's networks. */
  readonly hostname: string
  /** Trouble with the engine, once as it begins and again whenever it becomes another. */
  readonly onTrouble?: (error: AgentError) => void
  /** The engine answers again, so many milliseconds after the trouble began. */
  readonly onRecovery?: (troubledMs: number) => void
  /** An element that makes no sense was left out, or the edge is said to stand on a network that is not there; told once. */
  readonly onOddity?: (oddity: Oddity) => void
  /** Of each request; of the event stream and the watch until they open. */
  readonly deadlineMs?: number
  /** An event stream that says nothing for so long is opened anew. */
  readonly eventSilenceMs?: number
  readonly cadence?: Partial<Cadence>
  readonly listBytesMax?: number
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
}

export type DockerSource = {
  /**
   * A snapshot as soon as the engine has answered, then one whenever something changed; a slow reader gets the latest only.
   * Ends when `signal` is aborted, and never throws for the engine. One iteration at a time.
   */
  readonly snapshots: (signal: AbortSignal) => AsyncIterable<Snapshot>
  readonly status: () => SourceStatus
}

/** What one kind of source brings: its lists, what it makes of them, and the events that wake it. */
export type Kind<L, H extends Hint = Hint> = {
  readonly lists: Lists<L>
  readonly view: View<L>
  readonly events: EventKind<H>
  /** Takes a hint besides, once its lists are asked for. */
  readonly heard?: (hint: EventHint<H>, rounds: Rounds<L>) => void
  /** What goes on beside rounds and events until the signal aborts. Throws for bugs only. */
  readonly beside?: (rounds: Rounds<L>, signal: AbortSignal) => Promise<void>
}

/** What a kind is made with, anew for each iteration. */
export type KindParts = {
  readonly docker: Docker
  readonly tally: Tally
  readonly clock: Clock
  readonly random: () => number
  readonly deadlineMs: number
  readonly onOddity: (oddity: Oddity) => void
}

/** How long the first lists wait for the event stream, so that its opening does not ask for all of them twice. */
const graceMs = 100

/** Where neither says otherwise, an answer may take so long. */
const defaultDeadlineMs = 10_000

/**
 * A source that connects when its snapshots are first asked for; throws AgentError then if the certificates do not fit.
 * @param hasWatch whether the status is to say that tasks are followed, or not
 */
export function createSource<L, H extends Hint>(
  options: SourceOptions,
  makeKind: (parts: KindParts) => Kind<L, H>,
  told: Parameters<typeof createTally>[1] = options,
  hasWatch = false,
): DockerSource {
  const tally = createTally(options.clock ?? realClock, told)
  let running: Rounds<L> | undefined
  return {
    snapshots: async function* (signal) {
      assert(running === undefined, 'the source is read twice at the same time')
      const parts = openParts(options, tally)
      try {
        const kind = makeKind(parts)
        running = startRounds(options, parts, kind)
        yield* publishedBy({ rounds: running, options, parts, kind }, signal)
      } finally {
        parts.docker.close()
        running = undefined
      }
    },
    status: () =>
      tally.status({
        mode: running !== undefined && isMoving(running.schedule, running.clock.nowMs()) ? 'moving' : 'quiet',
        isHeldBack: running !== undefined && isHeldBack(running),
        isFollowing: hasWatch ? running?.view.isFollowing() === true : undefined,
      }),
  }
}

/**
 * One snapshot, for a command that runs once.
 *
 * Throws AgentError if the engine does not give all lists, and what `signal` says if it is aborted.
 */
export async function readOnce<L, H extends Hint>(
  options: SourceOptions,
  makeKind: (parts: KindParts) => Kind<L, H>,
  signal: AbortSignal,
): Promise<Snapshot> {
  const parts = openParts(options, createTally(realClock, options))
  try {
    const { lists, view } = makeKind(parts)
    const listed = await listAll({ lists, tally: parts.tally }, listNames, signal)
    return view.assemble(listed, undefined).snapshot
  } finally {
    parts.docker.close()
  }
}

function openParts(options: SourceOptions, tally: Tally): KindParts {
  const { endpoint, clock = realClock, random = Math.random, deadlineMs = defaultDeadlineMs } = options
  const { listBytesMax = limits.listBytes, onOddity = () => {} } = options
  const docker = createDocker({ endpoint, deadlineMs, listBytesMax })
  return { docker, tally, clock, random, deadlineMs, onOddity }
}

function startRounds<L, H extends Hint>(
  options: SourceOptions,
  parts: KindParts,
  { lists, view }: Kind<L, H>,
): Rounds<L> {
  const { clock, random, tally } = parts
  return createRounds(
    { cadence: { ...defaultCadence, ...options.cadence }, clock, random, tally, lists, view },
    graceMs,
  )
}

type Run<L, H extends Hint> = {
  readonly rounds: Rounds<L>
  readonly options: SourceOptions
  readonly parts: KindParts
  readonly kind: Kind<L, H>
}

async function* publishedBy<L, H extends Hint>(run: Run<L, H>, signal: AbortSignal): AsyncIterable<Snapshot> {
  const { rounds, kind } = run
  const stop = new AbortController()
  const end = () => stop.abort(signal.reason)
  if (signal.aborted) end()
  signal.addEventListener('abort', end)
  const work = Promise.all([
    pollLists(rounds, stop.signal),
    heedEvents(run, stop.signal),
    kind.beside?.(rounds, stop.signal),
  ])
  work.catch((error: unknown) => rounds.mailbox.fail(error))
  try {
    for (;;) {
      const snapshot = await rounds.mailbox.take(stop.signal)
      if (snapshot === undefined) return
      yield snapshot
    }
  } finally {
    signal.removeEventListener('abort', end)
    stop.abort()
    // Its failure has been thrown by the mailbox.
    await work.catch(() => undefined)
  }
}

async function heedEvents<L, H extends Hint>(
  { rounds, options, parts, kind }: Run<L, H>,
  signal: AbortSignal,
): Promise<void> {
  const { docker, clock, random } = parts
  const { eventSilenceMs: silentMs = 300_000 } = options
  for await (const hint of followEvents({ docker, clock, random, silentMs, kind: kind.events }, signal)) {
    heedHint(rounds, hint)
    kind.heard?.(hint, rounds)
  }
}
