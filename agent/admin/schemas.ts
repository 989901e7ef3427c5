// The shapes of everything that the API answers, once: the description for clients is made from them, and tests hold
// real answers against them. The types themselves are the core's; `satisfies` keeps the two in step.
// Refuses requests: query.ts reads those.

import { z } from 'zod'
import type { DiffView } from '../core/diff/diff.ts'
import { type Explanation, reasonCodes } from '../core/explain/explanation.ts'
import { type HistoryEntry, historyKinds } from '../core/history.ts'
import { problemCodes } from '../core/problem.ts'
import { taskStates } from '../core/snapshot.ts'
import { healths, type StatusView } from '../core/status-view.ts'
import type { ErrorView } from './answer.ts'
import type { HistoryPart } from './history.ts'
import type { StatusHead } from './status-head.ts'

const count = z.int().min(0)
const figure = z.number().min(0)
const share = figure.max(1)
const text = z.string()
const texts = z.array(text)

const problem = z.strictObject({
  code: z.enum(problemCodes),
  severity: z.enum(['error', 'warning']),
  serviceId: text,
  service: text,
  label: text.exactOptional(),
  found: text,
  expected: text,
  hint: text,
})

const serverCounts = z.strictObject({
  up: count,
  down: count,
  waiting: count,
  closing: count,
  drained: count,
})
const mode = z.enum(['task', 'vip'])
const services = z.array(z.strictObject({ name: text, mode }))

const backendStatus = z.strictObject({
  name: text,
  health: z.enum(healths),
  services,
  routes: texts,
  servers: serverCounts,
  figures: z
    .strictObject({
      sessions: count,
      queued: count,
      requests: count,
      errors: count,
      responseMs: figure,
      requestsPerS: figure.exactOptional(),
      errorsPerS: figure.exactOptional(),
    })
    .exactOptional(),
})

const failure = z.strictObject({ code: text, message: text, hint: text })

export const status = z.strictObject({
  toldBy: z.enum(['agent', 'engine', 'haproxy']),
  version: text,
  haproxy: z
    .strictObject({
      version: text,
      pid: count,
      isStopping: z.boolean(),
      uptimeS: figure.exactOptional(),
      connections: count.exactOptional(),
      connectionsMax: count.exactOptional(),
    })
    .exactOptional(),
  engine: z
    .strictObject({ staleMs: figure.exactOptional(), trouble: text.exactOptional(), isHeldBack: z.boolean() })
    .exactOptional(),
  loop: z
    .strictObject({
      isSettled: z.boolean(),
      awaited: count,
      pendingReload: texts,
      trouble: failure.exactOptional(),
      counters: z.strictObject({
        starts: count,
        reloads: count,
        liveChanges: count,
        drifts: count,
        failures: count,
      }),
    })
    .exactOptional(),
  services: count,
  routes: count,
  servers: serverCounts,
  certificates: z
    .strictObject({
      count,
      nearest: z
        .strictObject({
          file: text,
          from: z.enum(['folder', 'secret', 'config']),
          notAfter: text,
          validity: z.enum(['good', 'not-yet', 'expiring', 'expired']),
        })
        .exactOptional(),
    })
    .exactOptional(),
  backends: z.array(backendStatus),
  problems: z.array(problem),
}) satisfies z.ZodType<StatusView>

export const historyEntry = z.strictObject({
  seq: count,
  at: z.iso.datetime(),
  kind: z.enum(historyKinds),
  cause: text,
  reasons: texts,
  commands: texts,
  commandCount: count,
  durationMs: figure.exactOptional(),
  backends: count.exactOptional(),
  servers: count.exactOptional(),
}) satisfies z.ZodType<HistoryEntry>

export const history = z.strictObject({
  run: text,
  entries: z.array(historyEntry),
  lastSeq: count,
  missed: count,
}) satisfies z.ZodType<HistoryPart>

export const diff = z.strictObject({
  toldBy: z.enum(['agent', 'engine']),
  sides: z.strictObject({ observed: z.boolean(), disk: z.boolean() }),
  isSame: z.boolean(),
  rows: z.array(
    z.strictObject({
      kind: z.enum(['structure', 'backend', 'route', 'server', 'redirect', 'certificate', 'file']),
      name: text,
      desired: text.exactOptional(),
      observed: text.exactOptional(),
      disk: text.exactOptional(),
    }),
  ),
  rowCount: count,
  draining: count,
}) satisfies z.ZodType<DiffView>

const server = z.strictObject({
  name: text,
  service: text,
  address: text,
  state: z.enum([
    'open',
    'leaving',
    'down',
    'held',
    'unproven',
    'maint',
    'maintenance',
    'drain',
    'closing',
    'missing',
  ]),
  task: z
    .strictObject({ id: text, state: z.enum(taskStates), desiredState: z.enum(taskStates) })
    .exactOptional(),
  node: text.exactOptional(),
  why: text.exactOptional(),
})

const rule = z.strictObject({
  kind: z.enum(['exact', 'wildcard', 'default']),
  host: text,
  path: text,
  isPassedThrough: z.literal(true).exactOptional(),
})

const tlsAnswer = z.strictObject({
  hosts: texts,
  does: z.enum(['show', 'pass', 'refuse']),
  certificate: z.strictObject({ name: text, names: texts, notAfter: text.exactOptional() }).exactOptional(),
  isDefault: z.literal(true).exactOptional(),
  isAwaited: z.literal(true).exactOptional(),
  backend: text.exactOptional(),
})

const redirectAnswer = z.strictObject({ from: text, to: text, status: count })

const way = z.strictObject({
  routes: z.array(rule),
  routesLeftOut: count,
  backend: text,
  services,
  servers: z.array(server),
  serversLeftOut: count,
  takingRequests: count,
})

const reason = z.strictObject({
  code: z.enum([...reasonCodes, ...problemCodes]),
  severity: z.enum(['error', 'warning', 'note']),
  service: text.exactOptional(),
  label: text.exactOptional(),
  found: text,
  expected: text,
  cure: text,
})

export const explanation = z.strictObject({
  asked: text,
  about: z.enum(['request', 'service', 'nothing']),
  isServed: z.boolean(),
  verdict: text,
  basis: z.strictObject({
    swarm: z.boolean(),
    containers: z.literal(true).exactOptional(),
    haproxy: z.strictObject({ version: text, pid: count }).exactOptional(),
  }),
  request: z.strictObject({ host: text, path: text }).exactOptional(),
  frontend: z.strictObject({ name: text, binds: texts }),
  tls: z.array(tlsAnswer).exactOptional(),
  redirects: z.array(redirectAnswer).exactOptional(),
  ways: z.array(way),
  reasons: z.array(reason),
}) satisfies z.ZodType<Explanation>

const rates = {
  requests: figure,
  errors: figure,
  errorShare: share.exactOptional(),
  bytesIn: figure,
  bytesOut: figure,
}
const troubleRates = { connectErrors: figure, responseErrors: figure, retries: figure }

const figures = {
  name: text,
  status: text,
  sessions: count,
  requests: count,
  responses: z.strictObject({
    '1xx': count,
    '2xx': count,
    '3xx': count,
    '4xx': count,
    '5xx': count,
    other: count,
  }),
  bytesIn: count,
  bytesOut: count,
}

const servingFigures = {
  ...figures,
  queued: count,
  connectErrors: count,
  responseErrors: count,
  retries: count,
  redispatches: count,
  latency: z.strictObject({ queueMs: figure, connectMs: figure, responseMs: figure, totalMs: figure }),
  statusForS: figure,
  rates: z.strictObject({ ...rates, ...troubleRates }).exactOptional(),
}

const info = z.strictObject({
  pid: count,
  version: text,
  uptimeS: figure,
  stopping: z.boolean(),
  threads: count,
  connections: count,
  connectionsMax: count,
  connectionsPerS: figure,
  sessionsPerS: figure,
  requests: count,
  idlePercent: figure,
})

const frontendFlow = z.strictObject({
  ...figures,
  sessionsMax: count,
  rates: z.strictObject(rates).exactOptional(),
})
const backendFlow = z.strictObject({ ...servingFigures, serversUp: count })

const serverFlow = z.strictObject({
  ...servingFigures,
  backend: text,
  address: text,
  weight: count,
  check: z
    .strictObject({
      status: text,
      code: count.exactOptional(),
      durationMs: figure.exactOptional(),
      failures: count,
      downs: count,
    })
    .exactOptional(),
})

const reading = { atMs: figure, spanMs: figure.exactOptional(), isOtherWorker: z.boolean() }

export const traffic = z.strictObject({
  ...reading,
  info,
  frontends: z.array(frontendFlow),
  backends: z.array(backendFlow),
  servers: z.array(serverFlow),
})

export const backend = z.strictObject({ ...reading, backend: backendFlow, servers: z.array(serverFlow) })

/** The stream's own: what differs from the reading before, and which backends are gone. */
export const trafficNews = z.strictObject({
  ...reading,
  info,
  frontends: z.array(frontendFlow),
  isWhole: z.boolean(),
  backends: z.array(backendFlow),
  gone: texts,
})

export const statusChange = z.strictObject({
  isReady: z.boolean(),
  reasons: texts,
  isSettled: z.boolean(),
  backends: count,
  servers: z.strictObject({ ready: count, maint: count, closing: count }),
  awaited: count,
  pendingReloadReasons: count,
  problems: z.strictObject({ error: count, warning: count }),
  reloads: count,
  liveChanges: count,
}) satisfies z.ZodType<StatusHead>

export const hello = z.strictObject({ run: text, lastSeq: count })
export const gap = z.strictObject({ missed: count })
export const health = z.strictObject({ healthy: z.literal(true) })
export const readiness = z.strictObject({ ready: z.boolean(), reasons: texts })

export const error = z.strictObject({
  error: z.strictObject({ code: text, message: text, hint: text.exactOptional() }),
}) satisfies z.ZodType<ErrorView>
