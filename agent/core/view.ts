// What the templates print: final, escaped, sorted strings and numbers, so that a template needs no logic.
// Refuses EJS and files (render/).

import { formatAddress } from './address.ts'
import { certificateLine, pathBeside } from './certificate-list.ts'
import { duration } from './duration.ts'
import { AgentError } from './errors.ts'
import { type OptionView, optionView, userlistName } from './option-view.ts'
import { type Backend, type Routing, sourcesOf } from './routing.ts'
import { checkKeywords, hashKeywords, serverKeywords } from './server-keywords.ts'
import type { ConfigSettings } from './settings.ts'
import { compareText } from './text.ts'
import { quoted, withoutFormat } from './text-forms.ts'

/** Fields of `haproxy.cfg.ejs`. Durations are HAProxy's own form, texts are quoted where they may hold blanks. */
export type ConfigView = {
  readonly description: string
  readonly workerSocket: string
  readonly routesMap: string
  readonly errorsDir: string
  readonly httpBinds: readonly string[]
  /** Present where TLS is spoken. */
  readonly tls: TlsView | undefined
  readonly userlists: readonly UserlistView[]
  readonly redirectsMap: string
  readonly globalLines: readonly string[]
  readonly defaultsLines: readonly string[]
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

/** A section with users; `password` is the hash of it. */
export type UserlistView = {
  readonly name: string
  readonly users: readonly { readonly name: string; readonly password: string }[]
}

/** Has the users of a file, by its digest. */
export type UsersSource = (
  digest: string,
) => readonly { readonly name: string; readonly hash: string }[] | undefined

export type TlsView = {
  readonly binds: readonly string[]
  /** What stands behind each address of a `bind` that ends TLS. */
  readonly keywords: string
  /** Present where connections are looked at first, since some are passed through: the socket that the others go to. */
  readonly passthrough: { readonly socket: string } | undefined
}

/** Fields of `backend.cfg.ejs`. */
export type BackendView = OptionView & {
  readonly name: string
  readonly services: string
  readonly routes: readonly string[]
  /** Truth value: whether connections go to the tasks as they are. */
  readonly passthrough: boolean
  /** Truth value: whether plain HTTP is redirected to TLS. */
  readonly tlsOnly: boolean
  /** What stands behind the host in the address of that: `:8443`, or nothing. */
  readonly tlsPort: string
  readonly servers: readonly ServerView[]
}

export type ServerView = {
  readonly name: string
  readonly address: string
  readonly keywords: string
  readonly disabled: boolean
}

/**
 * The view of everything but backends. `structure` is the digest that an agent recognises its own configuration by.
 */
export function configView(
  settings: ConfigSettings,
  structure: string,
  edge: TlsEdge,
  userlists: readonly UserlistView[] = [],
): ConfigView {
  return {
    description: quoted(`tidegate structure=${structure}`),
    workerSocket: quoted(settings.workerSocket),
    routesMap: settings.routesMap,
    redirectsMap: settings.redirectsMap,
    errorsDir: settings.errorsDir,
    httpBinds: settings.httpBind,
    tls: tlsView(settings, edge),
    userlists,
    globalLines: settings.globalLines,
    defaultsLines: settings.defaultsLines,
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

/** What of a routing decides how TLS is spoken. */
export type TlsEdge = {
  /** Whether some connections go to their tasks as they are. */
  readonly passesThrough: boolean
  /** The file of the certificate that is shown where there is no other. */
  readonly defaultFile: string | undefined
}

/** That part of a routing. */
export function tlsEdgeOf({ backends, defaultCertificate }: Routing): TlsEdge {
  const passesThrough = [...backends.values()].some(({ options }) => options.passthrough === true)
  return { passesThrough, defaultFile: defaultCertificate?.file }
}

function tlsView(settings: ConfigSettings, edge: TlsEdge): TlsView | undefined {
  if (settings.certificatesList === undefined) return undefined
  const { httpsBind, certificatesList, tlsMinVersion, tlsCiphers, tlsCiphersuites, tlsSocket } = settings
  return {
    binds: httpsBind,
    keywords: `ssl ${shownElse(edge, settings)} crt-list ${certificatesList} alpn h2,http/1.1 ssl-min-ver ${tlsMinVersion} ciphers ${tlsCiphers} ciphersuites ${tlsCiphersuites}`,
    passthrough: edge.passesThrough ? { socket: `unix@${tlsSocket}` } : undefined,
  }
}

/** What a client sees that asks for a name without a certificate: without a default no handshake, and no wrong name. */
function shownElse({ defaultFile }: TlsEdge, settings: ConfigSettings): string {
  return defaultFile === undefined ? 'strict-sni' : `default-crt ${pathBeside(defaultFile, settings)}`
}

/**
 * The sections with users that a routing's backends refer to, in the order of their names.
 * @throws AgentError `files-unwritable` where the users of one are no longer at hand
 */
export function userlistViews(routing: Routing, source: UsersSource): readonly UserlistView[] {
  return sourcesOf(routing)
    .users.toSorted(compareText)
    .map((digest) => {
      const users = source(digest)
      if (users === undefined) throw usersGone()
      return { name: userlistName(digest), users: users.map(({ name, hash }) => ({ name, password: hash })) }
    })
}

function usersGone(): AgentError {
  return new AgentError(
    'files-unwritable',
    'a list of users cannot be written: its file is no longer there',
    {
      hint: 'It was removed while it was put in use. The next look at the files settles it.',
    },
  )
}

/** The view of one backend. */
export function backendView(backend: Backend, { httpsPort }: Pick<ConfigSettings, 'httpsPort'>): BackendView {
  return {
    name: backend.name,
    services: backend.services.map((service) => `${service.name} (${service.mode})`).join(', '),
    routes: backend.routes,
    passthrough: backend.options.passthrough === true,
    tlsOnly: backend.options.sslOnly === true,
    tlsPort: httpsPort === 443 ? '' : `:${httpsPort}`,
    ...optionView(backend.name, backend.options),
    servers: backend.servers.map((server) => ({
      name: server.name,
      address: formatAddress(server.address, server.port),
      keywords: serverKeywords({ ...server, isChecked: server.checks !== undefined }),
      disabled: server.admin === 'maint',
    })),
  }
}

/** The lines of the route map, `key backend`, sorted by key. */
export function routeLines(routing: Routing): readonly string[] {
  const lines: string[] = []
  for (const backend of routing.backends.values()) {
    for (const route of backend.routes) lines.push(`${route} ${backend.name}`)
  }
  return lines.sort(compareText)
}

/** The lines of the map of redirects, sorted by what is redirected. */
export function redirectLines({ redirects }: Routing): readonly string[] {
  return [...redirects].map(([source, target]) => `${source} ${target}`).sort(compareText)
}

/** The lines of the list of certificates, sorted by file. */
export function certificateLines({ certificates }: Routing, settings: ConfigSettings): readonly string[] {
  return [...certificates.values()]
    .map(({ file, hosts }) => certificateLine(pathBeside(file, settings), hosts))
    .sort(compareText)
}

/**
 * Everything about a backend that only a reload can change, as one line; what the structure digest is taken over.
 * Servers and routes are not in it: they change live.
 */
export function structureLine(backend: Backend): string {
  return `${backend.name} ${JSON.stringify(backend.options)}`
}
