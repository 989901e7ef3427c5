import { expect, test } from 'vitest'
import {
  hostText,
  lookOf,
  nothing,
  rowsOf,
  seriesLength,
  withChanges,
  withTraffic,
} from '../../../agent/admin/page/model.js'
import { curveOf } from '../../../agent/admin/page/plot.js'
import { ageText, durationText, rateText, shareText } from '../../../agent/admin/page/words.js'
import type { HistoryEntry } from '../../../agent/core/history.ts'
import type { Flows } from '../../../agent/core/rates.ts'
import type { StatusView } from '../../../agent/core/status-view.ts'

type Backend = StatusView['backends'][number]

const noServers = { up: 0, down: 0, waiting: 0, closing: 0, drained: 0 }

function backend(name: string, changes: Partial<Backend> = {}): Backend {
  return {
    name,
    health: 'up',
    services: [{ name: name.replace('.local', ''), mode: 'task' }],
    routes: [`${name}/`],
    servers: { ...noServers, up: 2 },
    ...changes,
  }
}

function known(...backends: readonly Backend[]) {
  const servers = { ...noServers, up: 2 }
  const counts = { services: backends.length, routes: backends.length, servers }
  const status: StatusView = { toldBy: 'agent', version: '1.0.0', ...counts, backends, problems: [] }
  return { ...nothing, status }
}

const rates = {
  errors: 0,
  errorShare: 0,
  bytesIn: 0,
  bytesOut: 0,
  connectErrors: 0,
  responseErrors: 0,
  retries: 0,
}
const latency = { queueMs: 0, connectMs: 0, responseMs: 0, totalMs: 0 }

function flow(name: string, requests: number, totalMs = 0): Flows['backends'][number] {
  const responses = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 }
  return {
    ...{
      name,
      status: 'UP',
      sessions: 0,
      requests,
      responses,
      bytesIn: 0,
      bytesOut: 0,
      queued: 0,
      connectErrors: 0,
    },
    ...{ responseErrors: 0, retries: 0, redispatches: 0, statusForS: 0, serversUp: 2 },
    latency: { ...latency, totalMs },
    rates: { ...rates, requests },
  }
}

function news(
  backends: readonly Flows['backends'][number][],
  changes: { isWhole?: boolean; gone?: string[] } = {},
) {
  const info = { pid: 1, version: '3.4.7-1', uptimeS: 5, stopping: false, threads: 2, connections: 1 }
  const process = {
    ...info,
    connectionsMax: 100,
    connectionsPerS: 1,
    sessionsPerS: 1,
    requests: 1,
    idlePercent: 90,
  }
  const { isWhole = true, gone = [] } = changes
  return {
    atMs: 0,
    spanMs: 1000,
    isOtherWorker: false,
    info: process,
    frontends: [],
    backends,
    isWhole,
    gone,
  }
}

const namesOf = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name)

test('what needs somebody stands first, then what moves, then the rest by host', () => {
  const model = known(
    backend('a.local'),
    backend('b.local', { servers: { ...noServers, up: 1, closing: 1 } }),
    backend('c.local', { health: 'down', servers: { ...noServers, down: 2 } }),
    backend('d.local'),
  )
  expect(namesOf(rowsOf(model, { filter: '', sort: 'health' }))).toEqual([
    'c.local',
    'b.local',
    'a.local',
    'd.local',
  ])
})

test.for([
  { filter: 'SHOP', shown: ['shop.local'] },
  { filter: 'api.example', shown: ['blog.local'] },
  { filter: 'checkout', shown: ['shop.local'] },
  { filter: 'nobody', shown: [] },
  { filter: '  ', shown: ['blog.local', 'shop.local'] },
])('the filter "$filter" looks at hosts, other routes and services', ({ filter, shown }) => {
  const shop = backend('shop.local', { services: [{ name: 'checkout', mode: 'vip' }] })
  const blog = backend('blog.local', { routes: ['blog.local/', 'api.example.com/v1/'] })
  expect(namesOf(rowsOf(known(shop, blog), { filter, sort: 'host' }))).toEqual(shown)
})

test('the busiest, and the slowest, come first where that is asked for', () => {
  const reading = news([flow('a.local', 1, 90), flow('b.local', 5, 10)])
  const model = withTraffic(known(backend('a.local'), backend('b.local')), reading)
  expect(namesOf(rowsOf(model, { filter: '', sort: 'requests' }))).toEqual(['b.local', 'a.local'])
  expect(namesOf(rowsOf(model, { filter: '', sort: 'latency' }))).toEqual(['a.local', 'b.local'])
})

test('a reading of what differs leaves the rest as it was, and forgets what is gone', () => {
  const first = withTraffic(nothing, news([flow('a.local', 1), flow('b.local', 2), flow('c.local', 3)]))
  const second = withTraffic(first, news([flow('b.local', 9)], { isWhole: false, gone: ['c.local'] }))
  expect([...second.series]).toEqual([
    ['a.local', [1, 1]],
    ['b.local', [2, 9]],
  ])
  expect(withTraffic(second, news([flow('b.local', 4)])).flows.has('a.local')).toBe(false)
})

test('a plot holds a minute and no more', () => {
  let model = nothing
  for (let second = 0; second < seriesLength + 5; second++)
    model = withTraffic(model, news([flow('a.local', second)]))
  const series = model.series.get('a.local')
  expect([series?.length, series?.[0], series?.at(-1)]).toEqual([seriesLength, 5, seriesLength + 4])
})

test('changes stand newest first, each once, however they come', () => {
  const entry = (seq: number): HistoryEntry => {
    return {
      seq,
      at: '2026-01-01T00:00:00Z',
      kind: 'live',
      cause: '',
      reasons: [],
      commands: [],
      commandCount: 0,
    }
  }
  const model = withChanges(withChanges(nothing, [entry(2), entry(3)]), [entry(1), entry(3), entry(4)])
  expect(model.changes.map(({ seq }) => seq)).toEqual([4, 3, 2, 1])
  expect(withChanges(model, [entry(3)])).toBe(model)
  const many = withChanges(
    nothing,
    Array.from({ length: 500 }, (_, seq) => entry(seq)),
  )
  expect(many.changes.length).toBeLessThan(500)
})

test.for([
  ['shop.local/', 'shop.local'],
  ['shop.local/api/', 'shop.local/api'],
  ['.example.com/', '*.example.com'],
  ['*/', 'any other host'],
] as const)('the route %s reads %s', ([route, text]) => {
  expect(hostText(route)).toBe(text)
})

test.for([
  ['up', {}, 'good'],
  ['up', { closing: 1 }, 'moving'],
  ['missing', {}, 'moving'],
  ['leaving', {}, 'moving'],
  ['degraded', { down: 1 }, 'bad'],
  ['down', { down: 1 }, 'bad'],
  ['empty', {}, 'bad'],
] as const)('a backend that is %s with %o looks %s', ([health, servers, look]) => {
  expect(lookOf(health, { ...noServers, up: 1, ...servers })).toBe(look)
})

test('a curve ends at the right edge, and stays within its frame', () => {
  const frame = { width: 84, height: 20, length: 60 }
  expect(curveOf([], frame)).toEqual({ curve: '', area: '' })
  const { curve } = curveOf([0, 5, 10], frame)
  const points = [...curve.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
  expect(points.at(-1)).toEqual([84, 1])
  for (const [x = -1, y = -1] of points) expect(x >= 0 && x <= 84 && y >= 0 && y <= 20).toBe(true)
})

test('figures and times read as people write them', () => {
  expect([undefined, 0, 0.25, 12.4, 12_345].map(rateText)).toEqual(['–', '0', '0.3', '12', '12,345'])
  expect([undefined, 0, 0.0004, 0.025, 0.5].map(shareText)).toEqual(['', '', '<0.1 %', '2.5 %', '50 %'])
  expect([1.25, 250, 1500, 70_000].map(durationText)).toEqual(['1.3 ms', '250 ms', '1.5 s', '70 s'])
  expect([5, 600, 20_000, 400_000].map(ageText)).toEqual(['5 s', '10 min', '6 h', '5 d'])
})
