// The API, the stream and the TCP address of an agent as its users run it.

import { readFile, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as schemas from '../../agent/admin/schemas.ts'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { askAdmin, followAdmin } from '../support/admin.ts'
import { type AgentProcess, startAgentProcess } from '../support/agent-process.ts'
import { besideSwarm } from '../support/beside-swarm.ts'
import { ask } from '../support/client.ts'
import { freePort } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }

async function createWorld() {
  const dir = await tempDir()
  const swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels })
  swarm.createService({
    name: 'typo',
    replicas: 1,
    networks: ['demo'],
    labels: { 'com.docker.lb.hosts': 'typo.local', 'com.docker.lb.port': '80a' },
  })
  await swarm.waitFor('shop', 2)
  const tcp = await freePort()
  const { flags, runDir, port, admin } = await besideSwarm(swarm, dir.path, { 'admin-bind': `${tcp}` })
  const agent = startAgentProcess(flags)
  await agent.logged('admin interface open')
  await eventually(async () => (await askAdmin(admin, '/readyz')).status === 200, { timeoutMs: 15_000 })
  const token = (await readFile(join(runDir, 'admin.token'), 'utf8')).trim()
  return { dir, swarm, agent, admin, port, tcp, token, runDir, flags }
}

let world: Awaited<ReturnType<typeof createWorld>>
const agents: AgentProcess[] = []

beforeAll(async () => {
  world = await createWorld()
  agents.push(world.agent)
})

afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]()
  await world.swarm[Symbol.asyncDispose]()
  await world.dir[Symbol.asyncDispose]()
})

describe('what is answered is what the description says', () => {
  test.for([
    ['/healthz', schemas.health],
    ['/readyz', schemas.readiness],
    ['/api/status', schemas.status],
    ['/api/explain?of=http://shop.local/a', schemas.explanation],
    ['/api/explain?of=typo', schemas.explanation],
    ['/api/history', schemas.history],
    ['/api/diff', schemas.diff],
    ['/api/traffic', schemas.traffic],
    ['/api/backends/shop.local', schemas.backend],
  ] as const)('%s', async ([path, schema]) => {
    for (let request = 0; request < 3; request += 1) await ask({ port: world.port, host: 'shop.local' })
    const answer = await askAdmin(world.admin, path)
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 })
    expect(schema.safeParse(answer.json()).error?.issues).toBeUndefined()
  })
})

test('the description names each path, and every shape that it refers to', async () => {
  const description = (await askAdmin(world.admin, '/api/openapi.json')).json()
  expect(description).toMatchObject({ openapi: '3.1.0', info: { title: 'Tidegate' } })
  const text = JSON.stringify(description)
  const named = Object.keys(Object(Object(Object(description).components).schemas))
  const referred = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1])
  expect(referred.filter((name) => !named.includes(name ?? ''))).toEqual([])
  const described = Object.keys(Object(Object(description).paths))
  const unknown = await askAdmin(world.admin, '/nowhere')
  expect(unknown.status).toBe(404)
  for (const path of described) expect(unknown.body).toContain(path)
})

test('an agent that has not heard of the engine yet explains nothing, rather than an empty Swarm', async () => {
  await using dir = await tempDir()
  const { flags, admin } = await besideSwarm({ socketPath: join(dir.path, 'nobody.sock') }, dir.path)
  await using agent = startAgentProcess(flags)
  await agent.logged('admin interface open')
  for (const path of ['/api/explain?of=shop.local', '/api/diff']) {
    const answer = await askAdmin(admin, path)
    expect([path, answer.status]).toEqual([path, 503])
  }
})

describe('the stream', () => {
  test('tells a change with its cause and an id, and resumes after it', async () => {
    await using stream = await followAdmin(world.admin, '/api/stream?events=change')
    await stream.event('hello')
    world.swarm.scale('shop', 3)
    const change = await stream.event('change', ({ cause }) => /^shop: task 3 runs$/.test(String(cause)))
    expect(schemas.historyEntry.safeParse(change.data).error?.issues).toBeUndefined()
    expect(Object(change.data).commands).toContainEqual(
      expect.stringMatching(/^set server shop\.local\/shop\.3\.\w+ state ready$/),
    )
    world.swarm.scale('shop', 2)
    const last = await stream.event('change', ({ cause }) => /^shop: task \d stops$/.test(String(cause)))

    await using resumed = await followAdmin(world.admin, '/api/stream?events=change', {
      headers: { 'last-event-id': change.id ?? '' },
    })
    expect((await resumed.event('change')).data).toMatchObject({ seq: Object(change.data).seq + 1 })
    await resumed.event('change', ({ seq }) => seq === Object(last.data).seq)
    await using other = await followAdmin(world.admin, '/api/stream?events=change', {
      headers: { 'last-event-id': 'another:7' },
    })
    expect((await other.event('change')).data).toMatchObject({ seq: 1 })
    expect(resumed.events.filter(({ name }) => name === 'change').length).toBeLessThan(
      other.events.filter(({ name }) => name === 'change').length,
    )
  })

  test('tells the figures in whole first and then what differs, and the status when it changes', async () => {
    await using stream = await followAdmin(world.admin, '/api/stream')
    const first = await stream.event('traffic')
    expect(schemas.trafficNews.safeParse(first.data).error?.issues).toBeUndefined()
    expect(first.data).toMatchObject({ isWhole: true })
    expect((await stream.event('status')).data).toMatchObject({ isReady: true, problems: { error: 1 } })
    await ask({ port: world.port, host: 'shop.local' })
    const later = await stream.event(
      'traffic',
      ({ isWhole, backends }) => isWhole === false && Array.isArray(backends) && backends.length > 0,
    )
    expect(schemas.trafficNews.safeParse(later.data).error?.issues).toBeUndefined()
    const names = Object(later.data).backends.map((each: { readonly name: string }) => each.name)
    expect(names).toEqual(['shop.local'])
    world.swarm.createService({
      name: 'again',
      replicas: 1,
      networks: ['demo'],
      labels: { ...labels, 'com.docker.lb.hosts': 'again.local' },
    })
    const changed = await stream.event('status', ({ backends }) => backends === 2)
    expect(schemas.statusChange.safeParse(changed.data).error?.issues).toBeUndefined()
  })

  test('takes no more clients than its bound', async () => {
    const streams = await Promise.all(
      Array.from({ length: 32 }, () => followAdmin(world.admin, '/api/stream?events=change')),
    )
    try {
      for (const stream of streams) await stream.event('hello')
      expect(await askAdmin(world.admin, '/api/stream')).toMatchObject({ status: 503 })
      expect((await askAdmin(world.admin, '/metrics')).body).toContain('\ntidegate_stream_clients 32\n')
    } finally {
      for (const stream of streams) await stream[Symbol.asyncDispose]()
    }
    await eventually(async () =>
      (await askAdmin(world.admin, '/metrics')).body.includes('\ntidegate_stream_clients 0\n'),
    )
  })
})

test('the metrics have HAProxy’s own figures, and how long changes took', async () => {
  await ask({ port: world.port, host: 'shop.local' })
  world.swarm.scale('shop', 4)
  const value = (text: string, name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length),
    )
  const text = await eventually(
    async () => {
      const { body } = await askAdmin(world.admin, '/metrics')
      return value(body, 'haproxy_backend_active_servers{proxy="shop.local"}') === 4 ? body : undefined
    },
    { timeoutMs: 15_000 },
  )
  expect(value(text, 'haproxy_backend_http_requests_total{proxy="shop.local"}')).toBeGreaterThan(0)
  expect(value(text, 'haproxy_frontend_http_responses_total{proxy="http",code="2xx"}')).toBeGreaterThan(0)
  expect(value(text, 'tidegate_servers_failed')).toBe(0)
  expect(value(text, 'tidegate_propagation_seconds_count{outcome="live"}')).toBeGreaterThan(0)
  expect(value(text, 'tidegate_propagation_seconds_sum{outcome="live"}')).toBeLessThan(5)
})

describe('over TCP', () => {
  const bearer = () => ({ headers: { authorization: `Bearer ${world.token}` } })
  const basic = (password: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}` },
  })

  test('health is open, and all else takes the token', async () => {
    expect((await askAdmin(world.tcp, '/healthz')).status).toBe(200)
    expect((await askAdmin(world.tcp, '/readyz')).status).toBe(200)
    for (const path of ['/', '/page/page.js', '/metrics', '/api/status', '/api/stream', '/nowhere', '/%']) {
      const refused = await askAdmin(world.tcp, path)
      expect({ path, status: refused.status }).toEqual({ path, status: 401 })
      expect(refused.headers['www-authenticate']).toMatch(/^Basic realm="/)
    }
    for (const right of [bearer(), basic(world.token)])
      expect((await askAdmin(world.tcp, '/api/status', right)).status).toBe(200)
    const wrong = [
      basic(`${world.token}x`),
      basic(''),
      { headers: { authorization: 'Bearer' } },
      { headers: { authorization: `Basic ${world.token}` } },
    ]
    for (const each of wrong) expect((await askAdmin(world.tcp, '/api/status', each)).status).toBe(401)
  })

  test('the token is for the agent alone to read, and is named in the log', async () => {
    const path = join(world.runDir, 'admin.token')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(world.admin)).mode & 0o777).toBe(0o600)
    expect(await world.agent.logged('admin token')).toMatchObject({ tokenFile: path })
    expect(JSON.stringify(world.agent.log)).not.toContain(world.token)
  })

  test('no other origin reads or frames anything, and the page loads nothing from elsewhere', async () => {
    const answer = await askAdmin(world.tcp, '/', {
      headers: { ...bearer().headers, origin: 'http://evil.example', host: 'evil.example' },
    })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(answer.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    )
  })
})

describe('hostile clients', () => {
  test.for([
    ['a long path', `/${'a'.repeat(20_000)}`, 431],
    ['bad escapes', '/api/backends/%zz', 400],
    ['a path that climbs', '/page/../../../etc/passwd', 404],
    ['an escaped path that climbs', '/page/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 404],
    ['a name that would be another command', '/api/backends/x%0ashow%20env', 404],
    ['a name with a semicolon', '/api/backends/x;show%20env', 404],
    ['a backend that is not there', '/api/backends/nowhere.local', 404],
    ['a number that is none', '/api/history?limit=1e9', 400],
    ['more than there may be', '/api/history?limit=1001', 400],
    ['an unknown kind', '/api/history?kind=what', 400],
    ['an unknown event', '/api/stream?events=all', 400],
    ['no question', '/api/explain', 400],
  ] as const)('%s', async ([, path, status]) => {
    const answer = await askAdmin(world.admin, path)
    expect({ path: path.slice(0, 50), status: answer.status }).toEqual({ path: path.slice(0, 50), status })
    if (status !== 431) expect(schemas.error.safeParse(answer.json()).error?.issues).toBeUndefined()
  })

  test('nothing but reading is allowed', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await askAdmin(world.admin, '/api/status', { method })
      expect({ method, status: answer.status, allow: answer.headers.allow }).toEqual({
        method,
        status: 405,
        allow: 'GET, HEAD',
      })
    }
    expect(await askAdmin(world.admin, '/api/status', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
    })
  })

  test('a crowd that says nothing at the TCP address is ended, and keeps nobody from the socket', async () => {
    const crowd = Array.from({ length: 100 }, () =>
      connect({ host: '127.0.0.1', port: world.tcp }).on('error', () => undefined),
    )
    try {
      await eventually(() => crowd.filter((each) => !each.connecting).length === crowd.length)
      expect((await askAdmin(world.admin, '/healthz')).status).toBe(200)
      await eventually(async () => (await askAdmin(world.tcp, '/healthz')).status === 200, {
        timeoutMs: 15_000,
      })
    } finally {
      for (const each of crowd) each.destroy()
    }
  })
})

test('the token outlives the agent, and a stream ends in order with it', async () => {
  await using stream = await followAdmin(world.admin, '/api/stream?events=change')
  await stream.event('hello')
  await world.agent.kill('SIGTERM')
  await eventually(() => stream.isEnded())
  const again = startAgentProcess(world.flags)
  agents.push(again)
  await again.logged('admin interface open')
  expect((await readFile(join(world.runDir, 'admin.token'), 'utf8')).trim()).toBe(world.token)
  await again.kill('SIGTERM')

  const file = join(world.dir.path, 'token')
  await writeFile(file, 'short\n')
  const refused = startAgentProcess({ ...world.flags, 'admin-token-file': file })
  agents.push(refused)
  expect(await refused.logged('no admin interface')).toMatchObject({ code: 'admin-unusable' })
  await refused.logged('agent started')
  expect((await askAdmin(world.admin, '/healthz')).status).toBe(200)
  await expect(askAdmin(world.tcp, '/healthz')).rejects.toThrow()
})
