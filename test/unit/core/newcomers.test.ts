// Who is new in rotation, and who is kept out of it for now.

import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { holdBack, newcomerKey, newcomersIn } from '../../../agent/core/newcomers.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { service, snapshot, task, tasks } from '../../support/builders.ts'

const route = (count: number, more: readonly ReturnType<typeof task>[] = []): Routing =>
  computeRouting(snapshot({ services: [service()], tasks: [...tasks('web', count), ...more] }), {
    serviceCluster: '',
    isTlsOn: true,
  }).routing

const key = (slot: number) => `web.${slot}.webtask${slot} 10.0.0.${10 + slot} 8080`
const servers = (routing: Routing) => [...routing.backends.values()].flatMap((backend) => backend.servers)
const admins = (routing: Routing) => servers(routing).map(({ admin }) => admin)

test('a task that begins to run is new; one that ran before, or is still on its way, is not', () => {
  const starting = task({ slot: 3, state: 'starting' })
  expect(newcomersIn(route(1), route(2, [starting])).map((each) => each.key)).toEqual([key(2)])
  expect(newcomersIn(route(2, [starting]), route(3)).map((each) => each.key)).toEqual([key(3)])
  expect(newcomersIn(route(2), route(1))).toEqual([])
})

test('a task that got another address is new there', () => {
  const moved = computeRouting(snapshot({ services: [service()], tasks: [task({ address: '10.0.0.99' })] }), {
    serviceCluster: '',
    isTlsOn: true,
  }).routing
  expect(newcomersIn(route(1), moved)).toEqual([
    { key: 'web.1.webtask1 10.0.0.99 8080', server: 'web.1.webtask1', address: '10.0.0.99', port: 8080 },
  ])
})

test('awaited servers are kept in maintenance while another one serves', () => {
  const routing = route(3)
  expect(admins(holdBack(routing, new Set([key(2), key(3)]), routing))).toEqual(['ready', 'maint', 'maint'])
  expect(admins(routing)).toEqual(['ready', 'ready', 'ready'])
})

test('where nobody else serves they are let in, unchecked: a request that waits is better than one that is refused', () => {
  const routing = route(2)
  const held = holdBack(routing, new Set([key(1), key(2)]), routing)
  expect(admins(held)).toEqual(['ready', 'ready'])
  expect(servers(held).map(({ checks }) => checks)).toEqual(['off', 'off'])
  expect(servers(routing).map(({ checks }) => checks)).toEqual(['on', 'on'])
})

test('a virtual IP is let in as it is', () => {
  const vip = computeRouting(
    snapshot({ services: [service({ lb: { backend_mode: 'vip' } })], tasks: tasks('web', 1) }),
    {
      serviceCluster: '',
      isTlsOn: true,
    },
  ).routing
  const [server] = servers(vip)
  if (server === undefined) throw new Error('no server')
  expect(servers(holdBack(vip, new Set([newcomerKey(server)]), vip))).toEqual([server])
})

test('nothing is made anew that is the same', () => {
  const routing = route(3)
  expect(holdBack(routing, new Set(), routing)).toBe(routing)
  expect(holdBack(routing, new Set(['gone 10.0.0.1 80']), routing)).toBe(routing)
  const held = holdBack(routing, new Set([key(2)]), routing)
  expect([...holdBack(routing, new Set([key(2)]), held).backends.values()]).toEqual([
    ...held.backends.values(),
  ])
  expect(holdBack(routing, new Set([key(2)]), held).backends.get('web.local')).toBe(
    held.backends.get('web.local'),
  )
})
