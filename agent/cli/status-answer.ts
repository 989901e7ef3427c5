// Reads the running agent's answer to /api/status.
// Owns the check of its shape, by hand: a library for it takes longer to load than the command may take.

import { healths, type StatusView } from '../core/status-view.ts'

/** The type of a value's parts; a key that ends in `?` may be missing. A list of texts holds those that are allowed. */
type Shape = 'text' | 'number' | 'flag' | readonly string[] | { readonly listOf: Shape } | ObjectShape
type ObjectShape = { readonly fields: Readonly<Record<string, Shape>> }

const fields = (shapes: Readonly<Record<string, Shape>>): ObjectShape => ({ fields: shapes })
const texts: Shape = { listOf: 'text' }

const servers = fields({
  up: 'number',
  down: 'number',
  waiting: 'number',
  closing: 'number',
  drained: 'number',
})

const backend = fields({
  name: 'text',
  health: healths,
  services: { listOf: fields({ name: 'text', mode: ['task', 'vip'] }) },
  routes: texts,
  servers,
  'figures?': fields({
    sessions: 'number',
    queued: 'number',
    requests: 'number',
    errors: 'number',
    responseMs: 'number',
    'requestsPerS?': 'number',
    'errorsPerS?': 'number',
  }),
})

const problem = fields({
  code: 'text',
  severity: ['error', 'warning'],
  serviceId: 'text',
  service: 'text',
  'label?': 'text',
  found: 'text',
  expected: 'text',
  hint: 'text',
})

const view = fields({
  toldBy: ['agent', 'engine', 'haproxy'],
  version: 'text',
  'haproxy?': fields({
    version: 'text',
    pid: 'number',
    isStopping: 'flag',
    'uptimeS?': 'number',
    'connections?': 'number',
    'connectionsMax?': 'number',
  }),
  'engine?': fields({ 'staleMs?': 'number', 'trouble?': 'text', isHeldBack: 'flag' }),
  'loop?': fields({
    isSettled: 'flag',
    awaited: 'number',
    pendingReload: texts,
    'trouble?': fields({ code: 'text', message: 'text', hint: 'text' }),
    counters: fields({
      starts: 'number',
      reloads: 'number',
      liveChanges: 'number',
      drifts: 'number',
      failures: 'number',
    }),
  }),
  services: 'number',
  routes: 'number',
  servers,
  backends: { listOf: backend },
  problems: { listOf: problem },
})

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
  return fits(value, view)
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape === 'text') return typeof value === 'string'
  if (shape === 'number') return typeof value === 'number'
  if (shape === 'flag') return typeof value === 'boolean'
  if ('listOf' in shape) return Array.isArray(value) && value.every((each) => fits(each, shape.listOf))
  if ('fields' in shape) return isRecord(value) && fieldsFit(value, shape)
  return typeof value === 'string' && shape.includes(value)
}

function fieldsFit(value: Readonly<Record<string, unknown>>, shape: ObjectShape): boolean {
  for (const [key, part] of Object.entries(shape.fields)) {
    const isOptional = key.endsWith('?')
    const found = value[isOptional ? key.slice(0, -1) : key]
    if (found === undefined ? !isOptional : !fits(found, part)) return false
  }
  return true
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
