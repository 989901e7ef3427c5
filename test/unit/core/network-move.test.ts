// A service that Swarm is moving to another network: its running tasks are served until their successors are there.

import { expect, test } from 'vitest'
import { plainWish } from '../../../agent/core/server-options.ts'
import { serversOf } from '../../../agent/core/servers.ts'
import type { Task } from '../../../agent/core/snapshot.ts'
import { topologyOf } from '../../../agent/core/topology.ts'
import { network, service, snapshot, task } from '../../support/builders.ts'

const moved = service({
  networkIds: ['net-back'],
  virtualIps: [{ networkId: 'net-back', address: '10.1.0.2' }],
})
const on = (networkId: string, slot: number, given: Partial<Task> = {}) =>
  task({
    slot,
    attachments: [{ networkId, addresses: [`10.${networkId === 'net-back' ? 1 : 0}.0.${slot}`] }],
    ...given,
  })

const both = ['net-back', 'net-demo']

function served(mode: 'task' | 'vip', its: readonly Task[], shared: readonly string[] = both) {
  const networks = [network('demo'), network('back')]
  const topology = topologyOf(snapshot({ networks, edge: { networkIds: shared } }), undefined)
  return serversOf(moved, { mode, port: 8080, network: undefined, wish: plainWish }, its, topology)
}

function serve(...world: Parameters<typeof served>) {
  return served(...world).servers.map(({ name, address, admin }) => `${name} ${address} ${admin}`)
}

test('task mode: a task on the network that the service has left is served there', () => {
  expect(serve('task', [on('net-demo', 1), on('net-back', 2)])).toEqual([
    'web.1.webtask1 10.0.0.1 ready',
    'web.2.webtask2 10.1.0.2 ready',
  ])
})

test('it is served as well where the edge has yet to be attached to the new network', () => {
  expect(serve('task', [on('net-demo', 1)], ['net-demo'])).toEqual(['web.1.webtask1 10.0.0.1 ready'])
})

test('vip mode: tasks are served one by one until one stands behind the new virtual IP', () => {
  expect(serve('vip', [on('net-demo', 1), on('net-back', 2, { state: 'starting' })])).toEqual([
    'web 10.1.0.2 maint',
    'web.1.webtask1 10.0.0.1 ready',
  ])
  expect(serve('vip', [on('net-demo', 1), on('net-back', 2)])).toEqual(['web 10.1.0.2 ready'])
})

test.for(['task', 'vip'] as const)(
  '%s mode: the edge needs the old network while tasks are served on it, and no longer',
  (mode) => {
    const ready = on('net-back', 2)
    expect(served(mode, [on('net-demo', 1)]).networkIds).toEqual(both)
    expect(served(mode, [on('net-demo', 1, { desiredState: 'shutdown' }), ready]).networkIds).toEqual([
      'net-back',
    ])
  },
)
