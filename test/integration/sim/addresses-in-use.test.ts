import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { addressOf, ask, createWorld } from './world.ts'

const web = { name: 'web', port: 8080 }

test('a VIP is allocated after the service, divides its connections, and refuses when nobody is behind it', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, networks: ['demo'], replicas: 3 })
  expect(world.swarm.service('web').Endpoint.VirtualIPs).toBeUndefined()
  await world.swarm.waitFor('web', 3)
  const [vip] = world.swarm.service('web').Endpoint.VirtualIPs ?? []
  const url = `http://${vip?.Addr.split('/')[0]}:8080/`
  const instances = new Set<unknown>()
  for (let turn = 0; turn < 3; turn += 1) instances.add(JSON.parse((await ask(url)).body).instance)
  expect(instances.size).toBe(3)
  world.swarm.scale('web', 0)
  await world.swarm.waitFor('web', 0)
  await eventually(() =>
    ask(url).then(
      () => false,
      (error: Error) => error.message.includes('ECONNREFUSED'),
    ),
  )
})

test('a VIP sends nothing new to a task that was told to stop, before its SIGTERM', async () => {
  await using world = await createWorld({ timing: { stopDelayMs: 3000 } })
  world.swarm.createService({ ...web, networks: ['demo'], replicas: 2 })
  await world.swarm.waitFor('web', 2)
  const [vip] = world.swarm.service('web').Endpoint.VirtualIPs ?? []
  const url = `http://${vip?.Addr.split('/')[0]}:8080/`
  world.swarm.scale('web', 1)
  const [left] = await world.swarm.waitFor('web', 1)
  await eventually(async () => {
    const answers = [await ask(url), await ask(url), await ask(url), await ask(url)]
    return answers.every((answer) => JSON.parse(answer.body).task === left?.ID)
  })
})

test('a dnsrr service has no VIP', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, networks: ['demo'], endpointMode: 'dnsrr' })
  await world.swarm.waitFor('web', 1)
  await eventually(() => world.swarm.service('web').Endpoint.Spec.Mode === 'dnsrr')
  expect(world.swarm.service('web').Endpoint.VirtualIPs).toBeUndefined()
})

test('a published ingress port puts the service on the ingress network as well', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, networks: ['demo'], ports: [{ target: 8080, published: 80 }] })
  const [task] = await world.swarm.waitFor('web', 1)
  expect(task?.NetworksAttachments?.map((each) => each.Network.Spec.Name)).toEqual(['ingress', 'demo'])
})

test('an address comes back to another service when its subnet is small', async () => {
  await using world = await createWorld({ networkPrefixLength: 29 })
  await world.swarm.createNetwork('small')
  const dnsrr = { ...web, networks: ['small'], endpointMode: 'dnsrr' } as const
  world.swarm.createService({ ...dnsrr, replicas: 5 })
  const before = (await world.swarm.waitFor('web', 5)).map(addressOf)
  world.swarm.createService({ ...dnsrr, name: 'late' })
  await eventually(() => world.swarm.tasksOf('late').some((task) => task.Status.State === 'new'))
  world.swarm.removeService('web')
  const [late] = await world.swarm.waitFor('late', 1)
  expect(before).toContain(addressOf(late))
  expect(JSON.parse((await ask(`http://${addressOf(late)}:8080/`)).body).service).toBe('late')
})
