// The settings' values, and what a row of their table says.
// Refuses rows: settings-table.ts has them.

import type { NetworkMode } from '../core/edge-networks.ts'
import type { HostOwner } from '../core/settings.ts'
import type { TcpAddress } from './address-kinds.ts'
import type { Kind } from './setting-kinds.ts'

/** The settings' values by name, parsed and in range; durations are in milliseconds. */
export type SettingValues = {
  readonly 'docker-host': string
  readonly 'docker-timeout': number
  readonly source: 'auto' | 'swarm' | 'containers'
  readonly 'poll-quiet': number
  readonly 'poll-moving': number
  readonly 'poll-moving-for': number
  readonly 'reconcile-interval': number
  readonly 'swarm-socket': string | undefined
  readonly 'edge-networks': 'auto' | 'every' | readonly string[]
  readonly 'service-cluster': string
  readonly 'host-owners': readonly HostOwner[]
  readonly networks: NetworkMode
  readonly 'networks-settle': number
  readonly haproxy: 'managed' | 'attached'
  readonly 'haproxy-bin': string
  readonly 'run-dir': string
  readonly 'worker-socket': string
  readonly 'master-socket': string
  readonly templates: string
  readonly 'http-bind': readonly string[]
  readonly 'https-bind': readonly string[]
  readonly 'https-port': number
  readonly certificates: string | undefined
  readonly 'tls-min-version': 'TLSv1.2' | 'TLSv1.3'
  readonly 'tls-ciphers': string
  readonly 'tls-ciphersuites': string
  readonly 'global-lines': readonly string[]
  readonly 'defaults-lines': readonly string[]
  readonly 'max-connections': number | undefined
  readonly 'access-log': string | undefined
  readonly 'info-headers': boolean
  readonly 'proxy-id': string
  readonly retries: number
  readonly 'timeout-connect': number
  readonly 'timeout-client': number
  readonly 'timeout-server': number
  readonly 'timeout-queue': number
  readonly 'timeout-keep-alive': number
  readonly 'timeout-request': number
  readonly 'timeout-tunnel': number
  readonly 'hard-stop-after': number
  readonly 'reload-settle': number
  readonly 'reload-settle-max': number
  readonly 'audit-interval': number
  readonly 'drain-timeout': number
  readonly 'accept-grace': number
  readonly 'admin-socket': string | undefined
  readonly 'admin-bind': TcpAddress | undefined
  readonly 'admin-token-file': string
  readonly 'log-level': LogLevel
}

export type SettingKey = keyof SettingValues
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type SettingGroup =
  | 'Docker'
  | 'Services'
  | 'HAProxy'
  | 'Traffic'
  | 'TLS'
  | 'Timeouts'
  | 'Changes'
  | 'Admin'
  | 'Log'

/** What a default may depend on. `runDir` is the run folder in force. */
export type DefaultFacts = {
  readonly hostname: string
  readonly templatesDir: string
  readonly runDir: string
}

export type SettingRow<T> = {
  readonly group: SettingGroup
  readonly kind: Kind<T>
  /** `words` for people; `text` in the form in which one would set it. */
  readonly default: {
    readonly words: string
    readonly text: (facts: DefaultFacts) => string
    /** The setting that it is made from, and that is at fault in its place. */
    readonly follows?: 'run-dir'
  }
  /** A variable of someone else's that counts where ours is not set. */
  readonly alsoFrom?: string
  readonly meaning: string
}
