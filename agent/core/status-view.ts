// What a person wants to know at a glance: services, routes, servers and problems, and how sure the view is.
// Owns its shape, which is the answer of /api/status too. Refuses to make it (status-build.ts), and to lay it out.

import type { Expiry } from './expiry.ts'
import type { Problem } from './problem.ts'
import type { BackendMode } from './routing.ts'

/** Everything in it is JSON; what is not known is left out. Its size grows with backends and routes, not with tasks. */
export type StatusView = {
  /** `agent`: by the one that runs. `engine`: by the engine and HAProxy, no agent answers. `haproxy`: by that alone. */
  readonly toldBy: 'agent' | 'engine' | 'haproxy'
  /** Tidegate's, for example `0.1.0`. */
  readonly version: string
  /** Absent where HAProxy does not answer. */
  readonly haproxy?: HaproxyView
  /** The agent's view of the engine; absent without an agent. */
  readonly engine?: EngineView
  /** What the agent is at; absent without one. */
  readonly loop?: LoopView
  /** Services that are published. */
  readonly services: number
  readonly routes: number
  readonly servers: ServerCounts
  /** Those in use; absent where no TLS is spoken. */
  readonly certificates?: CertificatesView
  /** In the order of their names. */
  readonly backends: readonly BackendView[]
  readonly problems: readonly Problem[]
}

export type CertificatesView = {
  readonly count: number
  /** The one that ends first. */
  readonly nearest?: Expiry
}

export type HaproxyView = {
  readonly version: string
  readonly pid: number
  /** True while only a worker answers that is on its way out. */
  readonly isStopping: boolean
  readonly uptimeS?: number
  readonly connections?: number
  readonly connectionsMax?: number
}

export type EngineView = {
  /** Since the engine last answered all that was asked; absent before it has. */
  readonly staleMs?: number
  /** Code of the trouble that the last round ended with. */
  readonly trouble?: string
  /** True while a view that lacks things is not believed yet. */
  readonly isHeldBack: boolean
}

export type LoopView = {
  /** True where HAProxy runs what the last snapshot asks for, with nothing pending and no server closing. */
  readonly isSettled: boolean
  /** Servers that are kept out of rotation until they accept connections. */
  readonly awaited: number
  /** Why a reload waits for things to settle; empty where none does. */
  readonly pendingReload: readonly string[]
  readonly trouble?: { readonly code: string; readonly message: string; readonly hint: string }
  readonly counters: {
    readonly starts: number
    readonly reloads: number
    readonly liveChanges: number
    readonly drifts: number
    readonly failures: number
  }
}

export type ServerCounts = {
  /** Take requests. Those that a health check took out count here too where HAProxy's figures are not known. */
  readonly up: number
  /** Taken out of rotation by a health check. */
  readonly down: number
  /** In maintenance until their task runs and accepts connections. */
  readonly waiting: number
  /** In maintenance until their last session ends. */
  readonly closing: number
  /** Drained by somebody: they get no new requests. */
  readonly drained: number
}

/**
 * | health     | when                                                             |
 * | ---------- | ---------------------------------------------------------------- |
 * | `down`     | it has servers, and none takes requests                          |
 * | `missing`  | it is wanted, and comes with the next reload                     |
 * | `degraded` | some servers were taken out by their health checks               |
 * | `empty`    | it has no server, or only closing ones: no task runs             |
 * | `leaving`  | nobody wants it any more; it goes with the next reload           |
 * | `up`       | otherwise                                                        |
 */
export const healths = ['down', 'missing', 'degraded', 'empty', 'leaving', 'up'] as const

export type Health = (typeof healths)[number]

export type BackendView = {
  /** As HAProxy has it. */
  readonly name: string
  readonly health: Health
  /** Oldest first. Empty where HAProxy alone has told. */
  readonly services: readonly { readonly name: string; readonly mode: BackendMode }[]
  /** Route keys, sorted. */
  readonly routes: readonly string[]
  readonly servers: ServerCounts
  /** Absent where HAProxy's figures are not known. */
  readonly figures?: BackendFiguresView
}

export type BackendFiguresView = {
  readonly sessions: number
  readonly queued: number
  /** Since HAProxy's worker began, as are the errors: answers of class 5xx. */
  readonly requests: number
  readonly errors: number
  /** Average over the last 1,024 requests. */
  readonly responseMs: number
  /** Absent with the first reading. */
  readonly requestsPerS?: number
  readonly errorsPerS?: number
}

/** What the view counts of its backends. */
export function totalsOf(
  backends: readonly BackendView[],
): Pick<StatusView, 'services' | 'routes' | 'servers'> {
  return {
    services: new Set(backends.flatMap(({ services }) => services.map(({ name }) => name))).size,
    routes: backends.reduce((total, { routes }) => total + routes.length, 0),
    servers: backends.map(({ servers }) => servers).reduce(sum, noServers),
  }
}

/** Nothing to count. */
export const noServers: ServerCounts = { up: 0, down: 0, waiting: 0, closing: 0, drained: 0 }

function sum(a: ServerCounts, b: ServerCounts): ServerCounts {
  return {
    up: a.up + b.up,
    down: a.down + b.down,
    waiting: a.waiting + b.waiting,
    closing: a.closing + b.closing,
    drained: a.drained + b.drained,
  }
}
