// What the page knows: the newest status, the traffic of the last minute, the changes; and which hosts it shows of it.
// Pure: every function takes what is known and gives what is known then. Refuses the document, and the network.

/**
 * @typedef {import('../../core/status-view.ts').StatusView} Status
 * @typedef {import('../../core/status-view.ts').BackendView} BackendView
 * @typedef {import('../../core/status-view.ts').ServerCounts} ServerCounts
 * @typedef {import('../../core/history.ts').HistoryEntry} Entry
 * @typedef {import('../../core/rates.ts').Flows} Flows
 * @typedef {Flows['backends'][number]} BackendFlow
 * @typedef {Omit<Flows, 'servers'> & { readonly isWhole: boolean, readonly gone: readonly string[] }} News
 *
 * @typedef {'host' | 'health' | 'requests' | 'errors' | 'latency'} SortKey
 * @typedef {{ readonly requests: readonly number[], readonly errors: readonly number[] }} Series
 *
 * @typedef {object} Row
 * @property {string} name of the backend
 * @property {string} host what stands in the first column: the first route
 * @property {number} routes how many routes there are
 * @property {readonly string[]} services
 * @property {ServerCounts} servers
 * @property {BackendView['health']} health
 * @property {'bad' | 'moving' | 'good'} look
 * @property {BackendFlow | undefined} flow
 * @property {readonly number[]} series requests a second
 *
 * @typedef {object} Model
 * @property {Status | undefined} status
 * @property {ReadonlyMap<string, BackendFlow>} flows by backend
 * @property {ReadonlyMap<string, readonly number[]>} series requests a second, by backend
 * @property {Series} total
 * @property {Pick<News, 'info' | 'atMs'> | undefined} reading
 * @property {readonly Entry[]} changes newest first
 */

/** How many readings a plot shows: a minute of them. */
export const seriesLength = 60

/** More than one looks at; older ones are a matter for `tidegate history`. */
const changesMax = 200

/** @type {Model} */
export const nothing = {
  status: undefined,
  flows: new Map(),
  series: new Map(),
  total: { requests: [], errors: [] },
  reading: undefined,
  changes: [],
}

/**
 * A reading of HAProxy's figures: all backends, or those that differ from the reading before.
 * @param {Model} model
 * @param {News} news
 * @returns {Model}
 */
export function withTraffic(model, news) {
  const flows = new Map(news.isWhole ? [] : model.flows)
  for (const name of news.gone) flows.delete(name)
  for (const flow of news.backends) flows.set(flow.name, flow)
  /** @type {Map<string, readonly number[]>} */
  const series = new Map()
  for (const [name, { rates }] of flows) {
    series.set(name, appended(model.series.get(name) ?? [], rates?.requests))
  }
  const rates = news.frontends.map((frontend) => frontend.rates)
  const known = rates.some((each) => each !== undefined)
  const total = {
    requests: appended(model.total.requests, known ? sum(rates.map((each) => each?.requests)) : undefined),
    errors: appended(model.total.errors, known ? sum(rates.map((each) => each?.errors)) : undefined),
  }
  return { ...model, flows, series, total, reading: { info: news.info, atMs: news.atMs } }
}

/**
 * @param {readonly number[]} series
 * @param {number | undefined} value
 */
function appended(series, value) {
  return value === undefined ? series : [...series.slice(1 - seriesLength), value]
}

/** @param {readonly (number | undefined)[]} values */
function sum(values) {
  return values.reduce((/** @type {number} */ total, value) => total + (value ?? 0), 0)
}

/**
 * Entries of the history, each once, the newest first.
 * @param {Model} model
 * @param {readonly Entry[]} entries
 * @returns {Model}
 */
export function withChanges(model, entries) {
  const known = new Set(model.changes.map(({ seq }) => seq))
  const fresh = entries.filter(({ seq }) => !known.has(seq))
  if (fresh.length === 0) return model
  const changes = [...fresh, ...model.changes].sort((a, b) => b.seq - a.seq).slice(0, changesMax)
  return { ...model, changes }
}

/** Another life of the agent: its entries are numbered anew. @param {Model} model @returns {Model} */
export function withoutChanges(model) {
  return { ...model, changes: [] }
}

/**
 * The hosts to show, in the order asked for.
 * @param {Model} model
 * @param {{ readonly filter: string, readonly sort: SortKey }} wish
 * @returns {readonly Row[]}
 */
export function rowsOf(model, { filter, sort }) {
  const wanted = filter.trim().toLowerCase()
  const backends = model.status?.backends ?? []
  const shown = wanted === '' ? backends : backends.filter((backend) => matches(backend, wanted))
  return shown.map((backend) => rowOf(model, backend)).sort(orders[sort])
}

/**
 * @param {Model} model
 * @param {BackendView} backend
 * @returns {Row}
 */
function rowOf(model, backend) {
  const { name, routes, services, servers, health } = backend
  return {
    name,
    host: hostText(routes[0] ?? name),
    routes: routes.length,
    services: services.map((service) => service.name),
    servers,
    health,
    look: lookOf(health, servers),
    flow: model.flows.get(name),
    series: model.series.get(name) ?? [],
  }
}

/**
 * A route as people write it.
 * @param {string} route the key of the route map: `shop.local/`, `.example.com/`, `shop.local/api/`, `sni:shop.local/`, or the
 * default's
 * @returns {string}
 */
export function hostText(route) {
  if (route.startsWith('sni:')) return `TLS passed through for ${hostText(route.slice('sni:'.length))}`
  const text = route.replace(/\/$/, '')
  if (text === '*') return 'any other host'
  return text.startsWith('.') ? `*${text}` : text
}

/**
 * What a person has to do about it: something, wait, or nothing.
 * @param {BackendView['health']} health
 * @param {ServerCounts} servers
 * @returns {Row['look']}
 */
export function lookOf(health, { waiting, closing, drained }) {
  if (health === 'up') return waiting + closing + drained > 0 ? 'moving' : 'good'
  return health === 'missing' || health === 'leaving' ? 'moving' : 'bad'
}

/**
 * @param {BackendView} backend
 * @param {string} wanted in lower case
 */
function matches({ name, services, routes }, wanted) {
  const has = (/** @type {string} */ text) => text.toLowerCase().includes(wanted)
  return (
    has(name) || services.some((service) => has(service.name)) || routes.some((route) => has(hostText(route)))
  )
}

const looks = { bad: 0, moving: 1, good: 2 }

/** @type {(a: Row, b: Row) => number} */
const byHost = (a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0)

/** @type {Readonly<Record<SortKey, (a: Row, b: Row) => number>>} */
const orders = {
  host: byHost,
  health: (a, b) => looks[a.look] - looks[b.look] || byHost(a, b),
  requests: (a, b) => (b.flow?.rates?.requests ?? 0) - (a.flow?.rates?.requests ?? 0) || byHost(a, b),
  errors: (a, b) => (b.flow?.rates?.errors ?? 0) - (a.flow?.rates?.errors ?? 0) || byHost(a, b),
  latency: (a, b) => (b.flow?.latency.totalMs ?? 0) - (a.flow?.latency.totalMs ?? 0) || byHost(a, b),
}

/** @type {readonly SortKey[]} */
export const sortKeys = ['health', 'host', 'requests', 'errors', 'latency']
