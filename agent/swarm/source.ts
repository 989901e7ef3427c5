// The Swarm source: a manager's API as a stream of snapshots.
// Owns the wiring of lists, events and watch. Nothing behind it may know Docker.

import type { AgentError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { createFolding } from '../docker/folding.ts'
import { applyTold, type Rounds } from '../docker/rounds.ts'
import {
  createSource,
  type DockerSource,
  type Kind,
  type KindParts,
  readOnce,
  type SourceOptions,
} from '../docker/source.ts'
import { swarmEvents } from './event-hint.ts'
import { createSwarmLists, type Listed } from './swarm-lists.ts'
import { createSwarmView, type SwarmView } from './view.ts'
import { createWatch, type Watch } from './watch/follow.ts'
import { createOverlay } from './watch/overlay.ts'
import { heedWatch } from './watched.ts'

export type SwarmSourceOptions = SourceOptions & {
  /** A manager's control socket (`<exec-root>/swarm/control.sock`): tasks are followed as they are committed. */
  readonly swarmSocket?: string | undefined
  /** The watch has opened: at first, and after `onUnwatched`. */
  readonly onWatched?: () => void
  /** The watch does not open though the lists are answered, so tasks are polled; told once, and when the reason changes. */
  readonly onUnwatched?: (error: AgentError) => void
}

/** A source that connects when its snapshots are first asked for; throws AgentError then if the certificates do not fit. */
export function createSwarmSource(options: SwarmSourceOptions): DockerSource {
  return createSource(
    options,
    (parts) => swarmKind(options, parts),
    options,
    options.swarmSocket !== undefined,
  )
}

/**
 * One snapshot, for a command that runs once.
 *
 * Throws AgentError if the engine does not give all lists, and what `signal` says if it is aborted.
 */
export function readSwarm(options: SwarmSourceOptions, signal: AbortSignal): Promise<Snapshot> {
  const { swarmSocket: _, ...others } = options
  return readOnce(options, (parts) => swarmKind(others, parts), signal)
}

function swarmKind(options: SwarmSourceOptions, parts: KindParts): Kind<Listed> {
  const { docker, clock, onOddity } = parts
  const watch = openWatch(options, parts)
  const overlay = createOverlay()
  const view = createSwarmView({
    settings: options,
    clock,
    onOddity,
    overlay,
    restartWatch: (why) => watch?.restart(why),
  })
  return {
    lists: createSwarmLists(docker, options.endpoint, onOddity, overlay.find),
    view,
    events: swarmEvents,
    ...(watch !== undefined && { beside: (rounds, signal) => follow(rounds, view, watch, signal) }),
  }
}

function openWatch(
  { swarmSocket }: SwarmSourceOptions,
  { docker, clock, random, deadlineMs }: KindParts,
): Watch | undefined {
  if (swarmSocket === undefined) return undefined
  return createWatch({ socketPath: swarmSocket, docker, clock, random, deadlineMs })
}

async function follow(
  rounds: Rounds<Listed>,
  view: SwarmView,
  watch: Watch,
  signal: AbortSignal,
): Promise<void> {
  const folding = createFolding(rounds.clock, () => applyTold(rounds))
  const heed = async () => {
    for await (const notice of watch.notices(signal)) heedWatch(rounds, view, notice, folding.ask)
  }
  await Promise.all([heed(), folding.run(signal)])
}
