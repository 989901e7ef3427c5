// The Docker source: a Swarm manager's API as a stream of snapshots.
// Owns the wiring of events, rounds and the reader. Nothing behind it may know Docker.

import { type AgentError, assert } from '../core/errors.ts'
import { limits } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { assemble } from './assembly.ts'
import { type Clock, realClock } from './clock.ts'
import { createDocker, type Docker } from './docker.ts'
import type { EdgeNetworks } from './edge.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { followEvents } from './events.ts'
import type { Oddity } from './list.ts'
import { createMailbox } from './mailbox.ts'
import { heedHint, isHeldBack, listAll, pollLists, type Rounds } from './rounds.ts'
import { type Cadence, defaultCadence, isMoving, listNames, startSchedule } from './schedule.ts'
import { createTally, type SourceStatus, type Tally } from './status.ts'
import { createSwarmLists } from './swarm-lists.ts'

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
  /** Of each request; of the event stream until it opens. */
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
      running = startRounds(options, docker, tally)
      try {
        yield* publishedBy(running, options, docker, signal)
      } finally {
        docker.close()
        running = undefined
      }
    },
    status: () =>
      tally.status({
        mode: running !== undefined && isMoving(running.schedule, running.clock.nowMs()) ? 'moving' : 'quiet',
        isHeldBack: running !== undefined && isHeldBack(running),
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

function openDocker({
  endpoint,
  deadlineMs = 10_000,
  listBytesMax = limits.listBytes,
}: DockerSourceOptions): Docker {
  return createDocker({ endpoint, deadlineMs, listBytesMax })
}

function startRounds(options: DockerSourceOptions, docker: Docker, tally: Tally): Rounds {
  const { endpoint, clock = realClock, random = Math.random, onOddity = () => {} } = options
  return {
    settings: options,
    cadence: { ...defaultCadence, ...options.cadence },
    clock,
    random,
    lists: createSwarmLists(docker, endpoint, onOddity),
    tally,
    onOddity,
    mailbox: createMailbox(),
    schedule: startSchedule(clock.nowMs(), graceMs),
    latest: undefined,
    believed: undefined,
    unsettled: false,
    removed: new Set(),
    implausible: false,
    wake: () => {},
  }
}

async function* publishedBy(
  rounds: Rounds,
  options: DockerSourceOptions,
  docker: Docker,
  signal: AbortSignal,
): AsyncIterable<Snapshot> {
  const stop = new AbortController()
  const end = () => stop.abort(signal.reason)
  if (signal.aborted) end()
  signal.addEventListener('abort', end)
  const work = Promise.all([pollLists(rounds, stop.signal), heedEvents(rounds, options, docker, stop.signal)])
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

async function heedEvents(
  rounds: Rounds,
  { eventSilenceMs = 300_000 }: DockerSourceOptions,
  docker: Docker,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random } = rounds
  for await (const hint of followEvents({ docker, clock, random, silentMs: eventSilenceMs }, signal)) {
    heedHint(rounds, hint)
  }
}
