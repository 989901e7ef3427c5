// Screens of `tidegate top`: what was read, what was pressed, and in what size of terminal.
// `npm run golden:update` makes cli/top/ from them. Refuses corner cases: test/unit holds those.

import { plain } from '../../agent/cli/paint.ts'
import { parseKeys } from '../../agent/cli/top/keys.ts'
import { initialState, reduce, type TopEvent, type TopState } from '../../agent/cli/top/model.ts'
import { onceLines, pageRowsOf, type Size, screenLines } from '../../agent/cli/top/screen.ts'
import type { BackendFigures, ProcessInfo, ServerFigures, Traffic } from '../../agent/core/traffic.ts'

export type TopSituation = {
  readonly name: string
  readonly size?: Size
  readonly events: readonly TopEvent[]
}

const usual: Size = { columns: 100, rows: 14 }

/** The screen after all that happened. */
export function screenOf({ events, size = usual }: TopSituation): readonly string[] {
  return screenLines(stateAfter(events), size, plain)
}

export function stateAfter(events: readonly TopEvent[]): TopState {
  return events.reduce(reduce, initialState)
}

const process: ProcessInfo = {
  pid: 4242,
  version: '3.4.7',
  uptimeS: 11_530,
  stopping: false,
  threads: 2,
  connections: 124,
  connectionsMax: 9985,
  connectionsPerS: 3,
  sessionsPerS: 3,
  requests: 1_000_000,
  idlePercent: 96,
}

const none = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 }

export function backend(
  name: string,
  requests: number,
  changes: Partial<BackendFigures> & { errors?: number } = {},
): BackendFigures {
  const { errors = 0, ...figures } = changes
  return {
    name,
    status: 'UP',
    sessions: 3,
    requests,
    responses: { ...none, '5xx': errors },
    bytesIn: requests * 200,
    bytesOut: requests * 4000,
    queued: 0,
    connectErrors: 0,
    responseErrors: 0,
    retries: 0,
    redispatches: 0,
    latency: { queueMs: 0, connectMs: 0, responseMs: 12, totalMs: 14 },
    statusForS: 60,
    serversUp: 2,
    ...figures,
  }
}

function server(name: string, requests: number, changes: Partial<ServerFigures> = {}): ServerFigures {
  const { serversUp: _, ...figures } = backend(name, requests)
  return {
    ...figures,
    backend: 'shop.example',
    address: '10.0.1.7:8080',
    weight: 1,
    check: undefined,
    ...changes,
  }
}

/** The reading at a second; counters of `shop.example` grow by what the second is, of others steadily. */
export function reading(
  second: number,
  changes: Partial<ProcessInfo> = {},
  more: readonly BackendFigures[] = [],
): TopEvent {
  const shop = Array.from({ length: second }, (_, index) => 20 + ((index * 7) % 40)).reduce(
    (a, b) => a + b,
    0,
  )
  const backends = [
    backend('no-route', second),
    backend('::2a.wild.example', 0, {
      sessions: 0,
      serversUp: 0,
      status: 'DOWN',
      latency: { queueMs: 0, connectMs: 0, responseMs: 0, totalMs: 0 },
    }),
    backend('blog.example:api', second * 3, { errors: second, queued: 4, serversUp: 1 }),
    backend('shop.example', shop),
    ...more,
  ]
  const requests = backends.reduce((sum, each) => sum + each.requests, 0)
  const frontend = { ...backend('http', requests, { errors: second }), sessionsMax: 9985 }
  const traffic: Traffic = {
    atMs: 1_000_000 + second * 1000,
    info: { ...process, ...changes },
    frontends: [frontend],
    backends,
    servers: [],
  }
  return { kind: 'reading', scope: 'backends', traffic }
}

const shopServers = (second: number): TopEvent => ({
  kind: 'reading',
  scope: { backend: 'shop.example' },
  traffic: {
    atMs: 2_000_000 + second * 1000,
    info: process,
    frontends: [],
    backends: [backend('shop.example', second * 30)],
    servers: [
      server('shop.1.k2l3m4', second * 20),
      server('shop.2.n5o6p7', second * 10, { address: '10.0.1.8:8080' }),
      server('shop.3.q8r9s0', 0, { status: 'DOWN', address: '[fd00::9]:8080', sessions: 0 }),
      server('shop.4.t1u2v3', 0, { status: 'MAINT', address: '10.0.1.9:8080', sessions: 0 }),
    ],
  },
})

export const keys = (text: string, size: Size = usual): readonly TopEvent[] =>
  parseKeys(text).map((key) => ({ kind: 'key', key, pageRows: pageRowsOf(size) }))

const seconds = (count: number, changes: Partial<ProcessInfo> = {}): readonly TopEvent[] =>
  Array.from({ length: count }, (_, second) => reading(second, changes))

const crowd = Array.from({ length: 40 }, (_, index) =>
  backend(`host-${String(index).padStart(2, '0')}.example`, 0),
)

const down = '\u001b[B'
const enter = '\r'

export const topSituations: readonly TopSituation[] = [
  { name: '01-before-anything', events: [] },
  { name: '02-first-reading', events: [reading(0)] },
  { name: '03-after-a-while', events: seconds(25) },
  { name: '04-narrow', size: { columns: 60, rows: 12 }, events: seconds(25) },
  { name: '05-wide', size: { columns: 160, rows: 12 }, events: seconds(50) },
  { name: '06-tiny', size: { columns: 20, rows: 4 }, events: seconds(3) },
  { name: '07-by-errors', events: [...seconds(5), ...keys('e')] },
  { name: '08-by-name-reversed', events: [...seconds(5), ...keys('nn')] },
  { name: '09-while-filtering', events: [...seconds(5), ...keys('/EXAMP')] },
  { name: '10-filtered', events: [...seconds(5), ...keys(`/blog${enter}`)] },
  { name: '11-next-page', events: [...seconds(2), reading(3, {}, crowd), ...keys(`n${down.repeat(12)}`)] },
  { name: '12-reloaded', events: [...seconds(20), reading(3, { pid: 4300, uptimeS: 1 })].map(later) },
  { name: '13-servers', events: [...seconds(5), ...keys(enter), ...[0, 1, 2, 3].map(shopServers)] },
  {
    name: '14-haproxy-gone',
    events: [
      ...seconds(5),
      {
        kind: 'trouble',
        message: 'runtime socket /run/tidegate/worker.sock: connect ENOENT',
        hint: 'If HAProxy was restarted or reloaded this passes by itself; else read its own log.',
      },
    ],
  },
]

/** The worker after a reload counts from nothing; time goes on. */
function later(event: TopEvent, index: number): TopEvent {
  if (event.kind !== 'reading') return event
  return { ...event, traffic: { ...event.traffic, atMs: 1_000_000 + index * 1000 } }
}

/** One table without an end, as `--once` prints it. */
export const once: readonly string[] = onceLines(
  stateAfter([...seconds(1), reading(1, {}, crowd)]),
  100,
  plain,
)
