// The settings that the core, the templates and the loop read, already parsed and in range.
// Owns their shape and the limits. Refuses flags and environment (cli/settings.ts owns names, defaults and parsing).

/** Hosts, and the services that they are kept for. */
export type HostOwner = {
  /** `admin.example.com`; `*.example.com` for all below it, however deep; `*` for every host and the default backend. */
  readonly hosts: string
  /** Names of services, with `*` for any letters. */
  readonly services: readonly string[]
}

/** What routing depends on besides the snapshot. */
export type RoutingSettings = {
  /** Services whose `com.docker.lb.service_cluster` says otherwise belong to another edge. */
  readonly serviceCluster: string
  /** Which services may claim which hosts; absent: each may claim any. */
  readonly hostOwners?: readonly HostOwner[]
  /** Whether the edge listens for TLS at all. */
  readonly isTlsOn: boolean
}

/** What the configuration file depends on besides the routing. Changing one of these means a reload. */
export type ConfigSettings = {
  /** Addresses for plain HTTP, as HAProxy's `bind` takes them, for example `:80`. */
  readonly httpBind: readonly string[]
  /** Addresses for TLS; none: no TLS is spoken. */
  readonly httpsBind: readonly string[]
  /** The port that clients reach `httpsBind` at, for redirects from plain HTTP. */
  readonly httpsPort: number
  /** HAProxy hands itself connections over this unix socket where it must look at their server name first. */
  readonly tlsSocket: string
  /** As HAProxy writes them: `TLSv1.2`; the lists of ciphers are OpenSSL's. */
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly tlsCiphers: string
  readonly tlsCiphersuites: string
  readonly workerSocket: string
  readonly routesMap: string
  readonly redirectsMap: string
  /** The list of certificates; undefined where no TLS is spoken. */
  readonly certificatesList: string | undefined
  /** Lines of the operator's own for these two sections, each as it stands. */
  readonly globalLines: readonly string[]
  readonly defaultsLines: readonly string[]
  /** Folder of the rendered error pages. */
  readonly errorsDir: string
  /** Undefined: HAProxy derives it from the file-descriptor limit. */
  readonly maxConnections: number | undefined
  /** Where HAProxy sends its access log, as its `log` line takes it (`stdout`, `10.0.0.1:514`); undefined: nowhere. */
  readonly logTarget: string | undefined
  readonly infoHeaders: boolean
  readonly proxyId: string
  readonly serverInfo: string
  readonly retries: number
  readonly connectTimeoutMs: number
  readonly clientTimeoutMs: number
  readonly serverTimeoutMs: number
  readonly queueTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly tunnelTimeoutMs: number
  readonly hardStopAfterMs: number
}

/** Names of the files within the run folder; `errors` and `certificates` are folders. */
export const fileNames = {
  config: 'haproxy.cfg',
  routes: 'routes.map',
  redirects: 'redirects.map',
  certificatesList: 'certificates.list',
  errors: 'errors',
  certificates: 'certificates',
} as const

/** What live changes name in HAProxy's files. */
export type LivePaths = Pick<ConfigSettings, 'routesMap' | 'redirectsMap' | 'certificatesList'>

/** Those of a configuration. */
export function livePathsOf({ routesMap, redirectsMap, certificatesList }: ConfigSettings): LivePaths {
  return { routesMap, redirectsMap, certificatesList }
}

/** When the loop does what. */
export type LoopSettings = {
  /** A reload waits until this long has passed without another reason for one... */
  readonly reloadSettleMs: number
  /** ...and never longer than this after the first. */
  readonly reloadSettleMaxMs: number
  /** How often the live state is read back and compared. */
  readonly auditMs: number
  /** How long a removed server may keep its last sessions before they are ended. */
  readonly drainTimeoutMs: number
  /** How long a server that comes into rotation may take to accept a connection before it gets requests all the same. */
  readonly acceptGraceMs: number
  /** First wait after a failed step; doubles up to `retryMaxMs`. */
  readonly retryMs: number
  readonly retryMaxMs: number
}

/** Bounds on what one service or one reply may ask of the agent. */
export const limits = {
  hostsPerService: 1000,
  pathsPerService: 100,
  redirectsPerService: 1000,
  addressesPerList: 1000,
  familySize: 50,
  familyBytes: 2048,
  labelLength: 65_536,
  replyBytes: 64 * 1024 * 1024,
  /** What is ever sent behind one command (haproxy/capabilities.ts says what a version takes). */
  payloadBytes: 60_000,
  listBytes: 256 * 1024 * 1024,
  /** Changes that the agent remembers; what each of them keeps of its commands and reasons. */
  historyEntries: 1000,
  historyCommands: 50,
  historyReasons: 20,
  /** Differences between the Swarm, HAProxy and the files that are told one by one. */
  diffRows: 1000,
  /** Backends whose figures are among the metrics. */
  metricBackends: 2000,
  metricCertificates: 200,
} as const
