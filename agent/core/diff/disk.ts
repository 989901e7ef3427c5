// What the files on disk would have HAProxy run, as far as live changes alter it.
// Reads what our own templates print, and templates of operators in HAProxy's words. Refuses the rest (files.ts compares it).

import { ownSections } from '../backend-name.ts'

export type DiskState = {
  /** The digest in the configuration's `description`; empty where it has none. */
  readonly structure: string
  readonly backends: ReadonlyMap<string, DiskBackend>
  /** Backends by route key. */
  readonly routes: ReadonlyMap<string, string>
}

export type DiskBackend = { readonly servers: ReadonlyMap<string, DiskServer> }

export type DiskServer = {
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly admin: 'ready' | 'maint'
  readonly isChecked: boolean
}

/**
 * Reads a configuration and a route map:
 *
 *     description 'tidegate structure=5f0c…'        web.example/ web.example
 *     backend web.example
 *         server web.1.x8k2 10.0.1.7:80 weight 1 check disabled
 */
export function readDisk(config: string, routesMap: string): DiskState {
  const backends = new Map<string, { readonly servers: Map<string, DiskServer> }>()
  let servers: Map<string, DiskServer> | undefined
  for (const line of config.split('\n')) {
    const [, keyword, name = ''] = /^(global|defaults|frontend|backend|listen)\b\s*(\S*)/.exec(line) ?? []
    if (keyword !== undefined) {
      servers = keyword === 'backend' && !isOwn(name) ? new Map() : undefined
      if (servers !== undefined) backends.set(name, { servers })
    }
    const [, server, place = '', words = ''] = /^\s+server (\S+) (\S+)(.*)$/.exec(line) ?? []
    if (server !== undefined) servers?.set(server, readServer(place, words.split(/\s+/)))
  }
  const structure = /^\s+description '?tidegate structure=([0-9a-f]+)/m.exec(config)?.[1] ?? ''
  return { structure, backends, routes: readRoutes(routesMap) }
}

function isOwn(name: string): boolean {
  return ownSections.some((section) => section === name)
}

function readServer(place: string, words: readonly string[]): DiskServer {
  const [, address = place, port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? []
  return {
    address,
    port: Number(port),
    weight: Number(words[words.indexOf('weight') + 1] || 1),
    admin: words.includes('disabled') ? 'maint' : 'ready',
    isChecked: words.includes('check'),
  }
}

function readRoutes(text: string): ReadonlyMap<string, string> {
  const routes = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [key, backend] = line.split(' ')
    if (key !== undefined && backend !== undefined) routes.set(key, backend)
  }
  return routes
}
