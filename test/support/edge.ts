// A whole edge for a test: the agent in this process, a real HAProxy beside it, in a folder of its own.
// Owns free ports and a clean end. Refuses shortcuts: settings go through the same parser as the command line's.

import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { arch, hostname, platform } from 'node:os'
import {
  type Agent,
  type AgentReport,
  type AgentStatus,
  createAgent,
  type Engine,
} from '../../agent/agent.ts'
import { certificateFolders } from '../../agent/certificates/folders.ts'
import { withMaterials } from '../../agent/certificates/merge.ts'
import { createCertificateStore } from '../../agent/certificates/store.ts'
import { readSettings, type Settings } from '../../agent/cli/settings.ts'
import type { Action } from '../../agent/core/action.ts'
import type { EdgeUpdate } from '../../agent/core/edge-plan.ts'
import type { AgentError } from '../../agent/core/errors.ts'
import type { Problem } from '../../agent/core/problem.ts'
import { parseEndpoint } from '../../agent/docker/endpoint.ts'
import type { DockerSource } from '../../agent/docker/source.ts'
import type { ProcessEvent } from '../../agent/haproxy/process.ts'
import type { Outcome } from '../../agent/reconcile/ports.ts'
import { updateEdge } from '../../agent/swarm/attach.ts'
import { createSwarmSource } from '../../agent/swarm/source.ts'
import { createEdgePage } from './edge-page.ts'
import { eventually } from './eventually.ts'
import { haproxyBinary } from './haproxy-binary.ts'

/** What the agent has told so far. */
export type Told = {
  readonly outcomes: Outcome[]
  readonly appeared: Problem[]
  readonly troubles: AgentError[]
  readonly drifts: (readonly Action[])[]
  readonly haproxy: ProcessEvent[]
  /** Updates of the edge's own networks. */
  readonly attached: EdgeUpdate[]
  /** Whatever else a test should be able to look at: trouble with the engine, settings lowered. */
  readonly notes: unknown[]
}

export type Edge = AsyncDisposable & {
  readonly settings: Settings
  readonly port: number
  readonly told: Told
  readonly status: () => AgentStatus
  readonly source: DockerSource
  /** Waits until HAProxy runs what the newest snapshot asks for, with nothing pending; resolves to the status then. */
  readonly settled: (timeoutMs?: number) => Promise<AgentStatus>
  /** Ends the agent and leaves HAProxy running, as when the agent is killed. */
  readonly letGo: () => Promise<void>
}

export type EdgeOptions = {
  /** The engine's socket. */
  readonly engine: string
  /** The run folder; it must be short. The caller owns it. */
  readonly runDir: string
  /** Further settings, by flag name. */
  readonly flags?: Readonly<Record<string, string>>
  /** What the agent's container is called; the machine's own name unless given. */
  readonly hostname?: string
  readonly port?: number
  readonly branch?: string
  /** What the agent calls itself; it stands in the configuration. */
  readonly version?: string
  /** Whether the admin interface is open, where the flag `admin-bind` says; default false. */
  readonly page?: boolean
  /** Called with each outcome as it happens. */
  readonly onOutcome?: (outcome: Outcome) => void
  readonly onProblems?: (appeared: readonly Problem[], gone: readonly Problem[]) => void
}

/** Quick enough for tests, and still in the order of the defaults. */
const quickFlags = {
  'reload-settle': '100ms',
  'reload-settle-max': '1s',
  'poll-quiet': '200ms',
  'poll-moving': '50ms',
  'poll-moving-for': '2s',
  'reconcile-interval': '2s',
  'edge-networks': 'every',
}

/** A port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** The settings of a test's edge, as the command line would read them. */
export function edgeSettings(options: EdgeOptions & { readonly port: number }): Settings {
  const { engine, runDir, port, branch, version = '0.0.0-test', flags } = options
  return readSettings({
    flags: {
      ...quickFlags,
      'docker-host': `unix://${engine}`,
      'run-dir': runDir,
      'haproxy-bin': haproxyBinary(branch),
      'http-bind': `127.0.0.1:${port}`,
      ...flags,
    },
    env: {},
    host: {
      hostname: hostname(),
      os: platform(),
      arch: arch(),
      version,
      templatesDir: new URL('../../templates', import.meta.url).pathname,
    },
  })
}

/** Starts an edge. With the folder and port of an earlier one it takes over what that one left. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const port = options.port ?? (await freePort())
  const settings = edgeSettings({ ...options, port })
  await mkdir(settings.haproxy.runDir, { recursive: true })
  const told: Told = {
    outcomes: [],
    appeared: [],
    troubles: [],
    drifts: [],
    haproxy: [],
    attached: [],
    notes: [],
  }
  const endpoint = parseEndpoint(settings.docker.variables, () => '')
  const source = createSwarmSource({
    endpoint,
    edgeNetworks: settings.docker.edgeNetworks,
    hostname: options.hostname ?? hostname(),
    deadlineMs: settings.docker.timeoutMs,
    cadence: {
      quietMs: settings.docker.pollQuietMs,
      movingMs: settings.docker.pollMovingMs,
      hotMs: settings.docker.pollMovingForMs,
      fullMs: settings.docker.reconcileMs,
    },
    onTrouble: (error) => told.notes.push(error),
  })
  const attach: Engine['attach'] = (plan, signal) =>
    updateEdge(endpoint, plan, settings.docker.timeoutMs, signal)
  const certificates = createCertificateStore({ folders: certificateFolders(settings.certificates) })
  const engine = {
    snapshots: withMaterials(source.snapshots, certificates),
    attach,
    pems: certificates,
    users: certificates.users,
  }
  const page = createEdgePage(settings, options.version ?? '0.0.0-test', reportTo(told, options))
  const agent = await createAgent(settings, engine, page.report)
  const opened = options.page === true ? await page.open(agent, source) : undefined
  const stop = new AbortController()
  const running = agent.run(stop.signal)
  const end = async () => {
    await opened?.[Symbol.asyncDispose]()
    stop.abort()
    await running
  }
  const letGo = async () => {
    await end()
    await agent[Symbol.asyncDispose]()
  }
  return {
    settings,
    port,
    told,
    source,
    status: agent.status,
    settled: (timeoutMs = 10_000) => settled(agent, running, timeoutMs),
    letGo,
    [Symbol.asyncDispose]: async () => {
      if (!stop.signal.aborted) {
        await end()
        await agent.stopHaproxy(AbortSignal.abort())
        await agent[Symbol.asyncDispose]()
      }
    },
  }
}

async function settled(agent: Agent, running: Promise<void>, timeoutMs: number): Promise<AgentStatus> {
  const waiting = eventually(
    () => {
      const status = agent.status()
      if (status.isSettled) return status
      throw new Error(`pending ${JSON.stringify(status.pendingReload)}, trouble ${String(status.trouble)}`)
    },
    { timeoutMs },
  )
  // A bug in the agent shows at once, not as a time-out.
  return Promise.race([waiting, running.then(() => Promise.reject(new Error('the agent has ended')))])
}

function reportTo(told: Told, options: EdgeOptions): AgentReport {
  return {
    outcome: (outcome) => {
      told.outcomes.push(outcome)
      options.onOutcome?.(outcome)
    },
    problems: (appeared, gone) => {
      told.appeared.push(...appeared)
      options.onProblems?.(appeared, gone)
    },
    trouble: (error) => told.troubles.push(error),
    recovered: () => {},
    late: (newcomer) => told.notes.push(newcomer),
    drift: (actions) => told.drifts.push(actions),
    haproxy: (event) => told.haproxy.push(event),
    attached: (plan) => told.attached.push(plan),
    notAttached: (error) => told.notes.push(error),
    lowered: (...note) => told.notes.push(note),
    notResumed: (error) => told.notes.push(error),
  }
}
