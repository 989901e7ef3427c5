// What is read of a container in the engine's list.

import { expect, test } from 'vitest'
import { readContainer } from '../../../agent/containers/read-container.ts'
import { Nonsense } from '../../../agent/docker/json-read.ts'
import { container, element } from './world.ts'

test.for([
  ['Up 3 minutes', undefined],
  ['Up 1 second (health: starting)', 'starting'],
  ['Up 2 seconds (healthy)', 'healthy'],
  ['Up 2 hours (unhealthy)', 'unhealthy'],
  ['Up 2 hours (Paused)', undefined],
] as const)('a status of "%s" says that its health is %s', ([status, health]) => {
  expect(container({ status }).health).toBe(health)
})

test('its name is its own, not one that a link has given it', () => {
  const linked = { ...Object(element()), Names: ['/app/db', '/postgres'] }
  expect(readContainer(linked).name).toBe('postgres')
})

test('reads the addresses of both families, and none where the container does not run', () => {
  const networks = {
    six: { NetworkID: 'n6', IPAddress: '172.20.0.3', GlobalIPv6Address: 'fd00::3' },
    front: { NetworkID: '', IPAddress: '', GlobalIPv6Address: '' },
  }
  expect(container({ networks }).networks).toEqual([
    { id: '', name: 'front', addresses: [] },
    { id: 'n6', name: 'six', addresses: ['172.20.0.3', 'fd00::3'] },
  ])
})

test.for([
  ['no object', 'running', 'it is not an object'],
  ['no id', { Names: ['/a'], State: 'running' }, 'Id is missing'],
  ['an id that is none', { ...Object(element()), Id: 'abc' }, 'Id is "abc"'],
  ['a state that nobody knows', element({ state: 'floating' }), 'State is "floating"'],
  ['no name', { ...Object(element()), Names: null }, 'it has no name'],
  ['a name that would be more than one word to HAProxy', element({ name: 'a b' }), 'its name is "a b"'],
] as const)('leaves out an element with %s', ([, json, reason]) => {
  expect(() => readContainer(json)).toThrow(Nonsense)
  expect(() => readContainer(json)).toThrow(reason)
})
