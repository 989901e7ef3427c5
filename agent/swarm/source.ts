// The Docker source: a Swarm manager's API as a stream of snapshots.
// Owns the wiring of events, watch, rounds and the reader. Nothing behind it may know Docker.

import { type AgentError, assert } from '../core/errors.ts'
import { limits } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { assemble } from './assembly.ts'
import { type Clock, realClock } from './clock.ts'
import { createDocker, type Docker } from './docker.ts'
import type { EdgeNetworks } from './edge.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { followEvents } from './events.ts'
import { createFolding } from './folding.ts'
import type { Oddity } from './list.ts'
import { createRounds, heedHint, isHeldBack, listAll, pollLists, type Rounds } from './rounds.ts'
import { type Cadence, defaultCadence, isMoving, listNames } from './schedule.ts'
import { createTally, type SourceStatus, type Tally } from './status.ts'
import { createSwarmLists } from './swarm-lists.ts'
import { createWatch, type Watch } from './watch/follow.ts'
import { createOverlay } from './watch/overlay.ts'
import { isFollowing } from './watch/trust.ts'
import { applyTold, heedWatch } from './watched.ts'

export type DockerSourceOptions = {
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
  /** A manager's control socket (`<exec-root>/swarm/control.sock`): tasks are followed as they are committed. */
  readonly swarmSocket?: string | undefined
  /** The watch has opened: at first, and after `onUnwatched`. */
  readonly onWatched?: () => void
  /** The watch does not open though the lists are answered, so tasks are polled; told once, and when the reason changes. */
  readonly onUnwatched?: (error: AgentError) => void
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

/** How long the first lists wait for the event stream, so that its opening does not ask for all of them twice. */
const graceMs = 100

/** A source that connects when its snapshots are first asked for; throws AgentError then if the certificates do not fit. */
export function createDockerSource(options: DockerSourceOptions): DockerSource {
  const tally = createTally(options.clock ?? realClock, options)
  let running: Rounds | undefined
  return {
    snapshots: async function* (signal) {
      assert(running === undefined, 'the source is read twice at the same time')
      const docker = openDocker(options)
      const watch = openWatch(options, docker)
      running = startRounds(options, docker, tally, watch)
      try {
        yield* publishedBy({ rounds: running, options, docker, watch }, signal)
      } finally {
        docker.close()
        running = undefined
      }
    },
    status: () =>
      tally.status({
        mode: running !== undefined && isMoving(running.schedule, running.clock.nowMs()) ? 'moving' : 'quiet',
        isHeldBack: running !== undefined && isHeldBack(running),
        isFollowing:
          options.swarmSocket === undefined ? undefined : running !== undefined && isFollowing(running.trust),
      }),
  }
}

/**
 * One snapshot, for a command that runs once.
 *
 * Throws AgentError if the engine does not give all four lists, and what `signal` says if it is aborted.
 */
export async function readSnapshot(options: DockerSourceOptions, signal: AbortSignal): Promise<Snapshot> {
  const docker = openDocker(options)
  try {
    const rounds = startRounds(options, docker, createTally(realClock, options))
    return assemble(await listAll(rounds, listNames, signal), options, undefined).snapshot
  } finally {
    docker.close()
  }
}

/** Where neither says otherwise, an answer may take so long. */
const defaultDeadlineMs = 10_000

function openDocker({
  endpoint,
  deadlineMs = defaultDeadlineMs,
  listBytesMax = limits.listBytes,
}: DockerSourceOptions): Docker {
  return createDocker({ endpoint, deadlineMs, listBytesMax })
}

function openWatch(options: DockerSourceOptions, docker: Docker): Watch | undefined {
  const { swarmSocket, clock = realClock, random = Math.random, deadlineMs = defaultDeadlineMs } = options
  if (swarmSocket === undefined) return undefined
  return createWatch({ socketPath: swarmSocket, docker, clock, random, deadlineMs })
}

function startRounds(options: DockerSourceOptions, docker: Docker, tally: Tally, watch?: Watch): Rounds {
  const { endpoint, clock = realClock, random = Math.random, onOddity = () => {} } = options
  const overlay = createOverlay()
  const parts = {
    settings: options,
    cadence: { ...defaultCadence, ...options.cadence },
    clock,
    random,
    lists: createSwarmLists(docker, endpoint, onOddity, overlay.find),
    tally,
    onOddity,
    overlay,
    restartWatch: (why: Error) => watch?.restart(why),
  }
  return createRounds(parts, graceMs)
}

type Parts = {
  readonly rounds: Rounds
  readonly options: DockerSourceOptions
  readonly docker: Docker
  readonly watch: Watch | undefined
}

async function* publishedBy(parts: Parts, signal: AbortSignal): AsyncIterable<Snapshot> {
  const { rounds, watch } = parts
  const stop = new AbortController()
  const end = () => stop.abort(signal.reason)
  if (signal.aborted) end()
  signal.addEventListener('abort', end)
  const work = Promise.all([
    pollLists(rounds, stop.signal),
    heedEvents(parts, stop.signal),
    watch === undefined ? undefined : follow(rounds, watch, stop.signal),
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

async function heedEvents({ rounds, options, docker }: Parts, signal: AbortSignal): Promise<void> {
  const { clock, random } = rounds
  const { eventSilenceMs = 300_000 } = options
  for await (const hint of followEvents({ docker, clock, random, silentMs: eventSilenceMs }, signal)) {
    heedHint(rounds, hint)
  }
}

async function follow(rounds: Rounds, watch: Watch, signal: AbortSignal): Promise<void> {
  const folding = createFolding(rounds.clock, () => applyTold(rounds))
  const heed = async () => {
    for await (const notice of watch.notices(signal)) heedWatch(rounds, notice, folding.ask)
  }
  await Promise.all([heed(), folding.run(signal)])
}
