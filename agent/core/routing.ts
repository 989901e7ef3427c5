// The desired state: which backends exist, which routes lead to them, which servers they hold.
// Owns the nouns that planning, rendering and inspection share. Refuses behaviour: it holds types and the route key.

import type { HeaderValues } from './labels/header-families.ts'
import type { OptionValues } from './labels/option-rows.ts'
import type { Problem } from './problem.ts'

/** What the edge should do for a snapshot. Backends are in the order of their names. */
export type Routing = {
  readonly backends: ReadonlyMap<string, Backend>
  /** By file. */
  readonly certificates: ReadonlyMap<string, Certificate>
  /** Shown where there is none for the name that is asked for; absent: the handshake is refused. A change is a reload. */
  readonly defaultCertificate?: Certificate | undefined
  /** Where requests for a whole host are sent: `http://old.local` to `https://new.local/path`. */
  readonly redirects: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

/** A certificate with its key, and the names that it is shown for. */
export type Certificate = {
  /** `certificates/<digests>.pem` in the run folder: named by all that follows, so that anything else is another file. */
  readonly file: string
  /** Digests of the materials that hold the certificate and the key; the same where one holds both. */
  readonly certificate: string
  readonly key: string
  /** SNI filters, sorted: `demo.local`, `*.example.com`. */
  readonly hosts: readonly string[]
}

/** Every certificate that HAProxy's files name, by file. */
export function allCertificates({
  certificates,
  defaultCertificate,
}: Pick<Routing, 'certificates' | 'defaultCertificate'>): Routing['certificates'] {
  if (defaultCertificate === undefined) return certificates
  return new Map(certificates).set(defaultCertificate.file, defaultCertificate)
}

/** What HAProxy's files are written from besides: certificates by file, and the digests of files with users. */
export type Sources = {
  readonly certificates: Routing['certificates']
  readonly users: readonly string[]
}

/** What the files of a routing are written from. */
export function sourcesOf(routing: Routing): Sources {
  const users = [...routing.backends.values()].flatMap(({ options }) => options.users?.digest ?? [])
  return { certificates: allCertificates(routing), users: [...new Set(users)] }
}

/** A routing without anything in it. */
export const emptyRouting: Routing = {
  backends: new Map(),
  certificates: new Map(),
  redirects: new Map(),
  problems: [],
}

/** A set of routes that the same services serve. An unchanged backend keeps its object from one routing to the next. */
export type Backend = {
  readonly name: string
  /** Oldest first: the first one's options stand. */
  readonly services: readonly BackendService[]
  /** Route keys, sorted. */
  readonly routes: readonly string[]
  readonly options: BackendOptions
  /** Sorted by name. */
  readonly servers: readonly Server[]
}

/** The facts about a service whose change asks for a reload, as the design's table has it. */
export type BackendService = {
  readonly id: string
  readonly name: string
  readonly mode: BackendMode
  readonly networkIds: readonly string[]
  /** Where its tasks have their stop signal by the time they are known to leave: containers without a Swarm. */
  readonly isToldLate?: true
}

type AskedOptions = OptionValues & HeaderValues

export type BackendMode = 'task' | 'vip'

/** What a backend's section says besides its servers. A change here needs a reload. An absent option is not in force. */
export type BackendOptions = {
  readonly [K in Exclude<keyof AskedOptions, 'contextRootRewrite' | 'basicAuth'>]?: NonNullable<
    AskedOptions[K]
  >
} & {
  /** Whose requests are served. */
  readonly users?: BackendUsers
  /** The path prefix that the application does not get to see. */
  readonly rewrite?: string
  /** Connections go to the tasks as they are, chosen by the server name of their TLS. */
  readonly passthrough?: true
}

/** The users in a file, under the name that a label says; without a digest nobody, as there is no such file. */
export type BackendUsers = { readonly name: string; readonly digest?: string }

export type Server = {
  readonly name: string
  /** IPv4, or IPv6 without brackets. */
  readonly address: string
  readonly port: number
  readonly weight: number
  /** `maint`: in the backend, out of rotation (a task not running yet, a VIP with nobody behind it). */
  readonly admin: 'ready' | 'maint'
  /** What stands on its line besides. Servers that differ in it differ in their names. */
  readonly options?: ServerOptions
  /** How many idle connections HAProxy keeps to it; absent: as many as it likes. */
  readonly poolMaxConn?: number
  /**
   * Present where HAProxy may take the server out of rotation by itself. `off`: not yet, as it need not listen yet.
   * Absent for a virtual IP: one of the tasks behind it says nothing about the others.
   */
  readonly checks?: 'on' | 'off'
}

/** What a service's labels ask of its servers' lines. An absent option is as usual. */
export type ServerOptions = {
  /** HAProxy never takes it out of rotation. */
  readonly isUnchecked?: true
  /** How many connections must fail in a row before HAProxy looks whether it is well. */
  readonly errorLimit?: number
  /** How often HAProxy looks while it is out of rotation, and while it is in. */
  readonly downIntervalMs?: number
  readonly checkIntervalMs?: number
  /** Spoken to by TLS. */
  readonly tls?: 'tls' | 'tls-verified'
  readonly proxyProtocol?: 'v1' | 'v2'
}

/** The host of routes for requests whose host nobody claims. */
export const defaultHost = '*'

/** The host of routes for TLS connections that are passed through, by the server name that they ask for. */
export function sniHost(host: string): string {
  return `sni:${host}`
}

/**
 * The key under which a route stands in the map: `host/`, or `host/path/`.
 *
 * A request is looked up as its host, its path and one more slash, by longest prefix (HAProxy's `map_beg`), so a key
 * matches its path and what lies below it, and never a longer last segment. A wildcard's host is written `.example.com`.
 * @param path empty, or `/a/b` without a slash at its end
 */
export function routeKey(host: string, path: string): string {
  return `${host}${path}/`
}
