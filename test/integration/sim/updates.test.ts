import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { createWorld, type Moment, momentOf, type World } from './world.ts'

const web = { name: 'web', port: 8080, networks: ['demo'] }

/** The most tasks of one version that ran, or were on their way, at the same time, by the changes seen. */
function mostAtOnce(world: World, counts: (moment: Moment) => boolean | undefined): number {
  const inside = new Set<string>()
  let most = 0
  for (const moment of world.moments) {
    const verdict = counts(moment)
    if (verdict === true) inside.add(moment.task.ID)
    if (verdict === false) inside.delete(moment.task.ID)
    most = Math.max(most, inside.size)
  }
  return most
}

test('start-first shuts the old task down in the commit after the new one runs, and not before', async () => {
  await using world = await createWorld()
  world.swarm.createService(web)
  const [old] = await world.swarm.waitFor('web', 1)
  world.forget()
  world.swarm.updateService('web', { image: 'app:2', update: { order: 'start-first' } })
  await world.swarm.waitFor('web', 1)
  const running = momentOf(world, ({ task }) => task.ID !== old?.ID && task.Status.State === 'running')
  const shutDown = momentOf(world, ({ task }) => task.ID === old?.ID && task.DesiredState === 'shutdown')
  expect(shutDown.task.Version.Index).toBe(running.task.Version.Index + 1)
  expect(shutDown.task.Status.State).toBe('running')
  expect(shutDown.atMs - running.atMs).toBeLessThan(5)
})

test('stop-first starts the new task only once the old one has stopped', async () => {
  await using world = await createWorld()
  world.swarm.createService(web)
  const [old] = await world.swarm.waitFor('web', 1)
  world.forget()
  world.swarm.updateService('web', { image: 'app:2', update: { order: 'stop-first' } })
  await world.swarm.waitFor('web', 1)
  const order = [
    momentOf(world, ({ task }) => task.ID === old?.ID && task.DesiredState === 'shutdown'),
    momentOf(world, ({ task }) => task.ID === old?.ID && task.Status.State === 'shutdown'),
    momentOf(world, ({ task }) => task.ID !== old?.ID && task.DesiredState === 'running'),
    momentOf(world, ({ task }) => task.ID !== old?.ID && task.Status.State === 'running'),
  ].map((moment) => world.moments.indexOf(moment))
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('updates as many tasks at a time as the parallelism says', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, replicas: 6 })
  await world.swarm.waitFor('web', 6)
  world.forget()
  world.swarm.updateService('web', { image: 'app:2', update: { order: 'start-first', parallelism: 2 } })
  await world.swarm.waitFor('web', 6)
  const onTheirWay = mostAtOnce(world, ({ action, task }) => {
    if (action === 'create') return true
    return task.Status.State === 'running' ? false : undefined
  })
  expect(onTheirWay).toBe(2)
  expect(world.moments.filter((moment) => moment.action === 'create')).toHaveLength(6)
})

test('waits the update delay between one task and the next', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, replicas: 2 })
  await world.swarm.waitFor('web', 2)
  world.forget()
  world.swarm.updateService('web', { image: 'app:2', update: { order: 'start-first', delayMs: 150 } })
  await world.swarm.waitFor('web', 2)
  const firstRunning = momentOf(world, ({ task }) => task.Status.State === 'running')
  const created = world.moments.filter((moment) => moment.action === 'create')
  expect((created[1]?.atMs ?? 0) - firstRunning.atMs).toBeGreaterThanOrEqual(149)
})

test('a label-only update changes no task, and not the labels that tasks were created with', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, labels: { colour: 'red' } })
  await world.swarm.waitFor('web', 1)
  world.forget()
  world.swarm.updateService('web', { labels: { colour: 'blue' } })
  await world.swarm.waitFor('web', 1)
  expect(world.moments).toEqual([])
  expect(world.swarm.tasksOf('web').map((task) => task.internal.serviceLabels['colour'])).toEqual(['red'])
  expect(world.swarm.service('web').UpdateStatus).toBeUndefined()
})

test('changing the networks replaces the tasks, and allocates and releases VIPs', async () => {
  await using world = await createWorld()
  const other = await world.swarm.createNetwork('other')
  world.swarm.createService(web)
  const [old] = await world.swarm.waitFor('web', 1)
  const vipNetworks = () => (world.swarm.service('web').Endpoint.VirtualIPs ?? []).map((vip) => vip.NetworkID)
  await eventually(() => vipNetworks().length === 1)
  world.swarm.updateService('web', { networks: ['demo', 'other'] })
  const [both] = await world.swarm.waitFor('web', 1)
  expect(both?.ID).not.toBe(old?.ID)
  expect(both?.NetworksAttachments).toHaveLength(2)
  expect(vipNetworks()).toEqual([world.swarm.network('demo').ID, other])
  world.swarm.updateService('web', { networks: ['other'] })
  const [last] = await world.swarm.waitFor('web', 1)
  expect(last?.NetworksAttachments?.map((each) => each.Network.ID)).toEqual([other])
  await eventually(() => vipNetworks().join() === other)
})

test('a new update ends the one in progress and goes on with the newest specification', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, replicas: 4 })
  await world.swarm.waitFor('web', 4)
  world.swarm.updateService('web', { image: 'app:2', update: { order: 'start-first' } })
  await eventually(() =>
    world.swarm.runningTasksOf('web').some((task) => task.Spec.ContainerSpec?.Image === 'app:2'),
  )
  world.swarm.updateService('web', { image: 'app:3' })
  const tasks = await world.swarm.waitFor('web', 4)
  expect(tasks.map((task) => task.Spec.ContainerSpec?.Image)).toEqual(Array(4).fill('app:3'))
})

test('pauses an update whose new task fails, and leaves the old tasks alone', async () => {
  await using world = await createWorld({ timing: { updateMonitorMs: 2000, restartDelayMs: 2000 } })
  world.swarm.createService({ ...web, replicas: 3 })
  await world.swarm.waitFor('web', 3)
  world.swarm.updateService('web', { image: 'app:2', update: { order: 'start-first', delayMs: 5000 } })
  const updated = await eventually(() =>
    world.swarm.runningTasksOf('web').find((task) => task.Spec.ContainerSpec?.Image === 'app:2'),
  )
  world.swarm.killTask(updated.ID)
  await eventually(() => world.swarm.service('web').UpdateStatus?.State === 'paused')
  expect(world.swarm.service('web').UpdateStatus?.Message).toContain(updated.ID)
  expect(world.swarm.runningTasksOf('web')).toHaveLength(2)
})

test('rolls back to the previous specification when asked to on failure', async () => {
  await using world = await createWorld({ timing: { updateMonitorMs: 400 } })
  world.swarm.createService({ ...web, image: 'app:1' })
  await world.swarm.waitFor('web', 1)
  const update = { order: 'start-first', failureAction: 'rollback' } as const
  world.swarm.updateService('web', { image: 'app:2', update })
  const updated = await eventually(() =>
    world.swarm.runningTasksOf('web').find((task) => task.Spec.ContainerSpec?.Image === 'app:2'),
  )
  world.swarm.killTask(updated.ID)
  await eventually(() => world.swarm.service('web').UpdateStatus?.State === 'rollback_completed')
  const [task] = await world.swarm.waitFor('web', 1)
  expect(task?.Spec.ContainerSpec?.Image).toBe('app:1')
})

test('scales to zero and back, and says so with the service’s own words in between', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, replicas: 2 })
  await world.swarm.waitFor('web', 2)
  world.swarm.scale('web', 0)
  await world.swarm.waitFor('web', 0)
  expect(world.swarm.service('web').Spec.Mode?.Replicated?.Replicas).toBe(0)
  world.swarm.scale('web', 1)
  expect((await world.swarm.waitFor('web', 1)).map((task) => task.Slot)).toEqual([1])
})
