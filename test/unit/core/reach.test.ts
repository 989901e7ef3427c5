import { expect, test } from 'vitest'
import { reachOf } from '../../../agent/core/reach.ts'
import { topologyOf } from '../../../agent/core/topology.ts'
import { network, service, snapshot } from '../../support/builders.ts'

const networks = [
  network('demo'),
  network('back'),
  network('shop_front'),
  network('hidden'),
  network('ingress', { ingress: true }),
]
const edge = { networkIds: ['net-demo', 'net-back', 'net-shop_front', 'net-ingress'] }
const topology = topologyOf(snapshot({ networks, edge }), undefined)

const on = (...names: string[]) => service({ networkIds: names.map((name) => `net-${name}`) })
const inStack = {
  ...on('demo', 'shop_front'),
  labels: { 'com.docker.stack.namespace': 'shop' },
}

test.for([
  { title: 'the only one it shares', service: on('demo'), label: undefined, ids: ['net-demo'] },
  { title: 'the shared one of several', service: on('hidden', 'demo'), label: undefined, ids: ['net-demo'] },
  { title: 'never the routing mesh', service: on('ingress', 'demo'), label: undefined, ids: ['net-demo'] },
  { title: 'any shared one for an empty label', service: on('demo'), label: '', ids: ['net-demo'] },
  {
    title: 'the first by name',
    service: on('demo', 'back'),
    label: undefined,
    ids: ['net-back', 'net-demo'],
  },
  { title: 'the named one first', service: on('demo', 'back'), label: 'demo', ids: ['net-demo', 'net-back'] },
  {
    title: 'one named by its id',
    service: on('demo', 'back'),
    label: 'net-demo',
    ids: ['net-demo', 'net-back'],
  },
  {
    title: "one named as its stack's file does",
    service: inStack,
    label: 'front',
    ids: ['net-shop_front', 'net-demo'],
  },
])('a service is reached over $title', ({ service: each, label, ids }) => {
  expect(reachOf(each, label, topology).networkIds).toEqual(ids)
})

test.for([
  { title: 'it has no network', service: on(), label: undefined, code: 'network-missing' },
  {
    title: 'it is only on the routing mesh',
    service: on('ingress'),
    label: undefined,
    code: 'network-missing',
  },
  { title: 'it shares none', service: on('hidden'), label: undefined, code: 'network-not-shared' },
  { title: 'there is no network of that name', service: on('demo'), label: 'front', code: 'network-missing' },
  {
    title: 'it is not attached to the one named',
    service: on('demo'),
    label: 'back',
    code: 'network-not-attached',
  },
  {
    title: 'the edge is not on the one named',
    service: on('demo', 'hidden'),
    label: 'hidden',
    code: 'network-not-shared',
  },
  {
    title: 'the one named is the routing mesh',
    service: on('ingress', 'demo'),
    label: 'ingress',
    code: 'network-missing',
  },
])('a service is not reached where $title', ({ service: each, label, code }) => {
  const reach = reachOf(each, label, topology)
  expect(reach.networkIds).toEqual([])
  expect(reach.problems.map((problem) => problem.code)).toEqual([code])
})

test('several shared networks and no label: the first by name is used, and a warning says so', () => {
  const { problems } = reachOf(on('demo', 'back'), undefined, topology)
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['network-ambiguous', 'warning']])
})

test('an agent that is no task of the Swarm takes every network to be shared', () => {
  const everywhere = topologyOf(snapshot({ networks, edge: { networkIds: 'every' } }), undefined)
  expect(reachOf(on('hidden'), undefined, everywhere).networkIds).toEqual(['net-hidden'])
})

test('a network that was listed no more is not used', () => {
  const before = topologyOf(snapshot({ networks: [network('back')], edge }), undefined)
  expect(reachOf(on('demo'), undefined, before).problems.map((problem) => problem.code)).toEqual([
    'network-missing',
  ])
})
