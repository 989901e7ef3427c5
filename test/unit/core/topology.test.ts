import { expect, test } from 'vitest'
import { topologyOf } from '../../../agent/core/topology.ts'
import { network, node, snapshot } from '../../support/builders.ts'

const world = snapshot()

test('the same networks, nodes and edge give the same topology', () => {
  const before = topologyOf(world, undefined)
  expect(topologyOf({ ...world, services: [], tasks: [] }, before)).toBe(before)
})

test.for([
  { networks: [network('demo')] },
  { nodes: [node('n1')] },
  { edge: { networkIds: 'every' } as const },
])('a new listing gives a new topology: %j', (changed) => {
  const before = topologyOf(world, undefined)
  expect(topologyOf({ ...world, ...changed }, before)).not.toBe(before)
})

test('of two networks with one name the first by id has it, in whatever order they are listed', () => {
  const twins = [network('demo', { id: 'b' }), network('demo', { id: 'a' })]
  for (const networks of [twins, twins.toReversed()])
    expect(topologyOf(snapshot({ networks }), undefined).networksByName.get('demo')?.id).toBe('a')
})
