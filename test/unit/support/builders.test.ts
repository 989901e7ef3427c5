import { expect, test } from 'vitest'
import type { Action } from '../../../agent/core/action.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import {
  applyActions,
  liveState,
  observedFrom,
  routingSettings,
  service,
  snapshot,
  task,
} from '../../support/builders.ts'

const route = (...hosts: string[]) =>
  computeRouting(
    snapshot({
      services: hosts.map((name) => service({ name, lb: { hosts: name } })),
      tasks: hosts.map((name) => task({ service: name })),
    }),
    routingSettings(),
  ).routing

const observed = observedFrom(route('a', 'b'))
const a = { backend: 'a', server: 'a.1.atask1' }
const address = { address: '10.0.0.1', port: 80, weight: 1 }

test.for<{ actions: readonly Action[]; why: string }>([
  { actions: [{ kind: 'add-server', ...a, ...address }], why: 'already exists a server' },
  { actions: [{ kind: 'add-server', backend: 'x', server: 's', ...address }], why: 'no such backend' },
  { actions: [{ kind: 'open-server', backend: 'a', server: 's' }], why: 'no such server' },
  { actions: [{ kind: 'close-server', backend: 'a', server: 's' }], why: 'no such server' },
  { actions: [{ kind: 'weigh-server', backend: 'a', server: 's', weight: 1 }], why: 'no such server' },
  {
    actions: [{ kind: 'move-server', backend: 'a', server: 's', address: '', port: 1 }],
    why: 'no such server',
  },
  { actions: [{ kind: 'end-sessions', backend: 'a', server: 's' }], why: 'no such server' },
  { actions: [{ kind: 'delete-server', ...a }], why: 'only servers in maintenance mode' },
  { actions: [{ kind: 'add-route', route: 'b/', backend: 'a' }], why: 'the route exists already' },
  { actions: [{ kind: 'move-route', route: 'x/', backend: 'a' }], why: 'no such route' },
  { actions: [{ kind: 'move-route', route: 'a/', backend: 'a' }], why: 'the route leads there already' },
  { actions: [{ kind: 'remove-route', route: 'b/', backend: 'a' }], why: 'the route does not lead there' },
])('the model of HAProxy refuses $actions.0.kind: $why', ({ actions, why }) => {
  expect(() => applyActions(observed, actions)).toThrow(why)
})

test('the model of HAProxy does what it is told', () => {
  const after = applyActions(observed, [
    { kind: 'add-server', backend: 'a', server: 's', ...address },
    { kind: 'move-server', backend: 'a', server: 's', address: '10.0.0.2', port: 81 },
    { kind: 'weigh-server', backend: 'a', server: 's', weight: 5 },
    { kind: 'open-server', backend: 'a', server: 's' },
    { kind: 'close-server', ...a },
    { kind: 'end-sessions', ...a },
    { kind: 'delete-server', ...a },
    { kind: 'move-route', route: 'b/', backend: 'a' },
    { kind: 'remove-route', route: 'a/', backend: 'a' },
    { kind: 'add-route', route: '*/', backend: 'b' },
  ])
  expect(liveState(after)).toEqual({
    a: { routes: ['b/'], servers: { s: { address: '10.0.0.2', port: 81, weight: 5, admin: 'ready' } } },
    b: {
      routes: ['*/'],
      servers: { 'b.1.btask1': { address: '10.0.0.11', port: 8080, weight: 1, admin: 'ready' } },
    },
  })
})

test('the model leaves the state alone that it was handed', () => {
  const before = structuredClone(liveState(observed))
  applyActions(observed, [{ kind: 'close-server', ...a }])
  expect(liveState(observed)).toEqual(before)
})
