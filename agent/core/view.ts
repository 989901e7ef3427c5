// What the templates print: final, escaped, sorted strings and numbers, so that a template needs no logic.
// Refuses EJS and files (render/).

import { formatAddress } from './address.ts'
import { duration } from './duration.ts'
import { type OptionView, optionView } from './option-view.ts'
import type { Backend, Routing } from './routing.ts'
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
export type BackendView = OptionView & {
  readonly name: string
  readonly services: string
  readonly routes: readonly string[]
  readonly servers: readonly ServerView[]
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
    ...optionView(backend.options),
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

/**
 * Everything about a backend that only a reload can change, as one line; what the structure digest is taken over.
 * Servers and routes are not in it: they change live.
 */
export function structureLine(backend: Backend): string {
  return `${backend.name} ${JSON.stringify(backend.options)}`
}
