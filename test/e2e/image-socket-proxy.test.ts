// The socket proxy of compose/stack.socket-proxy.yml, and of compose/demo.socket-proxy.yml: the agent works through it, and
// nothing else gets through.
// The engine is the simulated Swarm, which counts what it was asked.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { updateEdge } from '../../agent/swarm/attach.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { ask } from '../support/client.ts'
import { freePort, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'

const config = new URL('../../haproxy/socket-proxy.cfg', import.meta.url).pathname

/** All that the agent may ask of an engine. compose/stack.socket-proxy.yml tells operators the same list. */
const lists = ['/services', '/tasks', '/nodes', '/networks', '/secrets', '/configs']
const reads = ['/info', ...lists, '/events'].map((path) => `GET ${path}`)
const ownService = ['GET /services/{id}', 'POST /services/{id}/update']

let dir: TempDir
let swarm: SimulatedSwarm
let proxy: ChildProcess
let port: number
let edgeId: string
let otherId: string

beforeAll(async () => {
  dir = await tempDir()
  const socketPath = join(dir.path, 'docker.sock')
  swarm = await createSimulatedSwarm({ socketPath, timing: fastTiming })
  await swarm.createNetwork('demo')
  edgeId = swarm.createService({ name: 'edge', networks: ['demo'] })
  otherId = swarm.createService({ name: 'web', hosts: ['web.local'], port: 8080, networks: ['demo'] })
  await swarm.waitFor('web', 1)
  port = await freePort()
  proxy = startProxy({ PROXY_BIND: `127.0.0.1:${port}`, EDGE_SERVICE_ID: edgeId })
  await eventually(() => call('GET', '/_ping'))
})

/** The proxy, in front of the simulated Swarm. */
function startProxy(env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(haproxyBinary(), ['-db', '-f', config], {
    env: { ENGINE_SOCKET: join(dir.path, 'docker.sock'), ...env },
    stdio: 'ignore',
  })
}

async function endProxy(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
}

afterAll(async () => {
  await endProxy(proxy)
  await swarm[Symbol.asyncDispose]()
  await dir[Symbol.asyncDispose]()
})

/** The status that a call through the proxy is answered with; the path goes out as it is written here. */
function call(method: string, path: string, through = port): Promise<number> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(5000)
    const to = { host: '127.0.0.1', port: through, method, path, agent: false, signal }
    const sent = request(to, (response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('the agent behind the socket proxy', () => {
  test('publishes a service, follows it, and makes no call that is not on the list', async () => {
    swarm.api.reset()
    await using edge = await startEdge({
      engine: swarm.socketPath,
      runDir: join(dir.path, 'run'),
      flags: { 'docker-host': `tcp://127.0.0.1:${port}` },
    })
    await edge.settled()
    expect((await ask({ port: edge.port, host: 'web.local' })).status).toBe(200)
    swarm.updateService('web', { labels: { 'com.docker.lb.ssl_cert': 'nowhere' } })
    await eventually(() => swarm.api.counts.has('GET /secrets') && swarm.api.counts.has('GET /configs'))
    swarm.scale('web', 3)
    const servers = await eventually(async () => {
      const instances = new Set<string>()
      for (let i = 0; i < 6; i++) instances.add((await ask({ port: edge.port, host: 'web.local' })).body)
      return instances.size >= 3 && instances
    })
    expect(servers.size).toBeGreaterThanOrEqual(3)
    expect(edge.told.notes).toEqual([])
    expect(reads).toEqual(expect.arrayContaining([...swarm.api.counts.keys()]))
  })

  test('attaches its own service to a network, by the two calls for that', async () => {
    swarm.api.reset()
    const added = await swarm.createNetwork('added')
    expect(await attach(edgeId, added)).toBe(true)
    expect([...swarm.api.counts.keys()].sort()).toEqual(ownService)
  })

  test('cannot attach any other service', async () => {
    const added = swarm.network('added').ID
    await expect(attach(otherId, added)).rejects.toThrow('403')
  })
})

function attach(serviceId: string, networkId: string): Promise<boolean> {
  const { Version } = swarm.service(serviceId)
  const plan = {
    kind: 'update' as const,
    serviceId,
    version: Version.Index,
    isUntimely: false,
    add: [networkId],
    remove: [],
    networkIds: [swarm.network('demo').ID, networkId].sort(),
    addedIds: [networkId],
    secrets: { add: [], remove: [], addedIds: [] },
    configs: { add: [], remove: [], addedIds: [] },
  }
  return updateEdge(
    { kind: 'tcp', host: '127.0.0.1', port, tls: undefined },
    plan,
    5000,
    AbortSignal.timeout(10_000),
  )
}

describe('the socket proxy', () => {
  test.for([...reads.map((read) => read.slice(4)), '/v1.41/services', '/v1.51/info'])(
    'lets GET %s through',
    async (path) => {
      expect(await call('GET', path)).toBe(200)
    },
  )

  test.for([
    ['GET', '/containers/json'],
    ['GET', '/v1.41/secrets/x'],
    ['GET', '/configs/x'],
    ['POST', '/secrets/create'],
    ['GET', '/services/../containers/json'],
    ['GET', '//containers/json'],
    ['GET', '/services/web/logs'],
    ['GET', '/info/'],
    ['GET', '/v1.41/v1.41/info'],
    ['POST', '/info'],
    ['POST', '/services/create'],
    ['POST', '/services/none/update'],
    ['POST', '/services/edge/update'],
    ['DELETE', '/services/web'],
    ['PUT', '/info'],
  ] as const)('refuses %s %s', async ([method, path]) => {
    swarm.api.reset()
    expect(await call(method, path)).toBe(403)
    expect(swarm.api.counts.size).toBe(0)
  })
})

describe('the socket proxy for plain Docker', () => {
  let reader: ChildProcess
  let through: number

  beforeAll(async () => {
    through = await freePort()
    reader = startProxy({
      PROXY_BIND: `127.0.0.1:${through}`,
      PROXY_SOURCE: 'containers',
      EDGE_SERVICE_ID: edgeId,
    })
    await eventually(() => call('GET', '/_ping', through))
  })

  afterAll(() => endProxy(reader))

  test.for(['/containers/json?all=1', '/v1.41/containers/json', '/networks', '/events', '/info'])(
    'lets GET %s through',
    async (path) => {
      swarm.api.reset()
      expect(await call('GET', path, through)).not.toBe(403)
    },
  )

  test.for([
    ...['/services', '/tasks', '/secrets', '/configs', '/containers/web/json', '/containers/web/logs'].map(
      (path) => ['GET', path] as const,
    ),
    ['POST', '/containers/json'],
    ['POST', '/containers/create'],
    ['POST', '/containers/web/kill'],
  ] as const)('refuses %s %s', async ([method, path]) => {
    swarm.api.reset()
    expect(await call(method, path, through)).toBe(403)
    expect(swarm.api.counts.size).toBe(0)
  })

  test('refuses the update that the one for a Swarm allows', async () => {
    expect(await call('POST', `/services/${edgeId}/update`, through)).toBe(403)
    expect(await call('GET', `/services/${edgeId}`, through)).toBe(403)
  })
})
