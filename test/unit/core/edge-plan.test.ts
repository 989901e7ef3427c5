import { expect, test } from 'vitest'
import { addedConfigsLabel, addedSecretsLabel } from '../../../agent/core/edge-mounts.ts'
import { addedNetworksLabel, type NetworkMode } from '../../../agent/core/edge-networks.ts'
import { planEdge } from '../../../agent/core/edge-plan.ts'
import type { Material, Mounted, Snapshot } from '../../../agent/core/snapshot.ts'
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

const planNetworks = (given: Snapshot, networkIds: readonly string[], mode: NetworkMode) =>
  planEdge(given, { networkIds, materialNames: [] }, mode)

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

/** What the edge is given as files, what an agent has added of it, and what there is. */
type MountWorld = {
  readonly secrets?: readonly Mounted[]
  readonly configs?: readonly Mounted[]
  readonly added?: { readonly secrets?: string; readonly configs?: string }
  readonly knownSecrets?: readonly string[]
  readonly knownConfigs?: readonly string[]
  readonly files?: readonly string[]
}

const secret = (name: string, given: Partial<Mounted> = {}): Mounted => ({
  id: `s-${name}`,
  name,
  file: name,
  ...given,
})
const config = (name: string): Mounted => ({ id: `c-${name}`, name, file: `/run/configs/${name}` })

function withMounts({ secrets, configs, added = {}, knownSecrets, knownConfigs, files }: MountWorld) {
  const given = world({})
  const labels = {
    ...(added.secrets !== undefined && { [addedSecretsLabel]: added.secrets }),
    ...(added.configs !== undefined && { [addedConfigsLabel]: added.configs }),
  }
  const edge = {
    labels,
    ...(secrets !== undefined && { secrets }),
    ...(configs !== undefined && { configs }),
  }
  const named = (prefix: string, names: readonly string[]) =>
    names.map((name) => ({ id: `${prefix}-${name}`, name }))
  const file = (name: string): Material => ({ name, from: 'folder', digest: name })
  return {
    ...given,
    services: given.services.map((each) => ({ ...each, ...edge })),
    ...(knownSecrets !== undefined && { secrets: named('s', knownSecrets) }),
    ...(knownConfigs !== undefined && { configs: named('c', knownConfigs) }),
    ...(files !== undefined && { materials: files.map(file) }),
  }
}

const none = { add: [], remove: [], addedIds: [] }

test.for<{
  readonly title: string
  readonly world: MountWorld
  readonly names: readonly string[]
  readonly plan: unknown
}>([
  { title: 'nothing named', world: { knownSecrets: ['a'] }, names: [], plan: nothing },
  {
    title: 'two secrets and a config are named: one update for all',
    world: { knownSecrets: ['b', 'a', 'other'], knownConfigs: ['c', 'a'] },
    names: ['a', 'b', 'c'],
    plan: update({
      secrets: { add: [secret('a'), secret('b')], remove: [], addedIds: ['s-a', 's-b'] },
      configs: { add: [config('c')], remove: [], addedIds: ['c-c'] },
    }),
  },
  { title: 'what is named is nowhere', world: { knownSecrets: [] }, names: ['a'], plan: nothing },
  { title: 'nobody could be asked', world: {}, names: ['a'], plan: nothing },
  {
    title: 'nobody could be asked, and something is mounted: it stays',
    world: { secrets: [secret('a'), secret('b')], added: { secrets: 's-a,s-b' } },
    names: ['a'],
    plan: nothing,
  },
  {
    title: 'nothing is named any more: what the agent added goes, though nobody asks what there is',
    world: { secrets: [secret('a')], configs: [config('c')], added: { secrets: 's-a', configs: 'c-c' } },
    names: [],
    plan: update({
      secrets: { add: [], remove: [secret('a')], addedIds: [] },
      configs: { add: [], remove: [config('c')], addedIds: [] },
    }),
  },
  {
    title: 'a label names another secret: the new one comes and the old one goes',
    world: { secrets: [secret('old')], added: { secrets: 's-old' }, knownSecrets: ['old', 'new'] },
    names: ['new'],
    plan: update({
      secrets: { add: [secret('new')], remove: [secret('old')], addedIds: ['s-new'] },
      configs: none,
    }),
  },
  {
    title: 'a secret was removed and made again under its name',
    world: {
      secrets: [secret('a', { id: 's-before' })],
      added: { secrets: 's-before' },
      knownSecrets: ['a'],
    },
    names: ['a'],
    plan: update({
      secrets: { add: [secret('a')], remove: [secret('a', { id: 's-before' })], addedIds: ['s-a'] },
    }),
  },
  {
    title: 'what was a config is a secret now',
    world: { configs: [config('a')], added: { configs: 'c-a' }, knownSecrets: ['a'], knownConfigs: ['a'] },
    names: ['a'],
    plan: update({
      secrets: { add: [secret('a')], remove: [], addedIds: ['s-a'] },
      configs: { add: [], remove: [config('a')], addedIds: [] },
    }),
  },
  {
    title: 'somebody else mounted it: it is neither added nor taken away',
    world: { secrets: [secret('a'), secret('b')], knownSecrets: ['a', 'b'] },
    names: ['a'],
    plan: nothing,
  },
  {
    title: 'somebody else mounted it under another name too: only ours goes',
    world: { secrets: [secret('a', { file: 'x.pem' }), secret('a')], added: { secrets: 's-a' } },
    names: [],
    plan: update({ secrets: { add: [], remove: [secret('a')], addedIds: [] } }),
  },
  {
    title: 'something else is mounted under its name',
    world: { secrets: [secret('v2', { file: 'a' })], knownSecrets: ['a', 'v2'] },
    names: ['a'],
    plan: nothing,
  },
  {
    title: 'it is a file in the folder, be it without its ending',
    world: { knownSecrets: ['a.crt', 'b'], files: ['a.crt', 'b.pem'] },
    names: ['a.crt', 'b'],
    plan: nothing,
  },
  {
    title: 'it has become a file in the folder: what is mounted stays as long as it is named',
    world: { secrets: [secret('a')], added: { secrets: 's-a' }, knownSecrets: ['a'], files: ['a.pem'] },
    names: ['a'],
    plan: nothing,
  },
  {
    title: 'the label lists what is not mounted any more: nobody minds',
    world: { added: { secrets: 's-gone,,', configs: 'x' }, knownSecrets: ['a'] },
    names: ['a'],
    plan: update({ secrets: { add: [secret('a')], remove: [], addedIds: ['s-a'] }, configs: none }),
  },
])('mounts: $title', ({ world: given, names, plan }) => {
  expect(planEdge(withMounts(given), { networkIds: [], materialNames: names }, 'auto')).toEqual(plan)
})

test('networks, secrets and configs go into one update; hands off means off all of them', () => {
  const given = withMounts({ knownSecrets: ['a'], knownConfigs: ['c'] })
  const needs = { networkIds: ['net-demo'], materialNames: ['a', 'c'] }
  expect(planEdge(given, needs, 'auto')).toEqual(
    update({
      add: ['net-demo'],
      secrets: { add: [secret('a')], remove: [], addedIds: ['s-a'] },
      configs: { add: [config('c')], remove: [], addedIds: ['c-c'] },
    }),
  )
  expect(planEdge(given, needs, ['shop'])).toEqual(
    update({ add: ['net-shop'], secrets: { add: [secret('a')], remove: [], addedIds: ['s-a'] } }),
  )
  expect(planEdge(given, needs, 'off')).toEqual(nothing)
})
