// The Engine API's routes, as far as a Swarm's edge and `docker service` need them.
// Owns the table from method and path to what happens. Refuses sockets and faults (api.ts).

import type { z } from 'zod'
import { ApiError, badRequest } from './api-error.ts'
import type { Control } from './control.ts'
import { engineVersion, infoOf, localNetworks, networkResource, versionOf } from './engine-info.ts'
import type { Events } from './events.ts'
import {
  type Filters,
  parseFilters,
  selectMounted,
  selectNetworks,
  selectNodes,
  selectServices,
  selectTasks,
} from './filters.ts'
import { bodyOf, listBody } from './json.ts'
import type { MountedKind } from './mounts.ts'
import {
  type Meta,
  mountedCreateSchema,
  networkCreateSchema,
  nodeSpecSchema,
  parseJson,
  serviceSpecSchema,
} from './objects.ts'
import type { Store } from './store.ts'

export type Api = {
  readonly store: Store
  readonly control: Control
  readonly events: Events
  /** The root certificate of the swarm; there is one where the node has a control socket. */
  readonly trustRoot?: string
}

export type Call = {
  readonly id: string
  readonly query: URLSearchParams
  readonly body: () => Promise<string>
}

export type Reply =
  | {
      readonly kind: 'body'
      readonly status: number
      readonly body: readonly Buffer[]
      readonly type: string
    }
  | { readonly kind: 'events'; readonly filters: Filters }

type Handler = (api: Api, call: Call) => Reply | Promise<Reply>

export type Route = {
  readonly name: string
  readonly id: string
  readonly handle: Handler
  readonly managerOnly: boolean
}

const reply = (body: readonly Buffer[], type: string, status: number): Reply => ({
  kind: 'body',
  status,
  body,
  type,
})
const text = (words: string) => reply([Buffer.from(words)], 'text/plain', 200)
const empty = (status: number) => reply([], 'text/plain', status)
const object = (each: Meta) => reply([bodyOf(each)], 'application/json', 200)
const list = (objects: readonly Meta[]) => reply(listBody(objects), 'application/json', 200)

/** Any value as JSON. */
export const value = (any: unknown, status = 200): Reply =>
  reply([Buffer.from(`${JSON.stringify(any)}\n`)], 'application/json', status)

const table: Readonly<Record<string, Handler>> = {
  'GET /_ping': () => text('OK'),
  'HEAD /_ping': () => empty(200),
  'GET /version': () => value(versionOf()),
  'GET /info': ({ store, trustRoot }) => value(infoOf(store, 'manager', trustRoot)),
  'GET /events': (_api, { query }) => ({ kind: 'events', filters: filtersOf(query) }),
  'GET /services': ({ store }, { query }) => list(selectServices(store, filtersOf(query))),
  'POST /services/create': async ({ control }, call) =>
    value({ ID: control.createService(await parse(serviceSpecSchema, call)), Warnings: null }, 201),
  'GET /services/{id}': ({ control }, { id }) => object(control.service(id)),
  'POST /services/{id}/update': updateService,
  'DELETE /services/{id}': ({ control }, { id }) => {
    control.removeService(id)
    return empty(200)
  },
  'GET /tasks': ({ store, control }, { query }) => list(selectTasks(store, control, filtersOf(query))),
  'GET /tasks/{id}': ({ control }, { id }) => object(control.task(id)),
  'GET /networks': ({ store }, { query }) => listNetworks(store, filtersOf(query)),
  'POST /networks/create': async ({ control }, call) => createNetwork(control, call),
  'GET /networks/{id}': ({ control }, { id }) => inspectNetwork(control, id),
  'DELETE /networks/{id}': ({ control }, { id }) => {
    control.removeNetwork(id)
    return empty(204)
  },
  'GET /nodes': ({ store }, { query }) => list(selectNodes(store, filtersOf(query))),
  'GET /nodes/{id}': ({ control }, { id }) => object(control.node(id)),
  'POST /nodes/{id}/update': async ({ control }, call) => {
    control.updateNode(call.id, versionIn(call.query), await parse(nodeSpecSchema, call))
    return empty(200)
  },
  ...mountedRoutes('secret'),
  ...mountedRoutes('config'),
  // Nothing of these exists here, which is what clients need to hear.
  'GET /containers/json': () => value([]),
  'GET /volumes': () => value({ Volumes: [], Warnings: null }),
}

/** Secrets and configs have the same routes. */
function mountedRoutes(kind: MountedKind): Readonly<Record<string, Handler>> {
  return {
    [`GET /${kind}s`]: ({ store }, { query }) => list(selectMounted(store, kind, filtersOf(query))),
    [`POST /${kind}s/create`]: async ({ control }, call) =>
      value({ ID: control.createMounted(kind, await parse(mountedCreateSchema, call)) }, 201),
    [`GET /${kind}s/{id}`]: ({ control }, { id }) => object(control.mounted(kind, id)),
    [`DELETE /${kind}s/{id}`]: ({ control }, { id }) => {
      control.removeMounted(kind, id)
      return empty(204)
    },
  }
}

const localRoutes = /^(GET|HEAD) \/(_ping|version|info|events|networks|containers|volumes)/

/** The route of a request, with the id in its path; undefined for a path that Docker, or the simulator, does not have. */
export function findRoute(method: string, path: string): Route | undefined {
  const exact = table[`${method} ${path}`]
  if (exact !== undefined) return routeOf(`${method} ${path}`, '', exact)
  const [, collection = '', id = '', action = ''] = /^\/([^/]+)\/([^/]+)(\/update)?$/.exec(path) ?? []
  const name = `${method} /${collection}/{id}${action}`
  const handle = table[name]
  return handle === undefined ? undefined : routeOf(name, decodeURIComponent(id), handle)
}

function routeOf(name: string, id: string, handle: Handler): Route {
  return { name, id, handle, managerOnly: !localRoutes.test(name) }
}

function filtersOf(query: URLSearchParams): Filters {
  return parseFilters(query.get('filters') ?? undefined)
}

function versionIn(query: URLSearchParams): number {
  const text = query.get('version') ?? ''
  const version = Number(text)
  if (text === '' || !Number.isInteger(version)) {
    throw new ApiError(400, `invalid version: strconv.ParseUint: parsing "${text}": invalid syntax`)
  }
  return version
}

async function parse<T extends z.ZodType>(schema: T, call: Call): Promise<z.infer<T>> {
  let raw: unknown
  try {
    raw = parseJson(await call.body())
  } catch (cause) {
    throw badRequest(`invalid JSON: ${String(cause)}`, cause)
  }
  const parsed = schema.safeParse(raw)
  if (!parsed.success) throw new ApiError(400, `invalid specification: ${parsed.error.message}`)
  return parsed.data
}

async function updateService({ control }: Api, call: Call): Promise<Reply> {
  const version = versionIn(call.query)
  if (call.query.get('rollback') === 'previous') control.rollbackService(call.id, version)
  else control.updateService(call.id, version, await parse(serviceSpecSchema, call))
  return value({ Warnings: null })
}

async function createNetwork(control: Control, call: Call): Promise<Reply> {
  const request = await parse(networkCreateSchema, call)
  if (request.Driver !== undefined && request.Driver !== 'overlay') {
    throw new ApiError(
      400,
      `the simulated Swarm (${engineVersion}) has overlay networks only, not "${request.Driver}"`,
    )
  }
  return value({ Id: await control.createNetwork(request), Warning: '' }, 201)
}

function listNetworks(store: Store, filters: Filters): Reply {
  const swarm = selectNetworks(store, filters).map(networkResource)
  const scopes = filters.get('scope')
  const local =
    filters.size === 0 || (filters.size === 1 && scopes?.includes('local') === true) ? localNetworks() : []
  return value([...swarm, ...local])
}

function inspectNetwork(control: Control, id: string): Reply {
  const local = localNetworks().find((network) => network.Name === id || network.Id === id)
  return value(local ?? networkResource(control.network(id)))
}
