import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { adopt } from '../../../agent/core/observed.ts'
import { placeBackends } from '../../../agent/core/place.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { observedFrom, service, snapshot, task } from '../../support/builders.ts'

/** A routing of services, each with one task: `web` at `a.local`, and so on. The first is the oldest. */
function route(hosts: Readonly<Record<string, string>>): Routing {
  const names = Object.keys(hosts)
  const services = names.map((name, index) =>
    service({ name, createdAt: `2026-01-01T00:00:0${index}Z`, lb: { hosts: hosts[name] ?? '' } }),
  )
  return computeRouting(snapshot({ services, tasks: names.map((name) => task({ service: name })) }), {
    serviceCluster: '',
    isTlsOn: true,
  }).routing
}

const known = (routing: Routing) => adopt(observedFrom(routing), routing).backends
const strange = (routing: Routing) => observedFrom(routing).backends

/** Where each desired backend went: `running name = services: routes`. */
function seats(desired: Routing, running: ReturnType<typeof known>) {
  const { placed, waiting } = placeBackends(desired, running)
  const text = [...placed.backends.values()].map(
    ({ name, services, routes }) =>
      `${name} = ${services.map((each) => each.name).join('+')}: ${routes.join(' ')}`,
  )
  return { placed: text, waiting: waiting.map((backend) => backend.name) }
}

test('backends that run under their own names are placed as they are, the very same objects', () => {
  const desired = route({ web: 'a.local', shop: 'b.local' })
  expect(placeBackends(desired, known(route({ web: 'a.local', shop: 'b.local' })))).toEqual({
    placed: desired,
    waiting: [],
  })
  expect(placeBackends(desired, known(desired)).placed).toBe(desired)
})

test.for([
  {
    title: 'a service keeps its backend when its first host changes',
    before: { web: 'a.local' },
    after: { web: 'b.local,a.local' },
    placed: ['a.local = web: a.local/ b.local/'],
  },
  {
    title: 'a service keeps its backend when all its hosts change',
    before: { web: 'a.local' },
    after: { web: 'b.local' },
    placed: ['a.local = web: b.local/'],
  },
  {
    title: 'two services that exchange hosts keep their backends',
    before: { web: 'a.local', shop: 'b.local' },
    after: { web: 'b.local', shop: 'a.local' },
    placed: ['a.local = web: b.local/', 'b.local = shop: a.local/'],
  },
  {
    title: 'a backend is kept by whoever of its services is left',
    before: { web: 'a.local', next: 'a.local' },
    after: { next: 'b.local' },
    placed: ['a.local = next: b.local/'],
  },
  {
    title: 'a service that follows another at its host takes the backend over',
    before: { web: 'a.local' },
    after: { next: 'a.local' },
    placed: ['a.local = next: a.local/'],
  },
])('$title', ({ before, after, placed }) => {
  expect(seats(route(after), known(route(before)))).toEqual({ placed, waiting: [] })
})

test.for([
  {
    title: 'a new service at a new host',
    before: { web: 'a.local' },
    after: { web: 'a.local', shop: 'b.local' },
    placed: ['a.local = web: a.local/'],
    waiting: ['b.local'],
  },
  {
    title: 'a service at a host whose name another backend still carries',
    before: { web: 'a.local' },
    after: { web: 'b.local', shop: 'a.local' },
    placed: ['a.local = web: a.local/ b.local/'],
    waiting: ['a.local'],
  },
  {
    title:
      'a canary that joins one host of two: the other host keeps its backend, and the shared one until the reload',
    before: { web: 'a.local,b.local' },
    after: { web: 'a.local,b.local', next: 'a.local' },
    placed: ['a.local = web: a.local/ b.local/'],
    waiting: ['a.local'],
  },
  {
    title: 'canaries that join each host of two: the running backend goes on for both',
    before: { web: 'a.local,b.local' },
    after: { web: 'a.local,b.local', next: 'a.local', more: 'b.local' },
    placed: ['a.local = web: a.local/ b.local/'],
    waiting: ['a.local', 'b.local'],
  },
])('only a reload can make a backend for $title', ({ before, after, placed, waiting }) => {
  expect(seats(route(after), known(route(before)))).toEqual({ placed, waiting })
})

test('a HAProxy that the agent does not know is matched by its servers', () => {
  const after = route({ web: 'c.local', shop: 'b.local' })
  expect(seats(after, strange(route({ web: 'a.local', shop: 'b.local' })))).toEqual({
    placed: ['a.local = web: c.local/', 'b.local = shop: b.local/'],
    waiting: [],
  })
})

test('a renamed backend is one object for as long as it is made from one', () => {
  const running = known(route({ web: 'a.local' }))
  const desired = route({ web: 'b.local' })
  const [first, second] = [placeBackends(desired, running), placeBackends(desired, running)].map(
    ({ placed }) => placed.backends.get('a.local'),
  )
  expect(first).toBeDefined()
  expect(second).toBe(first)
})
