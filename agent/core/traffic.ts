// What HAProxy says of its traffic at one moment: the figures of the process, its frontends, backends and servers.
// Owns the types. Refuses sockets (haproxy/stats.ts reads them) and differences between two readings (rates.ts).

/** Which figures a reading holds: those of all frontends and backends, or of one backend and its servers. */
export type TrafficScope = 'backends' | { readonly backend: string }

/** One reading. Frontends, backends and servers are in the order in which HAProxy tells them. */
export type Traffic = {
  /** Milliseconds since 1970, by a clock that only grows. */
  readonly atMs: number
  readonly info: ProcessInfo
  /** Empty where one backend was asked for. */
  readonly frontends: readonly FrontendFigures[]
  /** Tidegate's own section for hosts that nobody claims, `no-route`, is among them. */
  readonly backends: readonly BackendFigures[]
  /** Empty unless a backend was asked for. */
  readonly servers: readonly ServerFigures[]
}

/** What a worker says of itself in `show info` (management guide, section 9.3). */
export type ProcessInfo = {
  readonly pid: number
  /** As HAProxy reports it, for example `3.0.11-1+deb13u4`. */
  readonly version: string
  readonly uptimeS: number
  /** True for a worker that only finishes its last sessions after a reload. */
  readonly stopping: boolean
  readonly threads: number
  readonly connections: number
  readonly connectionsMax: number
  /** Within the last second. */
  readonly connectionsPerS: number
  readonly sessionsPerS: number
  /** Requests since the worker began, those to its own sockets included. */
  readonly requests: number
  /** How much of its time the worker has had nothing to do. */
  readonly idlePercent: number
}

/** Counts begin at 0 with each worker, and with `clear counters all`. */
export type Figures = {
  readonly name: string
  /** HAProxy's word: `OPEN`, `UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`, `UP 1/3`, `MAINT (via …)`. */
  readonly status: string
  /** Open now. */
  readonly sessions: number
  /** Since the worker began. */
  readonly requests: number
  /** Answers to clients by class, those that HAProxy gave itself included; of a server: its own alone. */
  readonly responses: ResponseCounts
  readonly bytesIn: number
  readonly bytesOut: number
}

export type ResponseCounts = {
  readonly '1xx': number
  readonly '2xx': number
  readonly '3xx': number
  readonly '4xx': number
  readonly '5xx': number
  readonly other: number
}

export type FrontendFigures = Figures & { readonly sessionsMax: number }

/** What backends and servers have in common: they queue, connect, and measure. */
export type ServingFigures = Figures & {
  /** Requests that wait for a free connection now. */
  readonly queued: number
  /** Attempts to connect that failed. */
  readonly connectErrors: number
  /** Answers that broke off, or were none. */
  readonly responseErrors: number
  readonly retries: number
  readonly redispatches: number
  readonly latency: Latency
  /** How long the status has been what it is. */
  readonly statusForS: number
}

/** Averages over the last 1,024 requests, in milliseconds; 0 where there was none. */
export type Latency = {
  readonly queueMs: number
  readonly connectMs: number
  readonly responseMs: number
  readonly totalMs: number
}

export type BackendFigures = ServingFigures & {
  /** How many servers take requests. */
  readonly serversUp: number
}

export type ServerFigures = ServingFigures & {
  readonly backend: string
  /** With its port, as HAProxy prints it: `10.0.1.7:80`, `[2001:db8::1]:80`, `unix`. */
  readonly address: string
  readonly weight: number
  /** Undefined where the server is not checked. */
  readonly check: CheckFigures | undefined
}

export type CheckFigures = {
  /** HAProxy's word: `L4OK`, `L4CON`, `L7STS`…; with `* ` before it while a check is under way. */
  readonly status: string
  /** The HTTP status that a check of layer 7 got. */
  readonly code: number | undefined
  readonly durationMs: number | undefined
  /** Checks that failed, and times that the server went down. */
  readonly failures: number
  readonly downs: number
}
