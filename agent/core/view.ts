// What the templates print: final, escaped, sorted strings and numbers, so that a template needs no logic.
// Refuses EJS and files (render/).

import { formatAddress } from './address.ts'
import type { Backend, BackendOptions, Routing } from './routing.ts'
import { checkKeywords, hashKeywords, serverKeywords } from './server-keywords.ts'
import type { ConfigSettings } from './settings.ts'
import { compareText } from './text.ts'

/** Fields of `haproxy.cfg.ejs`. Durations are HAProxy's own form, texts are quoted where they may hold blanks. */
export type ConfigView = {
  readonly description: string
  readonly workerSocket: string
  readonly routesMap: string
  readonly errorsDir: string
  readonly httpBinds: readonly string[]
  readonly maxConnections: number | undefined
  readonly logTarget: string | undefined
  readonly infoHeaders: boolean
  readonly proxyId: string
  readonly serverInfo: string
  readonly retries: number
  /** Of `default-server`: its place in a hash; when it counts as gone, and as back. */
  readonly serverDefaults: string
  readonly timeouts: {
    readonly connect: string
    readonly client: string
    readonly server: string
    readonly queue: string
    readonly keepAlive: string
    readonly request: string
    readonly tunnel: string
    readonly hardStop: string
  }
}

/** Fields of `backend.cfg.ejs`. */
export type BackendView = {
  readonly name: string
  readonly services: string
  readonly routes: readonly string[]
  readonly balance: string
  /** Truth value: whether few requests change their server when servers come and go. */
  readonly isHashed: boolean
  readonly rewrite: RewriteView | undefined
  readonly servers: readonly ServerView[]
}

export type RewriteView = {
  readonly path: string
  /** The same with a slash behind it: what requests below it begin with. */
  readonly folder: string
  /** That for a log format: what the bare prefix is redirected to. */
  readonly location: string
  /** How many bytes of a request's path are the prefix. */
  readonly length: number
}

export type ServerView = {
  readonly name: string
  readonly address: string
  readonly keywords: string
  readonly disabled: boolean
}

/** The view of everything but backends. `structure` is the digest that an agent recognises its own configuration by. */
export function configView(settings: ConfigSettings, structure: string): ConfigView {
  return {
    description: quoted(`tidegate structure=${structure}`),
    workerSocket: quoted(settings.workerSocket),
    routesMap: settings.routesMap,
    errorsDir: settings.errorsDir,
    httpBinds: settings.httpBind,
    maxConnections: settings.maxConnections,
    logTarget: settings.logTarget,
    infoHeaders: settings.infoHeaders,
    proxyId: quoted(withoutFormat(settings.proxyId)),
    serverInfo: quoted(withoutFormat(settings.serverInfo)),
    retries: settings.retries,
    serverDefaults: `${hashKeywords} ${checkKeywords}`,
    timeouts: {
      connect: duration(settings.connectTimeoutMs),
      client: duration(settings.clientTimeoutMs),
      server: duration(settings.serverTimeoutMs),
      queue: duration(settings.queueTimeoutMs),
      keepAlive: duration(settings.keepAliveTimeoutMs),
      request: duration(settings.requestTimeoutMs),
      tunnel: duration(settings.tunnelTimeoutMs),
      hardStop: duration(settings.hardStopAfterMs),
    },
  }
}

/** The view of one backend. */
export function backendView(backend: Backend): BackendView {
  return {
    name: backend.name,
    services: backend.services.map((service) => `${service.name} (${service.mode})`).join(', '),
    routes: backend.routes,
    balance: balanceOf(backend.options),
    isHashed: hashes(backend.options),
    rewrite: rewriteView(backend.options.rewrite),
    servers: backend.servers.map((server) => ({
      name: server.name,
      address: formatAddress(server.address, server.port),
      keywords: serverKeywords({ ...server, isChecked: server.checks !== undefined }),
      disabled: server.admin === 'maint',
    })),
  }
}

/** Without the cookie requests take turns (configuration manual, section 4.2, `balance hash`). */
function balanceOf({ stickySessionCookie, ipHash }: BackendOptions): string {
  if (stickySessionCookie !== undefined) return `hash req.cook(${stickySessionCookie})`
  return ipHash === true ? 'source' : 'roundrobin'
}

function hashes({ stickySessionCookie, ipHash }: BackendOptions): boolean {
  return stickySessionCookie !== undefined || ipHash === true
}

function rewriteView(path: string | undefined): RewriteView | undefined {
  if (path === undefined) return undefined
  const folder = `${path}/`
  return { path, folder, location: withoutFormat(folder), length: path.length }
}

/** The lines of the route map, `key backend`, sorted by key. */
export function routeLines(routing: Routing): readonly string[] {
  const lines: string[] = []
  for (const backend of routing.backends.values()) {
    for (const route of backend.routes) lines.push(`${route} ${backend.name}`)
  }
  return lines.sort(compareText)
}

/**
 * Everything about a backend that only a reload can change, as one line; what the structure digest is taken over.
 * Servers and routes are not in it: they change live.
 */
export function structureLine(backend: Backend): string {
  return `${backend.name} ${JSON.stringify(backend.options)}`
}

/** HAProxy's whole seconds where they fit, else milliseconds. */
function duration(timeMs: number): string {
  return timeMs % 1000 === 0 ? `${timeMs / 1000}s` : `${timeMs}ms`
}

/** A header's value is a log format, where `%` begins a variable (configuration manual, section 8.2.6). */
function withoutFormat(text: string): string {
  return text.replaceAll('%', '%%')
}

/** Strong quotes: nothing in between has a meaning to HAProxy (configuration manual, section 2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
