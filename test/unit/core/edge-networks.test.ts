import { expect, test } from 'vitest'
import { addedNetworksLabel, type NetworkMode, planNetworks } from '../../../agent/core/edge-networks.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { network, service, snapshot, task } from '../../support/builders.ts'

/** An edge of two tasks, attached by its stack file to `edge`; the agent runs in the first. */
function world(changes: {
  readonly attached?: readonly string[]
  readonly added?: string
  readonly selfTask?: string
  readonly tasks?: Snapshot['tasks']
}): Snapshot {
  const { attached = ['net-edge'], added, selfTask = 'task-a' } = changes
  const edge = {
    ...service({ name: 'edge', networkIds: [...attached] }),
    labels: added === undefined ? {} : { [addedNetworksLabel]: added },
    version: 7,
  }
  const ofEdge = (id: string) => ({ ...task({ service: 'edge' }), id, serviceId: edge.id })
  const tasks = changes.tasks ?? [ofEdge('task-a'), ofEdge('task-b')]
  const networks = ['edge', 'demo', 'shop'].map((name) => network(name))
  return {
    ...snapshot({ services: [edge], tasks: [...tasks], networks }),
    edge: { networkIds: [...attached], self: { taskId: selfTask, serviceId: edge.id } },
  }
}

const update = (expected: object) =>
  expect.objectContaining({ kind: 'update', version: 7, isUntimely: false, ...expected })
const nothing = { kind: 'nothing' }

test.for<{
  readonly title: string
  readonly world: Snapshot
  readonly needed: readonly string[]
  readonly mode?: NetworkMode
  readonly plan: unknown
}>([
  { title: 'nothing needed', world: world({}), needed: [], plan: nothing },
  { title: 'what is needed is there', world: world({}), needed: ['net-edge'], plan: nothing },
  {
    title: 'two networks are needed: one update for both',
    world: world({}),
    needed: ['net-demo', 'net-shop'],
    plan: update({
      add: ['net-demo', 'net-shop'],
      remove: [],
      networkIds: ['net-edge', 'net-demo', 'net-shop'],
      addedIds: ['net-demo', 'net-shop'],
    }),
  },
  {
    title: 'one that the agent added is no longer needed, and another one is',
    world: world({ attached: ['net-edge', 'net-demo'], added: 'net-demo' }),
    needed: ['net-shop'],
    plan: update({
      add: ['net-shop'],
      remove: ['net-demo'],
      networkIds: ['net-edge', 'net-shop'],
      addedIds: ['net-shop'],
    }),
  },
  {
    title: 'one that somebody else added is no longer needed: it stays',
    world: world({ attached: ['net-edge', 'net-demo'] }),
    needed: [],
    plan: nothing,
  },
  {
    title: 'the label lists what is not attached any more: nobody minds',
    world: world({ added: 'net-demo,net-gone,,x' }),
    needed: [],
    plan: nothing,
  },
  { title: 'a network that does not exist', world: world({}), needed: ['net-gone'], plan: nothing },
  { title: 'switched off', world: world({}), needed: ['net-demo'], mode: 'off', plan: nothing },
  {
    title: 'a fixed list, by name: these and no others',
    world: world({}),
    needed: ['net-demo'],
    mode: ['shop', 'edge'],
    plan: update({ add: ['net-shop'], networkIds: ['net-edge', 'net-shop'] }),
  },
  {
    title: 'another task of the edge comes first: its agent does it',
    world: world({ selfTask: 'task-b' }),
    needed: ['net-demo'],
    plan: nothing,
  },
])('$title', ({ world: given, needed, mode = 'auto', plan }) => {
  expect(planNetworks(given, needed, mode)).toEqual(plan)
})

test('the task that comes first does not run: the next one does it', () => {
  const running = world({ selfTask: 'task-b' })
  const [first, second] = running.tasks
  if (first === undefined || second === undefined) throw new Error('two tasks')
  const given = { ...running, tasks: [{ ...first, state: 'starting' as const }, second] }
  expect(planNetworks(given, ['net-demo'], 'auto')).toEqual(update({ add: ['net-demo'], isUntimely: true }))
})

test('an agent that runs outside the Swarm changes nothing', () => {
  const { edge: _, ...rest } = world({})
  expect(planNetworks({ ...rest, edge: { networkIds: 'every' } }, ['net-demo'], 'auto')).toEqual(nothing)
})

test('the second of two tasks is stopped, and its successor waits for its end: an update is under way', () => {
  const given = world({})
  const [first, second] = given.tasks
  if (first === undefined || second === undefined) throw new Error('two tasks')
  const services = given.services.map((each) => ({ ...each, isUpdating: true as const }))
  const stopped = { ...second, desiredState: 'shutdown' as const }
  const successor = { ...second, id: 'task-c', state: 'ready' as const, desiredState: 'ready' as const }
  const replaced = { ...given, services, tasks: [first, stopped, successor] }
  expect(planNetworks(replaced, ['net-demo'], 'auto')).toEqual(update({ isUntimely: true }))
})

test.for([
  {
    title: 'a rolling update of the edge is under way',
    isUpdating: true,
    tasks: ['task-a', 'task-b'],
    isUntimely: true,
  },
  { title: 'one of an edge with a single task', isUpdating: true, tasks: ['task-a'], isUntimely: false },
  { title: 'nothing is under way', isUpdating: false, tasks: ['task-a', 'task-b'], isUntimely: false },
] as const)('$title: untimely is $isUntimely', ({ isUpdating, tasks: names, isUntimely }) => {
  const given = world({})
  const services = given.services.map((each) => (isUpdating ? { ...each, isUpdating } : each))
  const tasks = given.tasks.filter(({ id }) => names.some((name) => name === id))
  expect(planNetworks({ ...given, services, tasks }, ['net-demo'], 'auto')).toEqual(update({ isUntimely }))
})
