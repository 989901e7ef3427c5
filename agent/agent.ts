// The agent as one thing: Swarm in, a live HAProxy out.
// Owns the wiring of source, loop and HAProxy, and their common life. Refuses flags, logs and signals (main.ts).

import { availableParallelism } from 'node:os'
import { createAccepts } from './accepts.ts'
import type { Settings } from './cli/settings.ts'
import { type AgentError, isAgentError } from './core/errors.ts'
import { type ConfigSettings, fileNames, livePathsOf } from './core/settings.ts'
import type { UsersSource } from './core/view.ts'
import type { DockerSource } from './docker/source.ts'
import type { PemSource } from './haproxy/certificate-files.ts'
import { maxConnectionsFor, readFdLimit } from './haproxy/fd-limit.ts'
import type { ProcessEvent } from './haproxy/process.ts'
import type { CommandCounts } from './haproxy/runtime.ts'
import { createHaproxyEdge, type HaproxyEdge } from './haproxy-port.ts'
import { createEdgeKeeper, type EdgeKeeperOptions } from './reconcile/edge-keeper.ts'
import { createLoop } from './reconcile/loop.ts'
import type { Report } from './reconcile/ports.ts'
import type { Status } from './reconcile/status.ts'
import { createRenderer, type Renderer } from './render/render.ts'

/** What the agent tells whoever runs it. */
export type AgentReport = Report &
  EdgeKeeperOptions['report'] & {
    readonly haproxy: (event: ProcessEvent) => void
    /** A setting was put in its place by what the machine allows. */
    readonly lowered: (setting: string, from: number, to: number) => void
    /** HAProxy could not be resumed from what an earlier life left; the loop starts it anew. */
    readonly notResumed: (error: AgentError) => void
  }

/** The engine as the agent needs it: what it says, and the one thing that it is asked to change. */
export type Engine = Pick<DockerSource, 'snapshots'> &
  Pick<EdgeKeeperOptions, 'attach'> & {
    /** The certificates that the snapshots' materials tell of. */
    readonly pems: PemSource
    /** The users in the files that they tell of. */
    readonly users: UsersSource
  }

export type Agent = AsyncDisposable & {
  /** Runs until the signal aborts; HAProxy goes on then. Rejects only for bugs. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Ends a managed HAProxy, its sessions first. */
  readonly stopHaproxy: (signal: AbortSignal) => Promise<void>
  readonly status: () => AgentStatus
  /** What the loop writes files with. */
  readonly renderer: Renderer
}

export type AgentStatus = Status & { readonly commands: CommandCounts }

/** Makes an agent; it does nothing until it runs. */
export async function createAgent(settings: Settings, engine: Engine, report: AgentReport): Promise<Agent> {
  const config = await withinLimits(settings.config, report)
  const haproxy = await createHaproxyEdge({
    ...settings.haproxy,
    ...livePathsOf(config),
    pems: engine.pems,
    onEvent: (event) => {
      report.haproxy(event)
      if (event.kind === 'died' || event.kind === 'restarted') loop.doubt()
    },
  })
  const clock = { nowMs: () => performance.now() }
  const keeper = createEdgeKeeper({
    mode: settings.docker.networks,
    settleMs: settings.docker.networksSettleMs,
    retryMs: settings.loop.retryMaxMs,
    attach: engine.attach,
    clock,
    report,
  })
  const renderer = createRenderer(settings.haproxy.templatesDir, config, engine.users)
  const loop = createLoop({
    haproxy,
    renderer,
    configFile: fileNames.config,
    settings: { ...settings.loop, ...settings.routing },
    accepts: createAccepts(),
    clock,
    report,
    routed: keeper.consider,
  })
  return {
    run: async (signal) => {
      await resume(haproxy, report, signal)
      await Promise.all([loop.run(engine.snapshots(signal), signal), keeper.run(signal)])
    },
    stopHaproxy: haproxy.stop,
    status: () => ({ ...loop.status(), commands: haproxy.commandsSent() }),
    renderer,
    [Symbol.asyncDispose]: () => haproxy[Symbol.asyncDispose](),
  }
}

async function resume(haproxy: HaproxyEdge, report: AgentReport, signal: AbortSignal): Promise<void> {
  try {
    await haproxy.resume(signal)
  } catch (error) {
    if (signal.aborted) return
    if (!isAgentError(error)) throw error
    report.notResumed(error)
  }
}

/** A worker ends at its start where `maxconn` asks for more files than the limit allows. */
async function withinLimits(config: ConfigSettings, report: AgentReport): Promise<ConfigSettings> {
  const fdLimit = await readFdLimit()
  if (config.maxConnections === undefined || fdLimit === undefined) return config
  const use = {
    listeners: config.httpBind.length + config.httpsBind.length + 3,
    threads: availableParallelism(),
  }
  const most = maxConnectionsFor(fdLimit, use)
  if (config.maxConnections <= most) return config
  report.lowered('max-connections', config.maxConnections, most)
  return { ...config, maxConnections: most }
}
