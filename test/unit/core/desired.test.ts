import { expect, test } from 'vitest'
import { computeRouting, type SetAside } from '../../../agent/core/desired.ts'
import type { Backend } from '../../../agent/core/routing.ts'
import { emptyRouting } from '../../../agent/core/routing.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import {
  network,
  node,
  rendererFor,
  routingSettings,
  service,
  snapshot,
  task,
  tasks,
} from '../../support/builders.ts'

const settings = routingSettings()
const route = (world: Snapshot) => computeRouting(world, settings).routing

/** Backends in a line each: name, routes, servers. */
function brief(world: Snapshot): readonly string[] {
  return [...route(world).backends.values()].map(
    ({ name, routes, servers }) =>
      `${name} <- ${routes.join(' ')} -> ${servers.map((server) => server.name).join(' ')}`,
  )
}

const old = '2026-01-01T00:00:00Z'
const older = '2025-01-01T00:00:00Z'

test('a Swarm without services has an empty routing', () => {
  expect(route(snapshot())).toEqual(emptyRouting)
})

test('each service has a backend, named after its first host', () => {
  const world = snapshot({
    services: [service({ name: 'b', lb: { hosts: 'z.local,b.local' } }), service({ name: 'a' })],
    tasks: [task({ service: 'a' }), task({ service: 'b' })],
  })
  expect(brief(world)).toEqual([
    'a.local <- a.local/ -> a.1.atask1',
    'z.local <- b.local/ z.local/ -> b.1.btask1',
  ])
})

test('a service without a running task keeps its backend', () => {
  expect(brief(snapshot({ services: [service()] }))).toEqual(['web.local <- web.local/ -> '])
})

test('a wildcard, a path and the default are routes like any other', () => {
  const world = snapshot({
    services: [
      service({ lb: { hosts: '*.example.com,web.local', context_root: '/app', default_backend: 'true' } }),
    ],
  })
  expect(brief(world)).toEqual(['.example.com:app <- */app/ .example.com/app/ web.local/app/ -> '])
})

test('a default backend without hosts is called so', () => {
  const world = snapshot({ services: [service({ lb: { hosts: '', default_backend: 'true' } })] })
  expect(brief(world)).toEqual(['default <- */ -> '])
})

test('a canary is merged into the host: of 4 tasks and 1 it gets a fifth of the servers', () => {
  const world = snapshot({
    services: [
      service({ name: 'web', createdAt: old, lb: { hosts: 'shop.local' } }),
      service({ name: 'next', lb: { hosts: 'shop.local' } }),
    ],
    tasks: [...tasks('web', 4), ...tasks('next', 1)],
  })
  expect(brief(world)).toEqual([
    'shop.local <- shop.local/ -> next.1.nexttask1 web.1.webtask1 web.2.webtask2 web.3.webtask3 web.4.webtask4',
  ])
  expect(route(world).problems).toEqual([])
})

test('in vip mode a canary is merged by service', () => {
  const labels = { hosts: 'shop.local', backend_mode: 'vip' }
  const world = snapshot({
    services: [service({ name: 'web', createdAt: old, lb: labels }), service({ name: 'next', lb: labels })],
    tasks: [...tasks('web', 4), ...tasks('next', 1)],
  })
  expect(brief(world)).toEqual(['shop.local <- shop.local/ -> next web'])
})

test('services of a host may differ in mode', () => {
  const world = snapshot({
    services: [
      service({ name: 'web', createdAt: old, lb: { hosts: 'shop.local', backend_mode: 'vip' } }),
      service({ name: 'next', lb: { hosts: 'shop.local' } }),
    ],
    tasks: [...tasks('web', 4), ...tasks('next', 2)],
  })
  expect(brief(world)).toEqual(['shop.local <- shop.local/ -> next.1.nexttask1 next.2.nexttask2 web'])
})

test('a host that a service shares and one that it has alone are two backends', () => {
  const world = snapshot({
    services: [
      service({ name: 'web', createdAt: old, lb: { hosts: 'shop.local,www.local' } }),
      service({ name: 'next', lb: { hosts: 'shop.local' } }),
    ],
    tasks: [task({ service: 'web' }), task({ service: 'next' })],
  })
  expect(brief(world)).toEqual([
    'shop.local <- shop.local/ -> next.1.nexttask1 web.1.webtask1',
    'www.local <- www.local/ -> web.1.webtask1',
  ])
})

test('services of one host with different paths do not meet', () => {
  const world = snapshot({
    services: [
      service({ name: 'web', lb: { hosts: 'shop.local' } }),
      service({ name: 'api', lb: { hosts: 'shop.local', context_root: '/api' } }),
    ],
  })
  expect(brief(world)).toEqual(['shop.local <- shop.local/ -> ', 'shop.local:api <- shop.local/api/ -> '])
})

test('the oldest service leads a backend, and the id decides between twins', () => {
  const members = (names: readonly (readonly [string, string])[]) => {
    const services = names.map(([name, createdAt]) => service({ name, createdAt, lb: { hosts: 'x.local' } }))
    return [...route(snapshot({ services })).backends.values()].flatMap((backend) =>
      backend.services.map((each) => each.name),
    )
  }
  expect(members([['new', old], ['first', older]])).toEqual(['first', 'new']) // biome-ignore format: one line
  expect(members([['b', old], ['a', old]])).toEqual(['a', 'b']) // biome-ignore format: one line
})

test('the oldest default backend stands, the younger one hears of it and keeps its hosts', () => {
  const world = snapshot({
    services: [
      service({ name: 'young', lb: { default_backend: 'true' } }),
      service({ name: 'old', createdAt: old, lb: { default_backend: 'true' } }),
    ],
  })
  expect(brief(world)).toEqual(['old.local <- */ old.local/ -> ', 'young.local <- young.local/ -> '])
  expect(route(world).problems.map(({ code, service: name, hint }) => [code, name, hint])).toEqual([
    ['default-taken', 'young', 'old stays the default. Remove the label from one of the two.'],
  ])
})

test('two defaults with different paths do not conflict', () => {
  const world = snapshot({
    services: [
      service({ name: 'a', lb: { hosts: '', default_backend: 'true' } }),
      service({ name: 'b', lb: { hosts: '', default_backend: 'true', context_root: '/b' } }),
    ],
  })
  expect(brief(world)).toEqual(['default <- */ -> ', 'default:b <- */b/ -> '])
})

test('a service that was set aside stays out until its version changes, and its problem is shown', () => {
  const web = service({ version: 7 })
  const problem = {
    code: 'config-rejected',
    severity: 'error',
    serviceId: web.id,
    service: 'web',
    found: 'x',
    expected: 'y',
    hint: 'z',
  } as const
  const setAside: SetAside = new Map([[web.id, { version: 7, problem }]])
  const other = service({ name: 'other' })
  const out = computeRouting(snapshot({ services: [web, other] }), settings, setAside).routing
  expect([...out.backends.keys()]).toEqual(['other.local'])
  expect(out.problems).toEqual([problem])
  const changed = { ...web, version: 8 }
  const back = computeRouting(snapshot({ services: [changed, other] }), settings, setAside).routing
  expect([...back.backends.keys()]).toEqual(['other.local', 'web.local'])
})

test('the same snapshot in another order gives the same routing and the same bytes', () => {
  const world = snapshot({
    services: ['a', 'b', 'c'].map((name) => service({ name, lb: { hosts: 'x.local', hsots: '' } })),
    tasks: ['a', 'b', 'c'].flatMap((name) => tasks(name, 3)),
    networks: [network('demo'), network('back')],
    nodes: [node('n1'), node('n2')],
  })
  const reversed = {
    ...world,
    services: world.services.toReversed(),
    tasks: world.tasks.toReversed(),
    networks: world.networks.toReversed(),
    nodes: world.nodes.toReversed(),
  }
  expect(route(reversed)).toEqual(route(world))
  expect([...rendererFor().render(route(reversed))]).toEqual([...rendererFor().render(route(world))])
})

const three = snapshot({
  services: ['a', 'b', 'c'].map((name) => service({ name })),
  tasks: ['a', 'b', 'c'].flatMap((name) => tasks(name, 2)),
})
const before = computeRouting(three, settings)

/** Which backends are other objects after an edit. */
function touched(edited: Snapshot): readonly string[] {
  const { routing } = computeRouting(edited, settings, undefined, before.memo)
  const isOther = ([name, backend]: readonly [string, Backend]) =>
    before.routing.backends.get(name) !== backend
  return [...routing.backends].filter(isOther).map(([name]) => name)
}

const edit = (name: string, given: Parameters<typeof service>[0]) => ({
  ...three,
  services: three.services.map((each) => (each.name === name ? service({ name, ...given }) : each)),
})

test.for([
  { title: 'nothing', world: three, backends: [] },
  { title: 'a whole new listing that says the same', world: structuredClone(three), backends: [] },
  {
    title: 'a label that is not ours',
    world: edit('b', {
      version: 2,
      labels: { ...service({ name: 'b' }).labels, 'com.example.team': 'shop' },
    }),
    backends: [],
  },
  { title: "a service's version alone", world: edit('b', { version: 2 }), backends: [] },
  { title: 'a host', world: edit('b', { lb: { hosts: 'b.local,b2.local' } }), backends: ['b.local'] },
  { title: 'a mode', world: edit('b', { lb: { backend_mode: 'vip' } }), backends: ['b.local'] },
  { title: 'a network', world: edit('b', { networkIds: ['net-demo', 'net-x'] }), backends: ['b.local'] },
  {
    title: 'a task',
    world: { ...three, tasks: [...three.tasks, task({ service: 'b', slot: 3 })] },
    backends: ['b.local'],
  },
  {
    title: "a task's change that no server shows",
    world: { ...three, tasks: [...three.tasks, task({ service: 'b', slot: 3, state: 'failed' })] },
    backends: [],
  },
  { title: 'another node', world: { ...three, nodes: [...three.nodes, node('n2')] }, backends: [] },
])('a change of $title makes other objects of $backends only', ({ world, backends }) => {
  expect(touched(world)).toEqual(backends)
})
