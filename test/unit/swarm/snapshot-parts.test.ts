// How lists become a snapshot, where the edge stands, and what is believed.

import { expect, test } from 'vitest'
import type { Network, Service, Snapshot, Task } from '../../../agent/core/snapshot.ts'
import { unknownNetworks } from '../../../agent/docker/edge.ts'
import { hasLost, isImplausible, isUnsettled, namesUnknownService } from '../../../agent/docker/judge.ts'
import { assemble } from '../../../agent/swarm/assembly.ts'
import { findEdge } from '../../../agent/swarm/edge.ts'
import type { ListedTask } from '../../../agent/swarm/read-element.ts'
import type { Listed } from '../../../agent/swarm/swarm-lists.ts'

const service = (id: string, networkIds: readonly string[] = []): Service => ({
  id,
  name: id,
  createdAt: '',
  version: 1,
  labels: {},
  mode: 'replicated',
  networkIds,
  endpointMode: 'vip',
  virtualIps: [],
  hostPorts: [],
})
const task = (id: string, serviceId: string, more: Partial<Task> = {}): Task => ({
  id,
  serviceId,
  slot: 1,
  nodeId: 'n',
  state: 'running',
  desiredState: 'running',
  attachments: [],
  hostPorts: [],
  ...more,
})
const listedTask = (of: Task, containerId = ''): ListedTask => ({ task: of, version: 1, containerId })
const network = (id: string): Network => ({ id, name: `${id}-name`, ingress: false })
const listed = (more: Partial<Listed> = {}): Listed => ({
  tasks: [],
  services: [],
  networks: [],
  nodes: [],
  ...more,
})
const snapshot = (more: Partial<Snapshot> = {}): Snapshot => ({
  services: [],
  tasks: [],
  nodes: [],
  networks: [],
  edge: { networkIds: 'every' },
  ...more,
})
const settings = { edgeNetworks: 'every', hostname: '' } as const

test('a snapshot of the same lists is the same snapshot', () => {
  const lists = listed({ services: [service('a')] })
  const first = assemble(lists, settings, undefined)
  expect(assemble({ ...lists }, settings, first)).toBe(first)
})

test('what did not change keeps its array', () => {
  const lists = listed({
    services: [service('a', ['n'])],
    networks: [network('n')],
    tasks: [listedTask(task('t', 'a'))],
  })
  const first = assemble(lists, settings, undefined)
  const { snapshot: second } = assemble({ ...lists, nodes: [] }, settings, first)
  expect(second).not.toBe(first.snapshot)
  expect(second.services).toBe(first.snapshot.services)
  expect(second.tasks).toBe(first.snapshot.tasks)
  expect(second.networks).toBe(first.snapshot.networks)
  expect(second.edge).toBe(first.snapshot.edge)
})

test('a service that names a network gets its id', () => {
  const lists = listed({
    services: [service('a', ['n-name', 'm']), service('b', ['n'])],
    networks: [network('n'), network('m')],
  })
  const { snapshot: first } = assemble(lists, settings, undefined)
  expect(first.services.map((item) => item.networkIds)).toEqual([['m', 'n'], ['n']])
  expect(first.services[1]).toBe(lists.services[1])
})

test('a network that a service uses does not vanish, one that nobody uses does', () => {
  const lists = listed({ services: [service('a', ['n'])], networks: [network('n'), network('m')] })
  const first = assemble(lists, settings, undefined)
  const second = assemble({ ...lists, networks: [] }, settings, first)
  expect(second.snapshot.networks).toEqual([network('n')])
})

const own = listedTask(
  task('t', 'edge', {
    attachments: [
      { networkId: 'n', addresses: [] },
      { networkId: 'm', addresses: [] },
    ],
  }),
  'abcdef012345678',
)

test('auto finds the own container, and keeps what it found when the task is told to stop', () => {
  const found = findEdge('auto', 'abcdef012345', { tasks: [own], networks: [] }, undefined)
  expect(found.networkIds).toEqual(['m', 'n'])
  expect(findEdge('auto', 'abcdef012345', { tasks: [], networks: [] }, found)).toBe(found)
})

test.for(['laptop', 'abc', '', 'abcdef012346'])(
  'auto takes every network for a host named %j',
  (hostname) => {
    expect(findEdge('auto', hostname, { tasks: [own], networks: [] }, undefined)).toEqual({
      networkIds: 'every',
    })
  },
)

test('a list names networks by name or id, and unknown ones are told', () => {
  const networks = [network('n'), network('m'), network('o')]
  expect(findEdge(['n-name', 'm', 'x'], '', { tasks: [], networks }, undefined)).toEqual({
    networkIds: ['m', 'n'],
  })
  expect(unknownNetworks(['n-name', 'm', 'x'], networks)).toEqual(['x'])
  expect(unknownNetworks('auto', networks)).toEqual([])
})

test.for([
  [task('t', 'a'), false],
  [task('t', 'a', { state: 'starting' }), true],
  [task('t', 'a', { state: 'ready', desiredState: 'ready' }), true],
] as const)('%j is on its way: %s', ([of, expected]) => {
  expect(isUnsettled(snapshot({ tasks: [of] }))).toBe(expected)
})

test('a task of a service that is not listed is noticed', () => {
  const known = snapshot({ tasks: [task('t', 'a')], services: [service('a')] })
  expect(namesUnknownService(undefined, known)).toBe(false)
  expect(namesUnknownService(undefined, snapshot({ tasks: [task('t', 'a')] }))).toBe(true)
  expect(namesUnknownService(known, { ...known, tasks: [...known.tasks, task('u', 'a')] })).toBe(false)
  expect(namesUnknownService(known, { ...known, tasks: [...known.tasks, task('u', 'b')] })).toBe(true)
})

const full = snapshot({ services: [service('a'), service('b')], tasks: [task('t', 'a'), task('u', 'b')] })

test.for([
  ['the same', full, full, false],
  ['a service gone', full, { ...full, services: full.services.slice(1) }, true],
  ['all tasks of a service gone', full, { ...full, tasks: full.tasks.slice(1) }, true],
  ['a task replaced', full, { ...full, tasks: [task('v', 'a'), task('u', 'b')] }, false],
  ['nothing known before, something now', undefined, full, false],
  ['nothing known before, nothing now', undefined, snapshot(), true],
] as const)('after trouble, %s counts as a loss', ([, last, next, expected]) => {
  expect(hasLost(last, next)).toBe(expected)
})

test('after trouble, what was told to have ended is no loss', () => {
  const less = { ...full, services: full.services.slice(1), tasks: full.tasks.slice(1) }
  expect(hasLost(full, less, new Set(['a', 't']))).toBe(false)
  expect(hasLost(full, less, new Set(['a']))).toBe(true)
  expect(hasLost(full, less, new Set(['t']))).toBe(true)
})

test('a list that says the same in other words makes no other snapshot', () => {
  const lists = listed({ tasks: [listedTask(task('t', 'a'))] })
  const first = assemble(lists, settings, undefined)
  const tasks = lists.tasks.map((each) => ({ ...each, version: 2 }))
  expect(assemble({ ...lists, tasks }, settings, first).snapshot).toBe(first.snapshot)
})

const stopped = full.services.map((item) => ({ ...item, version: 2 }))

test.for([
  ['no services, unheard of', snapshot(), [], true],
  ['no services, one removal heard of', snapshot(), ['a'], true],
  ['no services, all removals heard of', snapshot(), ['a', 'b'], false],
  ['no tasks of unchanged services', { ...full, tasks: [] }, [], true],
  ['no tasks of services that were updated', { ...full, services: stopped, tasks: [] }, [], false],
  ['no tasks of unchanged services, whose end was told', { ...full, tasks: [] }, ['t', 'u'], false],
  ['no tasks of unchanged services, the end of one of which was told', { ...full, tasks: [] }, ['t'], true],
  ['one task less', { ...full, tasks: full.tasks.slice(1) }, [], false],
] as const)('%s is implausible', ([, next, removed, expected]) => {
  expect(isImplausible(full, next, new Set(removed))).toBe(expected)
})
