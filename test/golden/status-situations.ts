// States that `tidegate status` is read in, and how it is asked.
// `npm run golden:update` makes cli/status/ from them. Refuses corner cases: test/unit holds those.

import { plain } from '../../agent/cli/paint.ts'
import { filterStatus } from '../../agent/cli/status-filter.ts'
import { type BackendServers, statusLines } from '../../agent/cli/status-text.ts'
import type { BackendView, ServerCounts, StatusView } from '../../agent/core/status-view.ts'
import { totalsOf } from '../../agent/core/status-view.ts'
import type { ServerFigures } from '../../agent/core/traffic.ts'

export type StatusSituation = {
  readonly name: string
  /** What stands behind `tidegate status`. */
  readonly asked?: string
  readonly view: StatusView
  readonly servers?: readonly BackendServers[]
  readonly isBounded?: boolean
}

/** The lines that a situation is shown in. */
export function shown({ asked, view, servers, isBounded = true }: StatusSituation): readonly string[] {
  const part = asked === undefined ? view : filterStatus(view, asked)
  return statusLines(part, { servers, isBounded, paint: plain })
}

const counts = (changes: Partial<ServerCounts>): ServerCounts => ({
  up: 0,
  down: 0,
  waiting: 0,
  closing: 0,
  drained: 0,
  ...changes,
})

function backend(name: string, changes: Partial<BackendView> = {}): BackendView {
  const service = name.split('.')[0] ?? name
  return {
    name,
    health: 'up',
    services: [{ name: service, mode: 'task' }],
    routes: [`${name}/`],
    servers: counts({ up: 2 }),
    figures: { sessions: 3, queued: 0, requests: 18_204, errors: 0, responseMs: 12, requestsPerS: 41 },
    ...changes,
  }
}

function missing(name: string): BackendView {
  const { figures: _, ...known } = backend(name, { health: 'missing', servers: counts({}) })
  return known
}

const haproxy = {
  version: '3.4.7',
  pid: 4242,
  isStopping: false,
  uptimeS: 11_530,
  connections: 124,
  connectionsMax: 9985,
} as const

const counters = { starts: 1, reloads: 3, liveChanges: 120, drifts: 0, failures: 0 }

function view(backends: readonly BackendView[], changes: Partial<StatusView> = {}): StatusView {
  return {
    toldBy: 'agent',
    version: '1.2.3',
    haproxy,
    engine: { staleMs: 1240, isHeldBack: false },
    loop: { isSettled: true, awaited: 0, pendingReload: [], counters },
    ...totalsOf(backends),
    backends,
    problems: [],
    ...changes,
  }
}

const shop = backend('shop.example', { routes: ['.shop.example/', 'shop.example/', 'www.shop.example/'] })
const blog = backend('blog.example:api', {
  routes: ['blog.example/api/'],
  services: [
    { name: 'blog', mode: 'vip' },
    { name: 'blog-next', mode: 'task' },
  ],
  servers: counts({ up: 1 }),
  figures: { sessions: 0, queued: 0, requests: 12, errors: 0, responseMs: 3, requestsPerS: 0.4 },
})
const cart = backend('cart.example', {
  health: 'degraded',
  servers: counts({ up: 1, down: 1, waiting: 1, closing: 2 }),
  figures: { sessions: 9, queued: 4, requests: 911, errors: 37, responseMs: 240, requestsPerS: 8.1 },
})
const pay = backend('pay.example', { health: 'down', servers: counts({ down: 2 }) })
const passed = backend('sni:mail.example', {
  routes: ['sni:mail.example/'],
  services: [{ name: 'mail', mode: 'task' }],
})
const other = backend('default', { routes: ['*/'], services: [{ name: 'landing', mode: 'task' }] })

function server(name: string, changes: Partial<ServerFigures> = {}): ServerFigures {
  return {
    name,
    backend: 'cart.example',
    address: '10.0.1.7:8080',
    status: 'UP',
    weight: 1,
    check: { status: 'L4OK', code: undefined, durationMs: 0, failures: 0, downs: 0 },
    sessions: 9,
    queued: 0,
    requests: 874,
    responses: { '1xx': 0, '2xx': 874, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 },
    bytesIn: 0,
    bytesOut: 0,
    connectErrors: 0,
    responseErrors: 0,
    retries: 0,
    redispatches: 0,
    latency: { queueMs: 0, connectMs: 0, responseMs: 231, totalMs: 240 },
    statusForS: 3700,
    ...changes,
  }
}

const cartServers: readonly ServerFigures[] = [
  server('cart.1.k2l3'),
  server('cart.2.m4n5', {
    address: '10.0.1.8:8080',
    status: 'DOWN',
    check: { status: 'L4CON', code: undefined, durationMs: 0, failures: 3, downs: 1 },
    sessions: 0,
    requests: 37,
    statusForS: 8,
  }),
  server('cart.3.p6q7', {
    address: '[fd00::9]:8080',
    status: 'MAINT',
    requests: 0,
    sessions: 0,
    check: undefined,
    statusForS: 1,
  }),
]

const problem = {
  code: 'port-invalid',
  severity: 'error',
  serviceId: 'x',
  service: 'mail',
  label: 'com.docker.lb.port',
  found: '"80a"',
  expected: 'a number from 1 to 65535',
  hint: 'Name the port that the task listens on.',
} as const

const many = Array.from({ length: 1000 }, (_, index) =>
  backend(`host-${String(index).padStart(3, '0')}.example`),
)

export const statusSituations: readonly StatusSituation[] = [
  { name: '01-all-is-well', view: view([blog, other, shop]) },
  {
    name: '02-something-is-amiss',
    view: view([blog, cart, pay, shop], {
      loop: { isSettled: false, awaited: 1, pendingReload: [], counters },
      problems: [problem],
    }),
  },
  {
    name: '03-a-reload-is-pending',
    view: view([missing('new.example'), backend('old.example', { health: 'leaving' }), shop], {
      loop: {
        isSettled: false,
        awaited: 0,
        pendingReload: ['backend new.example is new', 'backend old.example is not wanted any more'],
        counters,
      },
    }),
  },
  {
    name: '04-the-engine-is-gone',
    view: view([shop], {
      engine: { staleMs: 95_000, trouble: 'docker-unreachable', isHeldBack: false },
      loop: {
        isSettled: false,
        awaited: 0,
        pendingReload: [],
        trouble: {
          code: 'reload-failed',
          message: 'the new worker does not answer: worker 4242 is still the one from before',
          hint: 'Look at HAProxy’s own log. The agent goes on with the worker that it finds.',
        },
        counters: { ...counters, failures: 2 },
      },
    }),
  },
  {
    name: '05-no-agent',
    view: {
      toldBy: 'engine',
      version: '1.2.3',
      haproxy,
      ...totalsOf([shop]),
      backends: [shop],
      problems: [],
    },
  },
  {
    name: '06-haproxy-alone',
    view: {
      toldBy: 'haproxy',
      version: '1.2.3',
      haproxy: { ...haproxy, isStopping: true },
      ...totalsOf([{ ...shop, services: [] }]),
      backends: [{ ...shop, services: [] }],
      problems: [],
    },
  },
  {
    name: '07-no-haproxy',
    view: {
      toldBy: 'engine',
      version: '1.2.3',
      ...totalsOf([]),
      backends: [missing('shop.example')],
      problems: [],
    },
  },
  {
    name: '08-one-service',
    asked: 'cart',
    view: view([blog, cart, shop], { problems: [problem] }),
    servers: [{ backend: 'cart.example', servers: cartServers }],
  },
  {
    name: '09-a-thousand',
    view: view([...many.slice(0, 998), cart, pay].sort((a, b) => (a.name < b.name ? -1 : 1))),
  },
  {
    name: '10-certificates',
    view: view([shop, passed], {
      certificates: {
        count: 12,
        nearest: { file: 'shop.pem', from: 'folder', notAfter: '2027-03-01T00:00:00Z', validity: 'good' },
      },
    }),
  },
  {
    name: '11-a-certificate-has-ended',
    view: view([shop], {
      certificates: {
        count: 1,
        nearest: { file: 'shop_tls', from: 'secret', notAfter: '2026-11-01T00:00:00Z', validity: 'expired' },
      },
    }),
  },
  { name: '12-no-certificate', view: view([shop], { certificates: { count: 0 } }) },
  { name: '13-passed-through', asked: 'mail.example', view: view([shop, passed]) },
]
