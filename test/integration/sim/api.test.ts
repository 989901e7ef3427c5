import { request } from 'node:http'
import { expect, test } from 'vitest'
import type { Task } from '../../sim/objects.ts'
import { eventually } from '../../support/eventually.ts'
import { type Answer, ask, createWorld, type World } from './world.ts'

const web = { name: 'web', port: 8080, networks: ['demo'] }

function call(world: World, path: string, method = 'GET', body?: unknown): Promise<Answer> {
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return ask({ socketPath: world.swarm.socketPath, path }, { method, ...text })
}

async function json<T>(world: World, path: string): Promise<T> {
  return JSON.parse((await call(world, path)).body)
}

const filters = (value: unknown) => `filters=${encodeURIComponent(JSON.stringify(value))}`

test('answers with and without a version prefix, and says everywhere that it is no real engine', async () => {
  await using world = await createWorld()
  expect((await call(world, '/_ping')).body).toBe('OK')
  expect((await call(world, '/v1.41/version')).body).toContain('for trying and testing only')
  expect(await json(world, '/info')).toMatchObject({
    OperatingSystem: expect.stringContaining('for trying and testing only'),
    Swarm: { ControlAvailable: true, NodeID: world.swarm.nodes().find((node) => node.ManagerStatus)?.ID },
  })
  expect((await call(world, '/no/such/page')).status).toBe(404)
})

test('creates, updates and removes a service, and refuses an update that is out of sequence', async () => {
  await using world = await createWorld()
  const spec = {
    Name: 'api',
    TaskTemplate: { ContainerSpec: { Image: 'a:1' }, Networks: [{ Target: 'demo' }] },
    Labels: null,
  }
  const created = await call(world, '/v1.43/services/create', 'POST', spec)
  expect(created.status).toBe(201)
  const { ID } = JSON.parse(created.body)
  await world.swarm.waitFor('api', 1)
  const service = await json<{ Version: { Index: number } }>(world, '/services/api')
  expect(service).toMatchObject({
    ID,
    Spec: { TaskTemplate: { Networks: [{ Target: world.swarm.network('demo').ID }] } },
  })
  const late = await call(world, `/services/${ID}/update?version=1`, 'POST', spec)
  expect(late).toEqual({
    status: 500,
    body: '{"message":"rpc error: code = Unknown desc = update out of sequence"}\n',
  })
  const updated = await call(world, `/services/${ID}/update?version=${service.Version.Index}`, 'POST', spec)
  expect(updated.status).toBe(200)
  expect((await call(world, '/services/create', 'POST', spec)).status).toBe(409)
  expect((await call(world, '/services/api', 'DELETE')).status).toBe(200)
  expect(await call(world, '/services/api')).toEqual({
    status: 404,
    body: '{"message":"service api not found"}\n',
  })
})

test('refuses a specification it cannot read, and one that names no network there is', async () => {
  await using world = await createWorld()
  expect((await call(world, '/services/create', 'POST', { TaskTemplate: {} })).status).toBe(400)
  const lost = { Name: 'a', TaskTemplate: { Networks: [{ Target: 'nowhere' }] } }
  expect(await call(world, '/services/create', 'POST', lost)).toEqual({
    status: 404,
    body: '{"message":"network nowhere not found"}\n',
  })
})

test('filters lists in both spellings', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, replicas: 2, labels: { colour: 'red' } })
  world.swarm.createService({ ...web, name: 'other' })
  await Promise.all([world.swarm.waitFor('web', 2), world.swarm.waitFor('other', 1)])
  const count = async (path: string) => (await json<unknown[]>(world, path)).length
  expect(await count('/tasks')).toBe(3)
  expect(await count(`/tasks?${filters({ service: ['web'] })}`)).toBe(2)
  expect(
    await count(`/tasks?${filters({ service: { web: true }, 'desired-state': { running: true } })}`),
  ).toBe(2)
  expect(await count(`/tasks?${filters({ 'desired-state': ['shutdown'] })}`)).toBe(0)
  expect(await count(`/services?${filters({ label: ['colour=red'] })}`)).toBe(1)
  expect(await count(`/services?${filters({ name: ['oth'] })}`)).toBe(1)
  expect(await count(`/networks?${filters({ scope: ['swarm'] })}`)).toBe(2)
  expect((await call(world, `/services?${filters({ colour: ['red'] })}`)).status).toBe(400)
  expect((await call(world, '/services?filters=nonsense')).status).toBe(400)
})

test('lists tasks by id, without what is internal, and with the same bytes while nothing changes', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, replicas: 5 })
  await world.swarm.waitFor('web', 5)
  const first = await call(world, '/tasks')
  expect((await call(world, '/tasks')).body).toBe(first.body)
  const tasks: Task[] = JSON.parse(first.body)
  expect(tasks.map((task) => task.ID)).toEqual(tasks.map((task) => task.ID).toSorted())
  expect(first.body).not.toContain('internal')
  const one = await json<Task>(world, `/tasks/${tasks[0]?.ID}`)
  expect(one).toEqual(tasks[0])
  expect(one).toMatchObject({
    Status: { State: 'running', ContainerStatus: { ExitCode: 0 } },
    NetworksAttachments: [
      { Network: { Spec: { Name: 'demo' } }, Addresses: [expect.stringMatching(/^127\..*\/24$/)] },
    ],
  })
})

test('refuses to remove a network that a service is on', async () => {
  await using world = await createWorld()
  const id = world.swarm.createService(web)
  const refused = await call(world, '/networks/demo', 'DELETE')
  expect(refused.status).toBe(400)
  expect(refused.body).toContain(`network ${world.swarm.network('demo').ID} is in use by service ${id}`)
  world.swarm.removeService('web')
  expect((await call(world, '/networks/demo', 'DELETE')).status).toBe(204)
  expect((await call(world, '/networks/demo')).status).toBe(404)
})

type Line = {
  readonly Type: string
  readonly Action: string
  readonly Actor: { readonly Attributes: Record<string, string> }
}

function listen(
  world: World,
  path: string,
): { readonly lines: Line[]; readonly ended: Promise<void>; readonly close: () => void } {
  const lines: Line[] = []
  let finish: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    finish = resolve
  })
  const outgoing = request({ socketPath: world.swarm.socketPath, path, agent: false }, (response) => {
    response.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line))
    })
    response.on('error', finish)
    response.on('close', finish)
  })
  outgoing.on('error', finish)
  outgoing.end()
  return { lines, ended, close: () => outgoing.destroy() }
}

test('events tell of services, networks and nodes, of an update’s start and end, and never of tasks', async () => {
  await using world = await createWorld()
  const stream = listen(world, `/events?${filters({ type: ['service', 'node', 'network'] })}`)
  await eventually(() => world.swarm.api.counts.get('GET /events') === 1)
  world.swarm.createService(web)
  await world.swarm.waitFor('web', 1)
  world.swarm.updateService('web', { image: 'app:2', update: { order: 'start-first' } })
  await world.swarm.waitFor('web', 1)
  world.swarm.setAvailability('node-3', 'drain')
  await eventually(() => stream.lines.some((line) => line.Type === 'node'))
  expect(
    stream.lines.map((line) => `${line.Type} ${line.Action} ${JSON.stringify(line.Actor.Attributes)}`),
  ).toEqual([
    'service create {"name":"web"}',
    'service update {"name":"web"}',
    'service update {"name":"web","image.new":"app:2","image.old":"tidegate/app:1"}',
    'service update {"name":"web","updatestate.new":"updating"}',
    'service update {"name":"web","updatestate.new":"completed","updatestate.old":"updating"}',
    'node update {"name":"node-3","availability.new":"drain","availability.old":"active"}',
  ])
  stream.close()
})

test('events can fall silent without an end, and can be cut', async () => {
  await using world = await createWorld()
  const stream = listen(world, '/events')
  await eventually(() => world.swarm.api.counts.get('GET /events') === 1)
  world.swarm.silenceEvents()
  world.swarm.createService(web)
  await world.swarm.waitFor('web', 1)
  expect(stream.lines).toEqual([])
  world.swarm.resumeEvents()
  world.swarm.removeService('web')
  await eventually(() => stream.lines.length === 1)
  world.swarm.breakEvents()
  await stream.ended
})

test('counts requests by route, and the task lists that run at one time', async () => {
  await using world = await createWorld()
  world.swarm.faults.set({ kind: 'slow', path: /^\/tasks$/, delayMs: 50 })
  await Promise.all([call(world, '/tasks'), call(world, '/v1.43/tasks'), call(world, '/services')])
  expect(world.swarm.api.counts.get('GET /tasks')).toBe(2)
  expect(world.swarm.api.concurrentTaskListsMax).toBe(2)
  expect(world.swarm.api.requests.every((each) => (each.endedAtMs ?? 0) > each.startedAtMs)).toBe(true)
  world.swarm.api.reset()
  expect(world.swarm.api.requests).toEqual([])
})

test.for([
  ['down', 'socket hang up'],
  ['truncated', 'aborted'],
] as const)('fault %s ends the connection', async ([kind, message]) => {
  await using world = await createWorld()
  world.swarm.faults.set({ kind, times: 1 })
  await expect(call(world, '/info')).rejects.toThrow(message)
  expect((await call(world, '/info')).status).toBe(200)
})

test('an engine that is down is not there at all, and comes back at the same place', async () => {
  await using world = await createWorld({ tcp: true })
  const open = listen(world, '/events')
  await eventually(() => world.swarm.api.counts.get('GET /events') === 1)
  world.swarm.faults.set({ kind: 'down' })
  await open.ended
  await expect(call(world, '/_ping')).rejects.toThrow('ENOENT')
  await expect(ask(`http://${world.swarm.tcpAddress}/_ping`)).rejects.toThrow('ECONNREFUSED')
  world.swarm.faults.clear()
  expect((await call(world, '/_ping')).body).toBe('OK')
  expect((await ask(`http://${world.swarm.tcpAddress}/_ping`)).body).toBe('OK')
})

test.for([
  ['error-500', 500, '{"message":"rpc error: code = DeadlineExceeded desc = context deadline exceeded"}\n'],
  ['garbage', 200, '<html>this is not the JSON you are looking for'],
  ['empty-list', 200, '[]\n'],
] as const)(
  'fault %s answers in place of the engine, on the paths it is set for',
  async ([kind, status, body]) => {
    await using world = await createWorld()
    world.swarm.faults.set({ kind, path: /^\/nodes/ })
    expect(await call(world, '/v1.43/nodes')).toEqual({ status, body })
    expect((await call(world, '/networks')).body).toContain('demo')
    world.swarm.faults.clear()
    expect((await call(world, '/nodes')).body).toContain('node-1')
  },
)

test('a node that is no manager refuses what only managers know', async () => {
  await using world = await createWorld()
  world.swarm.setRole('inactive')
  const refused = await call(world, '/services')
  expect(refused.status).toBe(503)
  expect(refused.body).toContain('This node is not a swarm manager. Use \\"docker swarm init\\"')
  expect(await json(world, '/info')).toMatchObject({
    Swarm: { LocalNodeState: 'inactive', ControlAvailable: false },
  })
  world.swarm.setRole('worker')
  expect((await call(world, '/tasks')).body).toContain(
    "Worker nodes can't be used to view or modify cluster state",
  )
})
