// What an operator who comes from Interlock relies on, each seen by a client on a real HAProxy: the list of
// docs/from-interlock.md, as far as no other test has it. What needs a real Swarm is in test/e2e.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { type Answer, ask } from '../support/client.ts'
import { type Edge, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'

let dir: TempDir
let swarm: SimulatedSwarm
let edge: Edge

const lb = (given: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`com.docker.lb.${name}`, value]))

beforeAll(async () => {
  dir = await tempDir()
  swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  await swarm.createNetwork('demo')
  edge = await startEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
  await edge.settled()
})

afterAll(async () => {
  await edge?.[Symbol.asyncDispose]()
  await swarm?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
})

function publish(name: string, labels: Readonly<Record<string, string>>, replicas = 1): void {
  swarm.createService({ name, replicas, networks: ['demo'], port: 8080, labels: lb(labels) })
}

const answer = (host: string, path = '/', by: Edge = edge): Promise<Answer> =>
  ask({ port: by.port, host, path })

const answers = (host: string, status = 200, by: Edge = edge): Promise<unknown> =>
  eventually(async () => (await answer(host, '/', by)).status === status, { timeoutMs: 10_000 })

test('a host that nobody claims is answered by 503, and so it is again when its service has gone', async () => {
  expect((await answer('unknown.local')).status).toBe(503)
  publish('brief', { hosts: 'unknown.local' })
  await answers('unknown.local')
  swarm.removeService('brief')
  await answers('unknown.local', 503)
})

test('blanks around the commas of a list of hosts are none of their names', async () => {
  publish('spaced', { hosts: ' one.local , two.local,three.local ' })
  await answers('one.local')
  for (const host of ['one.local', 'two.local', 'three.local']) expect((await answer(host)).status).toBe(200)
})

test('responses say who answered, with Interlock’s headers, and the task learns the same request id', async () => {
  publish('headers', { hosts: 'headers.local' })
  await answers('headers.local')
  const { headers, body } = await answer('headers.local', '/headers')
  const { address } = swarm.runningTasksOf('headers').map((task) => ({
    address: task.NetworksAttachments?.flatMap((each) => each.Addresses ?? [])[0]?.split('/')[0],
  }))[0] ?? { address: undefined }
  expect(headers['x-upstream-addr']).toBe(`${address}:8080`)
  expect(headers['x-proxy-id']).toBe(edge.settings.config.proxyId)
  expect(headers['x-server-info']).toMatch(/^tidegate\//)
  expect(headers['x-upstream-response-time']).toMatch(/^\d+\.\d{3}$/)
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(JSON.parse(body)).toMatchObject({
    'x-request-id': headers['x-request-id'],
    'x-real-ip': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
  })
})

test('without `info-headers` responses tell nothing of the inside', async () => {
  await using quiet = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'quiet'),
    flags: { 'info-headers': 'false' },
  })
  await answers('headers.local', 200, quiet)
  const names = Object.keys((await answer('headers.local', '/', quiet)).headers)
  expect(names.filter((name) => /^x-(proxy|server|upstream|request)-/.test(name))).toEqual([])
})

test('lines of the operator’s own stand in their sections, and HAProxy runs with them', async () => {
  await using own = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'own'),
    flags: {
      'global-lines': 'tune.http.maxhdr 64; set-var proc.mine str(x)',
      'defaults-lines': 'option http-server-close',
    },
  })
  await answers('headers.local', 200, own)
  const config = await readFile(join(own.settings.haproxy.runDir, 'haproxy.cfg'), 'utf8')
  expect(config).toMatch(
    /^global\n(?: {4}.*\n)* {4}tune\.http\.maxhdr 64\n {4}set-var proc\.mine str\(x\)\n/m,
  )
  expect(config).toMatch(/\n {4}option http-server-close\n\nfrontend http\n/)
})

test('an edge of a service cluster publishes its own services, and answers for others as for nobody', async () => {
  await using other = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'other'),
    flags: { 'service-cluster': 'inner' },
  })
  publish('inside', { hosts: 'inside.local', service_cluster: 'inner' })
  publish('outside', { hosts: 'outside.local' })
  await answers('inside.local', 200, other)
  await answers('outside.local')
  expect((await answer('outside.local', '/', other)).status).toBe(503)
  expect((await answer('inside.local')).status).toBe(503)
})

test('a port published in host mode is reached at its node, and no network is needed', async () => {
  swarm.createService({
    name: 'on-node',
    replicas: 1,
    networks: [],
    port: 8080,
    ports: [{ target: 8080, published: 18_080, mode: 'host' }],
    labels: lb({ hosts: 'node.local' }),
  })
  await answers('node.local')
  expect((await answer('node.local')).headers['x-upstream-addr']).toMatch(/:18080$/)
})

test('scaled to nothing a service is answered by 503, and is there again with its first task', async () => {
  publish('tide', { hosts: 'tide.local' }, 2)
  await answers('tide.local')
  await edge.settled()
  const { reloads } = edge.status().counters
  swarm.scale('tide', 0)
  await answers('tide.local', 503)
  swarm.scale('tide', 1)
  await answers('tide.local')
  expect(edge.status().counters.reloads).toBe(reloads)
})

test('a websocket passes on every path, in both modes, whatever websocket_endpoints lists', async () => {
  publish('socket', { hosts: 'socket.local', websocket_endpoints: '/other' })
  publish('socket-vip', { hosts: 'socket-vip.local', backend_mode: 'vip' })
  for (const host of ['socket.local', 'socket-vip.local']) {
    await answers(host)
    expect(await upgraded(host)).toBe('HTTP/1.1 101 Switching Protocols')
  }
})

/** The first line that a client gets who asks for another protocol. */
async function upgraded(host: string): Promise<string> {
  const { connect } = await import('node:net')
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: edge.port, signal: AbortSignal.timeout(5000) })
    socket.once('error', reject)
    socket.once('data', (data) => {
      resolve(String(data).split('\r\n')[0] ?? '')
      socket.destroy()
    })
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    )
  })
}
