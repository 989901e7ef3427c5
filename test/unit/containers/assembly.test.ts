// How containers become services and tasks.

import { describe, expect, test } from 'vitest'
import { assemble, type Told } from '../../../agent/containers/assembly.ts'
import { taskIdOf } from '../../../agent/containers/membership.ts'
import { compose, container, type Element, idOf, network } from './world.ts'

const settings = { edgeNetworks: 'auto', hostname: 'laptop' } as const
const told = (elements: readonly Element[], more: Partial<Told> = {}): Told => ({
  containers: elements.map(container),
  networks: [network('front')],
  stopping: new Set(),
  ...more,
})
const snapshotOf = (
  elements: readonly Element[],
  more: Partial<Told> = {},
  as: typeof settings | object = {},
) => assemble(told(elements, more), { ...settings, ...as }, undefined).snapshot
const lb = (hosts: string, port = '80') => ({ 'com.docker.lb.hosts': hosts, 'com.docker.lb.port': port })

describe('a service', () => {
  test("is all containers of one compose service, and each of them a task under the engine's own id", () => {
    const { services, tasks } = snapshotOf([
      { id: 'a1', name: 'shop-web-1', labels: compose('web', 1) },
      { id: 'b2', name: 'shop-web-2', labels: compose('web', 2) },
      { id: 'c3', name: 'shop-db-1', labels: compose('db', 1) },
    ])
    expect(services.map(({ id, name, origin }) => [id, name, origin])).toEqual([
      ['shop.web', 'shop-web', 'compose'],
      ['shop.db', 'shop-db', 'compose'],
    ])
    expect(tasks.map(({ id, serviceId, slot }) => [id, serviceId, slot])).toEqual([
      [taskIdOf(idOf('a1')), 'shop.web', 1],
      [taskIdOf(idOf('b2')), 'shop.web', 2],
      [taskIdOf(idOf('c3')), 'shop.db', 1],
    ])
  })

  test.for([
    ['without labels of compose', {}],
    [
      'with labels that are no names of compose',
      { ...compose('we b'), 'com.docker.compose.project': 'shop' },
    ],
    ['with only half of them', { 'com.docker.compose.service': 'web' }],
  ] as const)('is a container of its own, named after it, %s', ([, labels]) => {
    const { services } = snapshotOf([{ name: 'web', labels }])
    expect(services).toMatchObject([{ id: 'Container.web', name: 'web', origin: 'container' }])
  })

  test('has no part in what docker compose run has started', () => {
    const labels = { ...compose('web', 2), 'com.docker.compose.oneoff': 'True' }
    const { tasks } = snapshotOf([{ labels: compose('web') }, { id: 'b2', labels }])
    expect(tasks.map(({ id }) => id)).toEqual([taskIdOf(idOf('a1'))])
  })

  test('is still there, without tasks, while all of its containers are stopped', () => {
    const { services, tasks } = snapshotOf([
      { state: 'exited', labels: { ...compose('web'), ...lb('a.test') } },
    ])
    expect(services).toMatchObject([{ id: 'shop.web', labels: lb('a.test') }])
    expect(tasks).toEqual([])
  })

  test('has the labels of its oldest container, and says which of them the others do not share', () => {
    const { services } = snapshotOf([
      { id: 'b2', created: 20, labels: { ...compose('web', 2), ...lb('new.test') } },
      {
        id: 'a1',
        created: 10,
        labels: { ...compose('web', 1), ...lb('old.test'), 'com.docker.lb.network': 'front' },
      },
    ])
    expect(services).toMatchObject([
      {
        labels: { 'com.docker.lb.hosts': 'old.test' },
        differing: ['com.docker.lb.hosts', 'com.docker.lb.network'],
        createdAt: '1970-01-01T00:00:10.000Z',
      },
    ])
  })

  test('does not listen to a container that has ended while another one lives', () => {
    const { services } = snapshotOf([
      { id: 'a1', created: 10, state: 'exited', labels: { ...compose('web', 1), ...lb('old.test') } },
      { id: 'b2', created: 20, labels: { ...compose('web', 2), ...lb('new.test') } },
    ])
    expect(services[0]?.labels).toMatchObject(lb('new.test'))
    expect(services[0]).not.toHaveProperty('differing')
  })

  test('is on the networks of all of its containers; before the first start only their names are known', () => {
    const back = { back: { NetworkID: '', IPAddress: '' } }
    const { services, tasks } = snapshotOf(
      [
        { id: 'a1', labels: compose('web', 1) },
        { id: 'b2', state: 'created', labels: compose('web', 2), networks: back },
      ],
      { networks: [network('front'), network('id-of-back', 'back')] },
    )
    expect(services[0]?.networkIds).toEqual(['front', 'id-of-back'])
    expect(tasks[1]?.attachments).toEqual([{ networkId: 'id-of-back', addresses: [] }])
  })
})

describe('a task', () => {
  test.for([
    ['created', 'Created', 'ready', 'ready'],
    ['running', 'Up 2 seconds', 'running', 'running'],
    ['running', 'Up 2 seconds (healthy)', 'running', 'running'],
    ['running', 'Up 2 seconds (health: starting)', 'starting', 'running'],
    ['running', 'Up 2 seconds (unhealthy)', 'starting', 'running'],
    ['paused', 'Up 2 seconds (Paused)', 'starting', 'running'],
    ['restarting', 'Restarting (1) 2 seconds ago', 'pending', 'running'],
  ] as const)('of a container that is %s, "%s", is %s and meant to be %s', ([state, status, is, meant]) => {
    expect(snapshotOf([{ state, status }]).tasks).toMatchObject([{ state: is, desiredState: meant }])
  })

  test.for(['removing', 'exited', 'dead'] as const)('is none once the container is %s', (state) => {
    expect(snapshotOf([{ state }]).tasks).toEqual([])
  })

  test.for(['running', 'paused'] as const)(
    'is to be shut down once a %s container was told to stop',
    (state) => {
      const stopping = new Set([taskIdOf(idOf('a1'))])
      expect(snapshotOf([{ state }], { stopping }).tasks).toMatchObject([
        { state: 'running', desiredState: 'shutdown' },
      ])
    },
  )
})

describe('the edge', () => {
  const own = (more: Element = {}): Element => ({ id: 'eeeeeeeeeeeeee', name: 'edge', ...more })
  const hostname = 'eeeeeeeeeeee'

  test('stands on the networks of its own container, which it finds by its host name', () => {
    const networks = { front: { NetworkID: 'front' }, back: { NetworkID: 'back' } }
    const { edge } = snapshotOf([own({ networks })], {}, { hostname })
    expect(edge).toEqual({ networkIds: ['back', 'front'] })
  })

  test('reaches every network from the one of the machine, and where it runs in no container', () => {
    const onHost = own({ mode: 'host', networks: { host: { NetworkID: 'host' } } })
    expect(snapshotOf([onHost], {}, { hostname }).edge).toEqual({ networkIds: 'every' })
    expect(snapshotOf([own()]).edge).toEqual({ networkIds: 'every' })
  })

  test('stands where the setting says', () => {
    const networks = [network('front'), network('x', 'back')]
    const { edge } = snapshotOf([own()], { networks }, { hostname, edgeNetworks: ['back'] })
    expect(edge).toEqual({ networkIds: ['x'] })
  })
})

test('what did not change keeps its objects, though the engine words its age anew each second', () => {
  const first = assemble(told([{ labels: compose('web') }, { id: 'b2', name: 'db' }]), settings, undefined)
  const older = told([
    { status: 'Up 9 seconds', labels: compose('web') },
    { id: 'b2', name: 'db' },
  ])
  expect(assemble(older, settings, first).snapshot).toBe(first.snapshot)
  const stopping = new Set([taskIdOf(idOf('b2'))])
  const { snapshot } = assemble({ ...older, stopping }, settings, first)
  expect(snapshot.services).toBe(first.snapshot.services)
  expect(snapshot.tasks[0]).toBe(first.snapshot.tasks[0])
  expect(snapshot.tasks[1]).not.toBe(first.snapshot.tasks[1])
})
