// What it costs to set, change and remove each label of a service that serves: nothing, live, or a reload, counted by
// the agent's own counters and by HAProxy's pid. Every label of the table has its row, and a client is served all along.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { labelEntries } from '../../agent/cli/labels-text.ts'
import { labelPrefix, ownPrefix } from '../../agent/core/labels/row.ts'
import { labelFamilies, labelTable } from '../../agent/core/labels/table.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { ask } from '../support/client.ts'
import { type Edge, startEdge } from '../support/edge.ts'
import { type Rest, watchRest } from '../support/rest.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'

type Cost = 'nothing' | 'live' | 'reload'

type Row = {
  readonly label: string
  /** Set, then changed to; then the label is removed. */
  readonly values: readonly [string, string]
  /** What each of the three costs. */
  readonly cost: Cost
  /** Where clients are served meanwhile, if not at the host alone. */
  readonly path?: string
  /** False where they are not, since the application does not play along. */
  readonly isServed?: boolean
  /** Labels that it needs beside it. */
  readonly beside?: Readonly<Record<string, string>>
}

const own = (label: string, values: readonly [string, string], cost: Cost): Row => ({
  label: ownPrefix + label,
  values,
  cost,
})
const interlock = (label: string, values: readonly [string, string], cost: Cost): Row => ({
  label: labelPrefix + label,
  values,
  cost,
})

const rows: readonly Row[] = [
  { ...interlock('context_root', ['/app', '/api'], 'live'), isServed: false },
  {
    ...interlock('context_root_rewrite', ['true', '1'], 'reload'),
    path: '/app/',
    beside: { [`${labelPrefix}context_root`]: '/app' },
  },
  interlock('sticky_session_cookie', ['sid', 'session'], 'reload'),
  interlock('ip_hash', ['true', 'false'], 'reload'),
  interlock('max_fails', ['3', '5'], 'live'),
  interlock('fail_timeout', ['10s', '1m'], 'live'),
  interlock('websocket_endpoints', ['/ws', '/ws,/chat'], 'nothing'),
  { ...interlock('ssl_backend', ['true', 'false'], 'live'), isServed: false },
  {
    ...interlock('ssl_backend_tls_verify', ['required', 'none'], 'live'),
    isServed: false,
    beside: { [`${labelPrefix}ssl_backend`]: 'true' },
  },
  own('balance', ['leastconn', 'random'], 'reload'),
  own('timeout_connect', ['1s', '3s'], 'reload'),
  own('timeout_server', ['1m', '2m'], 'reload'),
  own('timeout_queue', ['1s', '3s'], 'reload'),
  own('timeout_tunnel', ['1h', '2h'], 'reload'),
  own('health_check_path', ['/health', '/status'], 'reload'),
  own('health_check_interval', ['10s', '20s'], 'live'),
  {
    ...own('health_check_status', ['200', '200-299'], 'reload'),
    beside: { [`${ownPrefix}health_check_path`]: '/health' },
  },
  {
    ...own('health_check_host', ['a.local', 'b.local'], 'reload'),
    beside: { [`${ownPrefix}health_check_path`]: '/health' },
  },
  own('allow', ['127.0.0.0/8', '127.0.0.1'], 'reload'),
  own('deny', ['192.0.2.1', '192.0.2.0/24'], 'reload'),
  own('rate_limit', ['10000/s', '20000/s'], 'reload'),
  own('max_body_size', ['10m', '20m'], 'reload'),
  { ...own('basic_auth', ['staff', 'crew'], 'reload'), isServed: false },
  own('hsts', ['3600', '7200; preload'], 'reload'),
  own('compression', ['true', 'false'], 'reload'),
  own('retry_non_idempotent', ['true', 'false'], 'reload'),
  own('request_header.X-A', ['a', 'b'], 'reload'),
  own('response_header.X-B', ['a', ''], 'reload'),
  { ...own('proxy_protocol', ['v1', 'v2'], 'live'), isServed: false },
  own('weight', ['10', '20'], 'live'),
  { ...own('maintenance', ['true', 'false'], 'live'), isServed: false },
]

/** Costs that design-table.test.ts counts, and those of TLS and of basic authentication, which have files of their own. */
const elsewhere = [
  ...['hosts', 'port', 'network', 'backend_mode', 'default_backend', 'service_cluster'],
  ...['redirects', 'ssl_cert', 'ssl_key', 'ssl_only', 'ssl_passthrough'],
].map((label) => labelPrefix + label)
const withFiles = [`${ownPrefix}basic_auth`]

let dir: TempDir
let swarm: SimulatedSwarm
let edge: Edge
let rest: Rest

async function costOf(labels: Readonly<Record<string, string | undefined>>): Promise<Cost> {
  // At rest, since the change before it.
  const before = edge.status()
  swarm.updateService('shop', { labels })
  const after = await rest.of(edge)
  expect(edge.told.troubles).toEqual([])
  const reloads = after.counters.reloads - before.counters.reloads
  expect(after.observed?.worker.pid !== before.observed?.worker.pid).toBe(reloads > 0)
  expect(reloads).toBeLessThanOrEqual(1)
  if (reloads === 1) return 'reload'
  return after.counters.liveChanges > before.counters.liveChanges ? 'live' : 'nothing'
}

async function expectServed({ path = '/', isServed = true }: Row): Promise<void> {
  if (isServed) expect((await ask({ port: edge.port, host: 'shop.local', path })).status).toBe(200)
}

beforeAll(async () => {
  dir = await tempDir()
  swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  rest = watchRest(swarm)
  await swarm.createNetwork('demo')
  const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels })
  edge = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'run'),
    flags: { 'audit-interval': '1h' },
  })
  await rest.of(edge)
})

afterAll(async () => {
  await edge[Symbol.asyncDispose]()
  rest[Symbol.dispose]()
  await swarm[Symbol.asyncDispose]()
  await dir[Symbol.asyncDispose]()
})

it('every label has a row here, or its cost is counted elsewhere', () => {
  const counted = [...rows.map(({ label }) => label), ...elsewhere, ...withFiles]
  const labels = Object.values(labelTable).map(({ label }) => label)
  expect(labels.filter((label) => !counted.includes(label))).toEqual([])
  for (const { label } of Object.values(labelFamilies))
    expect(counted.some((each) => each.startsWith(label))).toBe(true)
})

it('the table of labels says of each what is counted here', () => {
  const told = labelEntries().map(({ label, change }) => [label.replace(/<.*$/, ''), change] as const)
  for (const { label, cost } of rows)
    expect([
      label,
      told.find(([each]) => label === each || (each.endsWith('.') && label.startsWith(each)))?.[1],
    ]).toEqual([label, cost])
})

it.each(rows)('$label: $cost', async (row) => {
  const { label, values, cost, beside = {} } = row
  const [first, second] = values
  onTestFinished(async () => {
    const all = [label, ...Object.keys(beside)]
    await costOf(Object.fromEntries(all.map((each) => [each, undefined])))
    expect((await ask({ port: edge.port, host: 'shop.local' })).status).toBe(200)
  })
  if (row.beside !== undefined) await costOf(beside)
  const isOff = (value: string) => ['false', '0', 'none'].includes(value)
  expect(await costOf({ [label]: first })).toBe(cost)
  await expectServed(row)
  // A label that says what holds without it is as good as none.
  expect(await costOf({ [label]: second })).toBe(first === 'true' && second === '1' ? 'nothing' : cost)
  await expectServed(row)
  expect(await costOf({ [label]: undefined })).toBe(isOff(second) ? 'nothing' : cost)
})

it('a value that cannot be used costs nothing, and its problem comes and goes with it', async () => {
  const label = `${ownPrefix}rate_limit`
  expect(await costOf({ [label]: 'a lot' })).toBe('nothing')
  expect(edge.status().problems).toMatchObject([{ code: 'option-invalid', label }])
  expect(await costOf({ [label]: undefined })).toBe('nothing')
  expect(edge.status().problems).toEqual([])
})

it('several options at once are one reload', async () => {
  const labels = ['hsts', 'compression', 'rate_limit', 'response_header.X-A'].map(
    (label) => ownPrefix + label,
  )
  const values = ['3600', 'true', '10000/s', 'a']
  expect(await costOf(Object.fromEntries(labels.map((label, index) => [label, values[index]])))).toBe(
    'reload',
  )
  expect(await costOf(Object.fromEntries(labels.map((label) => [label, undefined])))).toBe('reload')
})

it('servers with other keywords take the place of those that there are, and no request is lost', async () => {
  const asked: Promise<number>[] = []
  const timer = setInterval(() => asked.push(statusNow()), 10)
  for (const fails of ['2', '4', '0', undefined]) {
    expect(await costOf({ 'com.docker.lb.max_fails': fails })).toBe('live')
    const [backend] = [...(edge.status().observed?.backends.values() ?? [])]
    const ready = [...(backend?.servers ?? [])]
      .filter(([, { admin }]) => admin === 'ready')
      .map(([name]) => name)
    const kind = fails === undefined ? '' : fails === '0' ? ':n' : `:e${fails}`
    expect(ready.map((name) => name.replace(/^[^:]*/, ''))).toEqual([kind, kind])
  }
  clearInterval(timer)
  expect(new Set(await Promise.all(asked))).toEqual(new Set([200]))
  expect(asked.length).toBeGreaterThan(100)
})

async function statusNow(): Promise<number> {
  return (await ask({ port: edge.port, host: 'shop.local' })).status
}
