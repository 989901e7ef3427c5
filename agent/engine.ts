// The engine as a source of snapshots: of a Swarm's services, or of its own containers.
// Owns the choice, which is made once: an engine that leaves its Swarm must not have its services replaced by nothing.

import { readFileSync } from 'node:fs'
import type { Settings } from './cli/settings.ts'
import { createContainersSource, readContainers } from './containers/source.ts'
import { isAgentError } from './core/errors.ts'
import type { Snapshot } from './core/snapshot.ts'
import { backoffMs } from './docker/backoff.ts'
import { realClock } from './docker/clock.ts'
import { createDocker } from './docker/docker.ts'
import { type DockerEndpoint, parseEndpoint } from './docker/endpoint.ts'
import type { DockerSource } from './docker/source.ts'
import { createTally } from './docker/status.ts'
import { isInSwarm } from './docker/swarm-part.ts'
import { createSwarmSource, readSwarm, type SwarmSourceOptions } from './swarm/source.ts'

export type EngineOptions = SwarmSourceOptions & {
  readonly deadlineMs: number
  /** Which of the two it is; called once, before the first snapshot. */
  readonly onChosen?: (source: SourceName) => void
}

export type SourceName = 'swarm' | 'containers'

/** As much of `GET /info` as is read. */
const infoBytesMax = 1024 * 1024

/** Where the engine is, with its certificates read. */
export function dockerEndpoint(settings: Settings): DockerEndpoint {
  return parseEndpoint(settings.docker.variables, (path) => readFileSync(path, 'utf8'))
}

/** What the source of both `run` and the commands that ask once is told. */
export function sourceOptions(settings: Settings, endpoint: DockerEndpoint, hostname: string) {
  const { edgeNetworks, timeoutMs, pollQuietMs, pollMovingMs, pollMovingForMs, reconcileMs } = settings.docker
  return {
    endpoint,
    edgeNetworks,
    hostname,
    swarmSocket: settings.docker.swarmSocket,
    deadlineMs: timeoutMs,
    cadence: { quietMs: pollQuietMs, movingMs: pollMovingMs, hotMs: pollMovingForMs, fullMs: reconcileMs },
  }
}

/** The source that the settings ask for. With `auto` the engine is asked when its snapshots first are, until it answers. */
export function createEngineSource({ docker }: Settings, options: EngineOptions): DockerSource {
  const tally = createTally(realClock, options)
  let chosen: DockerSource | undefined
  return {
    snapshots: async function* (signal) {
      const name = docker.source === 'auto' ? await choose(options, tally, signal) : docker.source
      if (name === undefined) return
      options.onChosen?.(name)
      chosen = name === 'swarm' ? createSwarmSource(options) : createContainersSource(options)
      yield* chosen.snapshots(signal)
    },
    status: () =>
      chosen?.status() ?? tally.status({ mode: 'quiet', isHeldBack: false, isFollowing: undefined }),
  }
}

/** One snapshot, for a command that runs once. Throws AgentError. */
export async function readEngine(
  settings: Settings,
  hostname: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const options = sourceOptions(settings, dockerEndpoint(settings), hostname)
  const { source } = settings.docker
  const name = source === 'auto' ? await ask(options, signal) : source
  return name === 'swarm' ? readSwarm(options, signal) : readContainers(options, signal)
}

/** Undefined once `signal` is aborted. */
async function choose(
  options: EngineOptions,
  tally: ReturnType<typeof createTally>,
  signal: AbortSignal,
): Promise<SourceName | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const name = await ask(options, signal)
      tally.answered()
      return name
    } catch (error) {
      if (signal.aborted) return undefined
      if (!isAgentError(error)) throw error
      tally.failed(error)
    }
    await realClock.sleep(backoffMs(failures, Math.random()), signal)
  }
  return undefined
}

async function ask({ endpoint, deadlineMs }: EngineOptions, signal: AbortSignal): Promise<SourceName> {
  const docker = createDocker({ endpoint, deadlineMs, listBytesMax: infoBytesMax })
  try {
    return (await isInSwarm(docker, endpoint, signal)) ? 'swarm' : 'containers'
  } finally {
    docker.close()
  }
}
