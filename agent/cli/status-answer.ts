// Reads the running agent's answer to /api/status.
// Owns the check of its shape, by hand: a library for it takes longer to load than the command may take.

import { healths, type StatusView } from '../core/status-view.ts'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const number: Check = (value) => typeof value === 'number'
const flag: Check = (value) => typeof value === 'boolean'

const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value)

const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

/** An object with these fields, and perhaps those of `optional`. Others may be there: a newer agent knows more. */
function object(
  fields: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const needed = Object.entries(fields)
  const extra = Object.entries(optional)
  return (value) =>
    isRecord(value) &&
    needed.every(([key, check]) => check(value[key])) &&
    extra.every(([key, check]) => value[key] === undefined || check(value[key]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const servers = object({ up: number, down: number, waiting: number, closing: number, drained: number })

const figures = object(
  { sessions: number, queued: number, requests: number, errors: number, responseMs: number },
  { requestsPerS: number, errorsPerS: number },
)

const backend = object(
  {
    name: text,
    health: oneOf(...healths),
    services: listOf(object({ name: text, mode: oneOf('task', 'vip') })),
    routes: listOf(text),
    servers,
  },
  { figures },
)

const problem = object(
  {
    code: text,
    severity: oneOf('error', 'warning'),
    serviceId: text,
    service: text,
    found: text,
    expected: text,
    hint: text,
  },
  { label: text },
)

const haproxy = object(
  { version: text, pid: number, isStopping: flag },
  { uptimeS: number, connections: number, connectionsMax: number },
)

const engine = object({ isHeldBack: flag }, { staleMs: number, trouble: text })

const loop = object(
  {
    isSettled: flag,
    awaited: number,
    pendingReload: listOf(text),
    counters: object({
      starts: number,
      reloads: number,
      liveChanges: number,
      drifts: number,
      failures: number,
    }),
  },
  { trouble: object({ code: text, message: text, hint: text }) },
)

const certificates = object(
  { count: number },
  {
    nearest: object({
      file: text,
      from: oneOf('folder', 'secret', 'config'),
      notAfter: text,
      validity: oneOf('good', 'not-yet', 'expiring', 'expired'),
    }),
  },
)

const view = object(
  {
    toldBy: oneOf('agent', 'engine', 'haproxy'),
    version: text,
    services: number,
    routes: number,
    servers,
    backends: listOf(backend),
    problems: listOf(problem),
  },
  { haproxy, engine, loop, certificates },
)

/** The view; undefined for an answer of another shape, such as another version's. */
export function parseStatus(body: string): StatusView | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isStatusView(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isStatusView(value: unknown): value is StatusView {
  return view(value)
}
