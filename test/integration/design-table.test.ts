// Every row of the design's table of what is live and what reloads, on a real HAProxy, with reloads counted exactly:
// by the agent's own counters and by the worker's pid. Where nothing is to be done, no command is sent either.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { ask } from '../support/client.ts'
import { type Edge, startEdge } from '../support/edge.ts'
import { type Rest, watchRest } from '../support/rest.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'

const hosts = (text: string) => ({ 'com.docker.lb.hosts': text })
const port = { 'com.docker.lb.port': '8080' }
const vipMode = { 'com.docker.lb.backend_mode': 'vip' }

let dir: TempDir
let swarm: SimulatedSwarm
let edge: Edge
let rest: Rest

/** What a change cost, once Swarm and the edge have both come to rest. */
type Cost = { readonly reloads: number; readonly commands: number; readonly newWorker: boolean }

const nothing: Cost = { reloads: 0, commands: 0, newWorker: false }
const live: Cost = { reloads: 0, commands: expect.toSatisfy((count: number) => count > 0), newWorker: false }
const reload: Cost = { reloads: 1, commands: expect.any(Number), newWorker: true }

async function cost(change: () => unknown): Promise<Cost> {
  const before = await rest.of(edge)
  await change()
  const after = await rest.of(edge)
  expect(edge.told.troubles).toEqual([])
  return {
    reloads: after.counters.reloads - before.counters.reloads,
    commands: after.commands.changes - before.commands.changes + after.commands.reads - before.commands.reads,
    newWorker: after.observed?.worker.pid !== before.observed?.worker.pid,
  }
}

async function statusOf(host: string, path = '/'): Promise<number> {
  return (await ask({ port: edge.port, host, path })).status
}

beforeAll(async () => {
  dir = await tempDir()
  swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  rest = watchRest(swarm)
  await swarm.createNetwork('demo')
  await swarm.createNetwork('other')
  swarm.createService({
    name: 'task',
    replicas: 3,
    networks: ['demo'],
    labels: { ...port, ...hosts('task.local') },
  })
  swarm.createService({
    name: 'vip',
    replicas: 3,
    networks: ['demo'],
    labels: { ...port, ...hosts('vip.local'), ...vipMode },
  })
  // Audits read HAProxy back; here every command counts.
  edge = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'run'),
    flags: { 'audit-interval': '1h' },
  })
})

afterAll(async () => {
  await edge[Symbol.asyncDispose]()
  rest[Symbol.dispose]()
  await swarm[Symbol.asyncDispose]()
  await dir[Symbol.asyncDispose]()
})

describe.each([
  { service: 'task', other: 'vip', host: 'task.local', churn: live },
  { service: 'vip', other: 'task', host: 'vip.local', churn: nothing },
])('tasks of a service in $service mode', ({ service, other, host, churn }) => {
  // A node that goes takes tasks of every service along.
  beforeAll(() => swarm.scale(other, 0))
  afterAll(() => swarm.scale(other, 3))

  const events: readonly (readonly [string, () => unknown])[] = [
    ['scaled up', () => swarm.scale(service, 5)],
    ['scaled down', () => swarm.scale(service, 3)],
    ['given a new image', () => swarm.updateService(service, { image: 'tidegate/app:2' })],
    ['given a new variable', () => swarm.updateService(service, { env: { METADATA: 'x' } })],
    [
      'updated start-first',
      () => swarm.updateService(service, { update: { order: 'start-first' }, force: true }),
    ],
    ['crashed and rescheduled', () => swarm.killTask(swarm.runningTasksOf(service)[0]?.ID ?? '')],
    ['moved by the drain of a node', () => drainNodeOf(service)],
  ]
  it.each(events)('%s', async (_, change) => {
    expect(await cost(change)).toEqual(churn)
    expect(await statusOf(host)).toBe(200)
  })

  it('moved by the loss of a node', async () => {
    const node = swarm.runningTasksOf(service)[0]?.NodeID ?? ''
    expect(await cost(() => swarm.loseNode(node))).toEqual(churn)
    expect(await statusOf(host)).toBe(200)
    swarm.reviveNode(node)
    await rest.of(edge)
  })

  it('scaled to nothing and back: live in both modes', async () => {
    expect(await cost(() => swarm.scale(service, 0))).toEqual(live)
    expect(await statusOf(host)).toBe(503)
    expect(await cost(() => swarm.scale(service, 3))).toEqual(live)
    expect(await statusOf(host)).toBe(200)
  })

  async function drainNodeOf(name: string) {
    const node = swarm.runningTasksOf(name)[0]?.NodeID ?? ''
    swarm.setAvailability(node, 'drain')
    await rest.of(edge)
    swarm.setAvailability(node, 'active')
  }
})

describe.each(['task', 'vip'])('labels of a service in %s mode', (service) => {
  it('one that is not ours, added, changed and removed: nothing', async () => {
    for (const value of ['a', 'b', undefined]) {
      expect(
        await cost(() => swarm.updateService(service, { labels: { 'com.example.team': value } })),
      ).toEqual(nothing)
    }
  })

  it('hosts changed, the first one too: live', async () => {
    const host = `${service}.local`
    const moved = `moved.${host}`
    expect(await cost(() => swarm.updateService(service, { labels: hosts(`${host},more.${host}`) }))).toEqual(
      live,
    )
    expect(await statusOf(`more.${host}`)).toBe(200)
    expect(await cost(() => swarm.updateService(service, { labels: hosts(moved) }))).toEqual(live)
    expect([await statusOf(host), await statusOf(moved)]).toEqual([503, 200])
    expect(await cost(() => swarm.updateService(service, { labels: hosts(host) }))).toEqual(live)
    expect([await statusOf(host), await statusOf(moved)]).toEqual([200, 503])
  })

  it('the path changed: live', async () => {
    const host = `${service}.local`
    const path = (value: string | undefined) => ({ labels: { 'com.docker.lb.context_root': value } })
    expect(await cost(() => swarm.updateService(service, path('/app')))).toEqual(live)
    expect([await statusOf(host, '/app/ping'), await statusOf(host, '/apple'), await statusOf(host)]).toEqual(
      [200, 503, 503],
    )
    expect(await cost(() => swarm.updateService(service, path(undefined)))).toEqual(live)
    expect(await statusOf(host)).toBe(200)
  })

  it('the service becomes the default, and no longer: live', async () => {
    const isDefault = (value: string | undefined) => ({ labels: { 'com.docker.lb.default_backend': value } })
    expect(await cost(() => swarm.updateService(service, isDefault('true')))).toEqual(live)
    expect(await statusOf('nobody.local')).toBe(200)
    expect(await cost(() => swarm.updateService(service, isDefault(undefined)))).toEqual(live)
    expect(await statusOf('nobody.local')).toBe(503)
  })

  it('a canary joins a host that others serve, and leaves it: live', async () => {
    const joins = { ...port, ...hosts(`${service}.local`), ...(service === 'vip' ? vipMode : {}) }
    const canary = { name: 'canary', replicas: 1, networks: ['demo'], labels: joins }
    expect(await cost(() => swarm.createService(canary))).toEqual(live)
    expect(await cost(() => swarm.removeService('canary'))).toEqual(live)
    expect(await statusOf(`${service}.local`)).toBe(200)
  })

  it('the label that publishes it, removed and added: a reload each', async () => {
    expect(
      await cost(() => swarm.updateService(service, { labels: { 'com.docker.lb.hosts': undefined } })),
    ).toEqual(reload)
    expect(await statusOf(`${service}.local`)).toBe(503)
    expect(await cost(() => swarm.updateService(service, { labels: hosts(`${service}.local`) }))).toEqual(
      reload,
    )
    expect(await statusOf(`${service}.local`)).toBe(200)
  })

  it('a network added to the service, and removed: a reload each', async () => {
    expect(await cost(() => swarm.updateService(service, { networks: ['demo', 'other'] }))).toEqual(reload)
    expect(await statusOf(`${service}.local`)).toBe(200)
    expect(await cost(() => swarm.updateService(service, { networks: ['demo'] }))).toEqual(reload)
    expect(await statusOf(`${service}.local`)).toBe(200)
  })

  it('the mode changed, and back: a reload each', async () => {
    const [other, same] = service === 'vip' ? ['task', 'vip'] : ['vip', 'task']
    const mode = (value: string | undefined) => ({ labels: { 'com.docker.lb.backend_mode': value } })
    expect(await cost(() => swarm.updateService(service, mode(other)))).toEqual(reload)
    expect(await statusOf(`${service}.local`)).toBe(200)
    expect(await cost(() => swarm.updateService(service, mode(same)))).toEqual(reload)
    expect(await statusOf(`${service}.local`)).toBe(200)
  })
})

describe.each([{ mode: 'task' }, { mode: 'vip' }])('a service in $mode mode', ({ mode }) => {
  it('deployed, and deleted: a reload each', async () => {
    const more = mode === 'vip' ? vipMode : {}
    const definition = {
      name: 'new',
      replicas: 2,
      networks: ['demo'],
      labels: { ...port, ...hosts('new.local'), ...more },
    }
    expect(await cost(() => swarm.createService(definition))).toEqual(reload)
    expect(await statusOf('new.local')).toBe(200)
    expect(await cost(() => swarm.removeService('new'))).toEqual(reload)
    expect(await statusOf('new.local')).toBe(503)
  })
})

it('several services deployed at once: one reload', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const deploy = () => {
    for (const name of names) {
      swarm.createService({
        name,
        replicas: 1,
        networks: ['demo'],
        labels: { ...port, ...hosts(`${name}.local`) },
      })
    }
  }
  expect(await cost(deploy)).toEqual(reload)
  const remove = () => {
    for (const name of names) swarm.removeService(name)
  }
  expect(await cost(remove)).toEqual(reload)
})

it('a service with a mistyped label: nothing, and a problem that says so', async () => {
  const labels = { 'com.docker.lb.port': '80a', ...hosts('typo.local') }
  expect(
    await cost(() => swarm.createService({ name: 'typo', replicas: 1, networks: ['demo'], labels })),
  ).toEqual(nothing)
  expect(edge.status().problems).toMatchObject([{ service: 'typo', code: 'port-invalid', found: '"80a"' }])
  expect(await cost(() => swarm.removeService('typo'))).toEqual(nothing)
  expect(edge.status().problems).toEqual([])
})

describe('the agent started again beside the running HAProxy', () => {
  const again = async (flags: Readonly<Record<string, string>>) => {
    await rest.of(edge)
    await edge.letGo()
    const { port: same } = edge
    edge = await startEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run'), port: same, flags })
    return rest.of(edge)
  }

  it('with the same settings: it adopts, no reload', async () => {
    const status = await again({ 'audit-interval': '1h' })
    expect(status.counters).toMatchObject({ starts: 0, reloads: 0, actions: 0 })
    expect(edge.told.outcomes).toMatchObject([{ kind: 'adopt' }])
  })

  it('with a setting that shapes the file: one reload, with its reason', async () => {
    const status = await again({ 'audit-interval': '1h', 'info-headers': 'false' })
    expect(status.counters).toMatchObject({ starts: 0, reloads: 1 })
    expect(edge.told.outcomes).toMatchObject([{ kind: 'reload', reasons: [{ kind: 'structure-changed' }] }])
    expect((await ask({ port: edge.port, host: 'task.local' })).headers).not.toHaveProperty('x-proxy-id')
  })
})
