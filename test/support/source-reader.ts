// A Docker source that is read all the time, with everything it ever said kept.

import type { AgentError } from '../../agent/core/errors.ts'
import type { Snapshot } from '../../agent/core/snapshot.ts'
import type { Oddity } from '../../agent/docker/list.ts'
import type { DockerSource } from '../../agent/docker/source.ts'
import { createSwarmSource, type SwarmSourceOptions } from '../../agent/swarm/source.ts'

export type SourceReader = AsyncDisposable & {
  readonly source: DockerSource
  readonly snapshots: Snapshot[]
  readonly troubles: AgentError[]
  readonly recoveries: number[]
  readonly oddities: Oddity[]
  /** Why the watch was not followed, as it was told. */
  readonly unwatched: AgentError[]
  /** How often it was told that the watch is followed. */
  readonly watched: () => number
  /** The latest snapshot; throws before the first. */
  readonly now: () => Snapshot
}

/** Reads the source of the engine at a unix socket until it is disposed of. */
export function readSource(
  socketPath: string,
  options: Partial<SwarmSourceOptions> = {},
  onSnapshot: (snapshot: Snapshot) => void = () => undefined,
): SourceReader {
  const stop = new AbortController()
  const snapshots: Snapshot[] = []
  const troubles: AgentError[] = []
  const recoveries: number[] = []
  const oddities: Oddity[] = []
  const unwatched: AgentError[] = []
  let watched = 0
  const source = createSwarmSource({
    endpoint: { kind: 'unix', socketPath },
    edgeNetworks: 'every',
    hostname: 'laptop',
    onTrouble: (error) => troubles.push(error),
    onRecovery: (ms) => recoveries.push(ms),
    onOddity: (oddity) => oddities.push(oddity),
    onUnwatched: (error) => unwatched.push(error),
    onWatched: () => {
      watched += 1
    },
    ...options,
  })
  const reading = (async () => {
    for await (const snapshot of source.snapshots(stop.signal)) {
      onSnapshot(snapshot)
      snapshots.push(snapshot)
    }
  })()
  return {
    source,
    snapshots,
    troubles,
    recoveries,
    oddities,
    unwatched,
    watched: () => watched,
    now: () => {
      const snapshot = snapshots.at(-1)
      if (snapshot === undefined) throw new Error(`no snapshot yet; trouble: ${troubles.at(-1)?.message}`)
      return snapshot
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await reading
    },
  }
}
