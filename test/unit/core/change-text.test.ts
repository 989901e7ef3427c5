// What a list of actions reads like to a person on call.

import { expect, test } from 'vitest'
import type { Action } from '../../../agent/core/action.ts'
import { changeText } from '../../../agent/core/change-text.ts'

const on = (
  kind: 'open-server' | 'close-server' | 'delete-server' | 'end-sessions' | 'check-server',
  server: string,
  backend = 'shop.local',
): Action => ({ kind, backend, server })
const add = (server: string): Action => ({
  kind: 'add-server',
  backend: 'shop.local',
  server,
  address: '10.0.0.1',
  port: 80,
  weight: 1,
})
const comes = (server: string) => [add(server), on('check-server', server), on('open-server', server)]
const goes = (server: string) => [on('close-server', server), on('delete-server', server)]

test.for<readonly [string, readonly Action[]]>([
  ['', []],
  ['shop: task 3 stops, task 7 runs', [...comes('shop.7.b'), ...goes('shop.3.a')]],
  [
    'shop: its virtual IP has other options, tasks 1 and 2 have other options',
    [...['shop.1.x', 'shop.2.y', 'shop'].flatMap((name) => [...comes(`${name}:e3`), ...goes(name)])],
  ],
  ['shop: task 3 stops, task 7 runs', [...comes('shop.7.b:e3-tls'), ...goes('shop.3.a:e3-tls')]],
  [
    'shop: task 1 stops',
    [on('open-server', 'shop.1.x', 'a.local'), on('close-server', 'shop.1.x', 'b.local')],
  ],
  ['shop: task 7 is on its way', [add('shop.7.b')]],
  ['shop: task 7 runs', [on('open-server', 'shop.7.b')]],
  ['shop: task 3 is gone', [on('delete-server', 'shop.3.a')]],
  ['shop: task 3 is cut off', [on('end-sessions', 'shop.3.a'), on('delete-server', 'shop.3.a')]],
  ['shop: tasks 2, 9 and 10 run', ['10', '9', '2'].flatMap((slot) => comes(`shop.${slot}.x`))],
  ['shop: 5 tasks stop', ['1', '2', '3', '4', '5'].flatMap((slot) => goes(`shop.${slot}.x`))],
  ['agent: task on node n1 runs', comes('agent.n1.x')],
  ['shop: its virtual IP opens', [on('open-server', 'shop')]],
  ['my.shop: task 1 runs', comes('my.shop.1.x')],
  ['shop: task 1 runs', [...comes('shop.1.x'), on('open-server', 'shop.1.x', 'another.local')]],
  [
    'a: task 1 runs; b: task 1 runs; c: task 1 runs; 2 more services',
    ['e', 'd', 'c', 'b', 'a'].flatMap((name) => comes(`${name}.1.x`)),
  ],
  [
    'shop: task 1 moves',
    [{ kind: 'move-server', backend: 'b', server: 'shop.1.x', address: '10.0.0.2', port: 80 }],
  ],
  [
    'route a/ leads to b; route c/ moves to d; route e/ is gone',
    [
      { kind: 'add-route', route: 'a/', backend: 'b' },
      { kind: 'move-route', route: 'c/', backend: 'd' },
      { kind: 'remove-route', route: 'e/', backend: 'f' },
    ],
  ],
])('%s', ([text, actions]) => {
  expect(changeText(actions)).toBe(text)
})

test('more routes than fit are counted', () => {
  const actions = ['a', 'b', 'c', 'd', 'e'].map(
    (host) => ({ kind: 'remove-route', route: `${host}/`, backend: 'x' }) as const,
  )
  expect(changeText(actions)).toBe('route a/ is gone; route b/ is gone; route c/ is gone; 2 more routes')
})
