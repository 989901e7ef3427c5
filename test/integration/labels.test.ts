// What labels do, each seen by a client on real HAProxys: tasks of a simulated Swarm behind an edge of each version.
// What a change of each costs is label-changes.test.ts's subject.

import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { makeCertificate } from '../support/certificates.ts'
import { type Answer, type Ask, ask } from '../support/client.ts'
import { type Edge, freePort, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { readLiveState } from '../support/live-state.ts'
import { type Rest, watchRest } from '../support/rest.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { askTls } from '../support/tls-client.ts'

type Labels = Readonly<Record<string, string>>
type Published = {
  readonly replicas?: number
  readonly env?: Labels
  readonly labels?: Labels
  readonly own?: Labels
}

const services: Readonly<Record<string, Published>> = {
  sticky: { replicas: 3, labels: { sticky_session_cookie: 'sid' } },
  'by-address': { replicas: 3, labels: { ip_hash: 'true' } },
  paths: { labels: { context_root: '/app,/api/v2', context_root_rewrite: 'true' } },
  whole: { labels: { context_root: '/app' } },
  guarded: { own: { allow: '127.0.0.1,127.0.0.8/30', deny: '127.0.0.9' } },
  closed: { own: { allow: 'my friends' } },
  limited: { own: { rate_limit: '5/1m' } },
  small: { own: { max_body_size: '1k' } },
  headed: {
    own: {
      'request_header.X-Environment': `100% it's "$HOME" %[src] \\n #1`,
      'request_header.User-Agent': '',
      'response_header.X-Frame-Options': 'DENY',
      'response_header.Server': '',
    },
  },
  laden: {
    own: Object.fromEntries(
      ['request', 'response'].flatMap((way) =>
        ['A', 'B', 'C'].map((name) => [`${way}_header.X-${name}`, name.repeat(660)]),
      ),
    ),
  },
  secure: { labels: { ssl_cert: 'secure.pem' }, own: { hsts: '31536000; includeSubDomains' } },
  pressed: { own: { compression: 'true' } },
  hurried: { own: { timeout_server: '300ms' } },
  checked: {
    replicas: 2,
    own: { health_check_path: '/health', health_check_interval: '200ms', health_check_status: '200' },
  },
  'told-v1': { env: { PROXY_PROTOCOL: 'expected' }, own: { proxy_protocol: 'v1' } },
  'told-v2': { env: { PROXY_PROTOCOL: 'expected' }, own: { proxy_protocol: 'v2' } },
  careful: { replicas: 3 },
  careless: { replicas: 3, own: { retry_non_idempotent: 'true' } },
  light: { labels: { hosts: 'weighed.local' }, own: { weight: '1' } },
  heavy: { labels: { hosts: 'weighed.local' }, own: { weight: '3' } },
  kept: { labels: { hosts: 'kept.local' } },
  resting: { labels: { hosts: 'kept.local' }, own: { maintenance: 'true' } },
  away: { own: { maintenance: 'true' } },
  leisure: { replicas: 2, own: { balance: 'leastconn' } },
  'by-path': { replicas: 3, own: { balance: 'uri' } },
  sockets: { labels: { websocket_endpoints: '/ws' } },
}

let dir: TempDir
let swarm: SimulatedSwarm
let rest: Rest
let edges: ReadonlyMap<string, Edge>
const tlsPorts = new Map<string, number>()

function publish(name: string, { replicas = 1, env = {}, labels = {}, own = {} }: Published): void {
  const prefixed = (prefix: string, given: Labels) =>
    Object.fromEntries(Object.entries(given).map(([label, text]) => [prefix + label, text]))
  swarm.createService({
    name,
    replicas,
    networks: ['demo'],
    env,
    labels: {
      ...prefixed('com.docker.lb.', { hosts: `${name}.local`, port: '8080', ...labels }),
      ...prefixed('com.tidegate.lb.', own),
    },
  })
}

beforeAll(async () => {
  dir = await tempDir()
  swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  rest = watchRest(swarm)
  await swarm.createNetwork('demo')
  for (const [name, service] of Object.entries(services)) publish(name, service)
  const { both } = await makeCertificate({ names: ['tls.local'] })
  publish('tls', { replicas: 2, env: { TLS_PEM: both }, labels: { ssl_backend: 'true' } })
  publish('strict', {
    env: { TLS_PEM: both },
    labels: { ssl_backend: 'true', ssl_backend_tls_verify: 'required' },
  })
  const certificates = join(dir.path, 'certificates')
  await mkdir(certificates)
  await writeFile(join(certificates, 'secure.pem'), (await makeCertificate({ names: ['secure.local'] })).both)
  publish('passed', {
    env: { TLS_PEM: both, PROXY_PROTOCOL: 'expected' },
    labels: { ssl_passthrough: 'true' },
    own: { proxy_protocol: 'v2', deny: '127.0.0.9', timeout_server: '30s', hsts: '3600' },
  })
  const started = testedBranches.map(async (branch): Promise<[string, Edge]> => {
    const port = await freePort()
    tlsPorts.set(branch, port)
    const flags = { 'audit-interval': '1h', 'https-bind': `127.0.0.1:${port}`, certificates }
    const edge = await startEdge({ engine: swarm.socketPath, runDir: join(dir.path, branch), branch, flags })
    return [branch, edge]
  })
  edges = new Map(await Promise.all(started))
  for (const edge of edges.values()) await rest.of(edge)
})

afterAll(async () => {
  for (const edge of edges.values()) await edge[Symbol.asyncDispose]()
  rest[Symbol.dispose]()
  await swarm[Symbol.asyncDispose]()
  await dir[Symbol.asyncDispose]()
})

type Question = Omit<Ask, 'port' | 'host'>

const taskIn = ({ status, body }: Answer): string => {
  expect(status).toBe(200)
  return String(JSON.parse(body).task)
}

describe.each(testedBranches.map((branch) => ({ branch })))('on HAProxy $branch', ({ branch }) => {
  const edge = (): Edge => {
    const found = edges.get(branch)
    if (found === undefined) throw new Error(`no edge of ${branch}`)
    return found
  }
  const to = (service: string, question: Question = {}) =>
    ask({ port: edge().port, host: `${service}.local`, ...question })
  const statusOf = async (service: string, question: Question = {}) => (await to(service, question)).status
  const times = <T>(count: number, make: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => make(index)))
  const withCookie = (index: number) => ({ headers: { cookie: `a=b; sid=visitor-${index}; c=d` } })
  const tasksByCookie = async () => times(40, async (index) => taskIn(await to('sticky', withCookie(index))))

  it('no service has a problem but those that are meant to', () => {
    expect(
      edge()
        .status()
        .problems.map(({ service, code }) => `${service} ${code}`),
    ).toEqual([
      'away in-maintenance',
      'closed option-invalid',
      'passed passthrough-not-possible',
      'resting in-maintenance',
    ])
  })

  it('sticky_session_cookie: one cookie, one task; cookies spread, and so do requests without one', async () => {
    const first = await tasksByCookie()
    expect(await tasksByCookie()).toEqual(first)
    expect(new Set(first).size).toBe(3)
    const without = await times(30, async () => taskIn(await to('sticky')))
    expect(new Set(without).size).toBe(3)
  })

  it('sticky_session_cookie: with one task more most cookies stay, and with it gone all are back', async () => {
    const before = await tasksByCookie()
    swarm.scale('sticky', 4)
    await rest.of(edge())
    const grown = await tasksByCookie()
    const [added] = swarm
      .runningTasksOf('sticky')
      .map(({ ID }) => ID)
      .filter((id) => !before.includes(id))
    const moved = grown.filter((task, index) => task !== before[index])
    expect(moved.length).toBeGreaterThan(0)
    expect(moved.length).toBeLessThan(25)
    expect(new Set(moved)).toEqual(new Set([added]))
    swarm.scale('sticky', 3)
    await rest.of(edge())
    if (!swarm.runningTasksOf('sticky').some(({ ID }) => ID === added))
      expect(await tasksByCookie()).toEqual(before)
  })

  it('ip_hash: one address, one task; addresses spread', async () => {
    const addresses = Array.from({ length: 20 }, (_, index) => `127.0.0.${20 + index}`)
    const ofAll = () => Promise.all(addresses.map(async (from) => taskIn(await to('by-address', { from }))))
    const first = await ofAll()
    expect(await ofAll()).toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(1)
  })

  it('context_root: several paths, cut off with context_root_rewrite; the bare prefix is sent to its folder', async () => {
    const pathSeen = async (path: string) => {
      const { status, headers } = await to('paths', { path })
      return status === 301 ? headers.location : status
    }
    expect(await statusOf('paths')).toBe(503)
    expect(await statusOf('paths', { path: '/application' })).toBe(503)
    expect(JSON.parse((await to('paths', { path: '/app/status?code=201' })).body)).toEqual({ code: 201 })
    expect(JSON.parse((await to('paths', { path: '/api/v2/status?code=202' })).body)).toEqual({ code: 202 })
    expect(await pathSeen('/app')).toBe('/app/')
    expect(await pathSeen('/app?a=1&b=%20')).toBe('/app/?a=1&b=%20')
    expect(await pathSeen('/app/')).toBe(200)
  })

  it('context_root without context_root_rewrite: the application gets the whole path', async () => {
    expect(taskIn(await to('whole', { path: '/app/status?code=201' }))).not.toBe('')
    expect(await statusOf('whole', { path: '/app' })).toBe(200)
  })

  it('allow and deny: 403 for whoever is not allowed, or is denied', async () => {
    const from = (address: string) => statusOf('guarded', { from: address })
    expect(await Promise.all(['127.0.0.1', '127.0.0.8', '127.0.0.10'].map(from))).toEqual([200, 200, 200])
    expect(await Promise.all(['127.0.0.2', '127.0.0.9', '127.0.0.12'].map(from))).toEqual([403, 403, 403])
    expect(await statusOf('closed')).toBe(403)
    expect((await to('closed')).body).toContain('Not allowed')
  })

  it('rate_limit: 429 beyond it, for each address by itself', async () => {
    const from = `127.0.1.${branch.length + Number(branch.at(-1))}`
    const statuses: number[] = []
    for (let sent = 0; sent < 8; sent += 1) statuses.push(await statusOf('limited', { from }))
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    expect(await statusOf('limited', { from: '127.0.2.1' })).toBe(200)
  })

  it('max_body_size: 413 beyond it, and 411 where nobody says how much there is', async () => {
    const post = (bytes: number) => ({ method: 'POST', body: 'x'.repeat(bytes) })
    expect(JSON.parse((await to('small', post(1024))).body)).toMatchObject({ bytes_received: 1024 })
    expect(await statusOf('small', post(1025))).toBe(413)
    const chunked = { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: 'x' }
    expect(await statusOf('small', chunked)).toBe(411)
    const http2 = (method: string, bytes: number) => statusOfHttp2(edge().port, 'small.local', method, bytes)
    for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
      expect([method, await http2(method, 0)]).toEqual([method, 200])
      expect([method, await http2(method, 1)]).toEqual([method, 411])
      expect([method, await http2(method, 100_000)]).toEqual([method, 411])
    }
    expect(await echoed(edge().port, 'small.local', '/ws')).toBe('hello')
    expect(await statusOf('small')).toBe(200)
  })

  it('request_header and response_header: set, replaced and taken away, each character as it stands', async () => {
    const answer = await to('headed', {
      path: '/headers',
      headers: { 'x-environment': 'mine', 'user-agent': 'me' },
    })
    const seen = JSON.parse(answer.body)
    expect(seen['x-environment']).toBe(`100% it's "$HOME" %[src] \\n #1`)
    expect(seen).not.toHaveProperty('user-agent')
    expect(answer.headers['x-frame-options']).toBe('DENY')
    expect(answer.headers).not.toHaveProperty('server')
  })

  it('request_header and response_header: as many as there may be, beside a body that fills every buffer', async () => {
    for (let sent = 0; sent < 20; sent += 1) {
      const body = 'x'.repeat(300_000)
      const answer = await to('laden', { method: 'POST', path: '/echo', body })
      expect(answer.status).toBe(200)
      expect(answer.body).toHaveLength(body.length)
      expect(answer.headers['x-c']).toBe('C'.repeat(660))
    }
  })

  it('hsts: told over TLS, and over nothing else', async () => {
    const port = tlsPorts.get(branch) ?? 0
    const overTls = await askTls({ port, host: 'secure.local' })
    expect(overTls.status).toBe(200)
    expect(overTls.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect((await to('secure')).headers).not.toHaveProperty('strict-transport-security')
  })

  it('compression: for clients that take it', async () => {
    const raw = await rawBody(edge().port, 'pressed.local', { 'accept-encoding': 'gzip' })
    expect(raw.encoding).toBe('gzip')
    expect(JSON.parse(gunzipSync(raw.body).toString())).toMatchObject({ service: 'pressed' })
    expect((await to('pressed')).headers).not.toHaveProperty('content-encoding')
  })

  it('timeout_server: 504 after it', async () => {
    const startedMs = performance.now()
    expect(await statusOf('hurried', { path: '/slow?ms=3000' })).toBe(504)
    expect(performance.now() - startedMs).toBeLessThan(2000)
    expect(await statusOf('hurried', { path: '/slow?ms=50' })).toBe(200)
  })

  it('health_check_path: a task that says that it is not well gets no requests until it is', async () => {
    const tasks = async () => new Set(await times(10, async () => taskIn(await to('checked'))))
    await eventually(async () => (await tasks()).size === 2)
    const sick = taskIn(await to('checked', { method: 'GET' }))
    const sickAddress = addressOf(sick)
    await tell(sickAddress, false)
    await eventually(async () => !(await tasks()).has(sick), { timeoutMs: 10_000 })
    expect((await tasks()).size).toBe(1)
    await tell(sickAddress, true)
    await eventually(async () => (await tasks()).has(sick), { timeoutMs: 10_000 })
  })

  it.each(['v1', 'v2'])(
    'proxy_protocol: the task is told the address of the client, in %s',
    async (version) => {
      const answer = await to(`told-${version}`, { path: '/headers', from: '127.0.0.77' })
      expect(JSON.parse(answer.body)['x-told-by-proxy']).toMatch(
        new RegExp(`^${version} 127\\.0\\.0\\.77:\\d+$`),
      )
    },
  )

  it('retry_non_idempotent: a POST is sent again only where the label says so', async () => {
    const died = async (service: string) => {
      const before = swarm.tasksOf(service).filter(({ Status }) => Status.State === 'failed').length
      await to(service, { method: 'POST', path: '/crash' })
      await rest.of(edge())
      return swarm.tasksOf(service).filter(({ Status }) => Status.State === 'failed').length - before
    }
    expect(await died('careful')).toBe(1)
    expect(await died('careless')).toBeGreaterThan(1)
  })

  it('weight: tasks get requests by their weights', async () => {
    const served = new Map<string, number>()
    for (let sent = 0; sent < 40; sent += 1) {
      const { service } = JSON.parse((await ask({ port: edge().port, host: 'weighed.local' })).body)
      served.set(service, (served.get(service) ?? 0) + 1)
    }
    expect(Object.fromEntries(served)).toEqual({ light: 10, heavy: 30 })
  })

  it('maintenance: another service on the route serves alone; where there is none, 503', async () => {
    const serving = await times(10, async () => JSON.parse((await to('kept')).body).service)
    expect(new Set(serving)).toEqual(new Set(['kept']))
    expect(await statusOf('away')).toBe(503)
  })

  it('balance: by connections, and by path', async () => {
    const slow = to('leisure', { path: '/slow?ms=500' })
    await eventually(async () => (await to('leisure')).status === 200)
    const others = new Set<string>()
    for (let sent = 0; sent < 6; sent += 1) others.add(taskIn(await to('leisure')))
    expect(others).not.toContain(taskIn(await slow))
    const byPath = async (path: string) =>
      new Set(await times(5, async () => taskIn(await to('by-path', { path }))))
    const found = await Promise.all(['/a', '/b', '/c', '/d', '/e', '/f', '/g'].map(byPath))
    expect(found.map((tasks) => tasks.size)).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(new Set(found.flatMap((tasks) => [...tasks])).size).toBeGreaterThan(1)
  })

  it('ssl_backend: TLS to the tasks; unknown authorities are refused where they are required', async () => {
    expect(new Set(await times(6, async () => taskIn(await to('tls')))).size).toBe(2)
    expect(await statusOf('strict')).toBe(503)
  })

  it('ssl_backend: also to a task that comes later', async () => {
    swarm.scale('tls', 3)
    await rest.of(edge())
    expect(new Set(await times(9, async () => taskIn(await to('tls')))).size).toBe(3)
    swarm.scale('tls', 2)
    await rest.of(edge())
    expect(edge().status().counters.reloads).toBe(0)
  })

  it('ssl_passthrough: labels about connections hold, those about requests cannot', async () => {
    const port = tlsPorts.get(branch) ?? 0
    const answer = await askTls({ port, host: 'passed.local', path: '/headers' })
    expect(JSON.parse(answer.body)['x-told-by-proxy']).toMatch(/^v2 127\.0\.0\.1:\d+$/)
    await expect(askTls({ port, host: 'passed.local', from: '127.0.0.9' })).rejects.toThrow()
    expect((await askTls({ port, host: 'secure.local', from: '127.0.0.9' })).status).toBe(200)
  })

  it('websocket_endpoints: a websocket works there and elsewhere', async () => {
    for (const path of ['/ws', '/other'])
      expect(await echoed(edge().port, 'sockets.local', path)).toBe('hello')
  })

  function addressOf(task: string): string {
    const found = swarm.runningTasksOf('checked').find(({ ID }) => ID === task)
    return found?.NetworksAttachments?.[0]?.Addresses[0]?.replace(/\/.*/, '') ?? ''
  }

  async function tell(address: string, healthy: boolean): Promise<void> {
    const response = await fetch(`http://${address}:8080/health?healthy=${healthy}`, { method: 'POST' })
    expect(response.status).toBe(200)
    await response.text()
  }
})

it('sticky_session_cookie: each edge sends a cookie to the same task, whatever HAProxy it has', async () => {
  const answers = [...edges.values()].map(({ port }) =>
    Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        taskIn(await ask({ port, host: 'sticky.local', headers: { cookie: `sid=v${index}` } })),
      ),
    ),
  )
  const [first, ...others] = await Promise.all(answers)
  for (const other of others) expect(other).toEqual(first)
})

it('max_fails: a task that refuses connections stays in rotation with 0, and requests go to another one', async () => {
  await using folder = await tempDir()
  await using lossy = await createSimulatedSwarm({
    socketPath: join(folder.path, 'docker.sock'),
    timing: { ...fastTiming, nodeDownMs: 300_000 },
    nodes: 2,
  })
  await lossy.createNetwork('demo')
  for (const [name, fails] of [
    ['never', '0'],
    ['soon', '2'],
  ] as const) {
    const labels = {
      'com.docker.lb.hosts': `${name}.local`,
      'com.docker.lb.port': '8080',
      'com.docker.lb.max_fails': fails,
      'com.docker.lb.fail_timeout': '5s',
    }
    lossy.createService({ name, replicas: 2, networks: ['demo'], labels })
  }
  const [lost] = await lossy.waitFor('never', 2)
  await lossy.waitFor('soon', 2)
  await using edge = await startEdge({ engine: lossy.socketPath, runDir: join(folder.path, 'run') })
  await edge.settled()
  const source = { socketPath: edge.settings.haproxy.workerSocket, routesMap: edge.settings.config.routesMap }
  const up = async (name: string) =>
    [...((await readLiveState(source)).backends.get(`${name}.local`)?.values() ?? [])].filter(
      ({ isUp }) => isUp,
    ).length
  lossy.loseNode(lost?.NodeID ?? '', 'reset')
  const asked = async () => {
    for (const name of ['never', 'soon'])
      expect((await ask({ port: edge.port, host: `${name}.local` })).status).toBe(200)
  }
  await eventually(
    async () => {
      await asked()
      return (await up('soon')) === 1
    },
    { timeoutMs: 20_000 },
  )
  for (let sent = 0; sent < 20; sent += 1) await asked()
  expect(await up('never')).toBe(2)
})

/** An answer's body as it came, in bytes. */
async function rawBody(port: number, host: string, headers: Labels) {
  const { request } = await import('node:http')
  return new Promise<{ readonly encoding: string | undefined; readonly body: Buffer }>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, headers: { ...headers, host }, agent: false }
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** The status of a request over HTTP/2, without TLS, whose body's length is not said before. */
function statusOfHttp2(port: number, host: string, method: string, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    session.on('error', reject)
    const headers = { ':method': method, ':path': '/', ':authority': host }
    const stream = session.request(headers, { endStream: bytes === 0 })
    stream.setTimeout(5000, () => stream.destroy(new Error('no answer')))
    stream.on('error', reject)
    stream.on('response', (answer) => {
      resolve(answer[':status'] ?? 0)
      session.destroy()
    })
    if (bytes > 0) stream.end('x'.repeat(bytes))
  })
}

/** What comes back on an upgraded connection for `hello`. */
function echoed(port: number, host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const key = createHash('sha1').update(path).digest('base64').slice(0, 24)
    let read = ''
    socket.setTimeout(5000, () => socket.destroy(new Error(`no echo: ${read}`)))
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      const isUpgraded = read.includes('\r\n\r\n')
      read += chunk.toString()
      if (!isUpgraded && read.includes('\r\n\r\n')) socket.write('hello')
      if (read.endsWith('\r\n\r\nhello')) {
        socket.destroy()
        resolve('hello')
      }
    })
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
  })
}
