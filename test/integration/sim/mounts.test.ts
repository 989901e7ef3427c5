// Secrets and configs of the simulated Swarm: what Docker's client finds of them.

import { expect, test } from 'vitest'
import type { Config, Secret } from '../../sim/objects.ts'
import { eventually } from '../../support/eventually.ts'
import { ask, createWorld, type World } from './world.ts'

const call = (world: World, path: string, method = 'GET', body?: unknown) =>
  ask(
    { socketPath: world.swarm.socketPath, path },
    { method, ...(body !== undefined && { body: JSON.stringify(body) }) },
  )
const base64 = (text: string) => Buffer.from(text).toString('base64')

test('makes them, lists them by name, and shows the data of configs only', async () => {
  await using world = await createWorld()
  const made = await call(world, '/secrets/create', 'POST', {
    Name: 'demo.crt',
    Data: base64('a'),
    Labels: { of: 'demo' },
  })
  expect(made.status).toBe(201)
  const { ID } = JSON.parse(made.body)
  world.swarm.createSecret('demo.key', 'k')
  world.swarm.createConfig('demo.pem', 'p')
  const secret: Secret = JSON.parse((await call(world, `/secrets/${ID}`)).body)
  expect(secret).toMatchObject({ ID, Spec: { Name: 'demo.crt', Labels: { of: 'demo' } } })
  expect(secret.Spec).not.toHaveProperty('Data')
  const names = async (path: string) => {
    const list: readonly (Secret | Config)[] = JSON.parse((await call(world, path)).body)
    return list.map(({ Spec }) => Spec.Name).sort()
  }
  const filters = (what: object) => `filters=${encodeURIComponent(JSON.stringify(what))}`
  expect(await names('/secrets')).toEqual(['demo.crt', 'demo.key'])
  expect(await names(`/secrets?${filters({ names: ['demo.crt', 'demo'] })}`)).toEqual(['demo.crt'])
  expect(await names(`/secrets?${filters({ label: ['of=demo'] })}`)).toEqual(['demo.crt'])
  expect(await names(`/configs?${filters({ name: ['demo'] })}`)).toEqual(['demo.pem'])
  expect((await call(world, `/configs?${filters({ names: ['demo.pem'] })}`)).status).toBe(400)
  expect(JSON.parse((await call(world, '/configs/demo.pem')).body)).toMatchObject({
    Spec: { Data: base64('p') },
  })
})

test.for([
  { title: 'a name that is taken', name: 'demo', status: 409, words: 'secret demo already exists' },
  { title: 'a name that is none', name: '../demo', status: 400, words: 'invalid name, only 64' },
  { title: 'nothing', name: 'other', data: '', status: 400, words: 'secret data must be larger than 0' },
])('refuses $title', async ({ name, data = 'x', status, words }) => {
  await using world = await createWorld()
  world.swarm.createSecret('demo', 'x')
  const refused = await call(world, '/secrets/create', 'POST', { Name: name, Data: base64(data) })
  expect(refused.status).toBe(status)
  expect(refused.body).toContain(words)
})

test('gives them to services, and keeps them as long as a service has them', async () => {
  await using world = await createWorld()
  const id = world.swarm.createSecret('demo', 'x')
  const secret = { SecretID: id, SecretName: 'demo', File: { Name: 'demo', UID: '0', GID: '0', Mode: 0o400 } }
  world.swarm.createService({ name: 'web', networks: ['demo'], runtime: 'none' })
  await world.swarm.waitFor('web', 1)
  const [before] = world.swarm.runningTasksOf('web')
  world.swarm.updateService('web', { secrets: [secret] })
  await eventually(() => world.swarm.service('web').UpdateStatus?.State === 'completed')
  expect(world.swarm.service('web').Spec.TaskTemplate.ContainerSpec?.Secrets).toEqual([secret])
  expect(world.swarm.runningTasksOf('web').map(({ ID }) => ID)).not.toContain(before?.ID)
  const refused = await call(world, '/secrets/demo', 'DELETE')
  expect(refused.status).toBe(400)
  expect(refused.body).toContain("secret 'demo' is in use by the following service: web")
  world.swarm.updateService('web', { secrets: [] })
  expect((await call(world, '/secrets/demo', 'DELETE')).status).toBe(204)
  expect((await call(world, '/secrets/demo')).status).toBe(404)
})

test('refuses a reference to what is not there, and two to one file', async () => {
  await using world = await createWorld()
  const ids = ['a', 'b'].map((name) => world.swarm.createConfig(name, 'x'))
  const of = (name: string, id: string | undefined, file: string) => ({
    ConfigID: id ?? '',
    ConfigName: name,
    File: { Name: file },
  })
  const create = (...configs: readonly object[]) =>
    call(world, '/services/create', 'POST', {
      Name: 'web',
      TaskTemplate: { ContainerSpec: { Configs: configs } },
    })
  expect((await create(of('a', 'gone', '/a'), of('b', 'gone', '/b'))).body).toContain(
    'configs not found: a, b',
  )
  expect((await create(of('b', ids[0], '/a'))).body).toContain('config not found: b')
  expect((await create(of('a', undefined, '/a'))).body).toContain('malformed config reference')
  expect((await create(of('a', ids[0], '/x'), of('b', ids[1], '/x'))).body).toContain(
    "config references 'a' and 'b' have a conflicting target: '/x'",
  )
  expect((await create(of('a', ids[0], '/a'), of('b', ids[1], '/b'))).status).toBe(201)
})
