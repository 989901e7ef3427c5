import { expect, test } from 'vitest'
import { isRunning, rank } from '../../sim/objects.ts'
import { eventually } from '../../support/eventually.ts'
import { addressOf, ask, createWorld, momentOf, type World } from './world.ts'

const web = { name: 'web', port: 8080, networks: ['demo'] }

function statesOf(world: World, taskId: string): string[] {
  return world.moments.filter(({ task }) => task.ID === taskId).map(({ task }) => task.Status.State)
}

test('takes a task through every state, each a commit of its own, with its address from PENDING on', async () => {
  await using world = await createWorld()
  world.swarm.createService(web)
  const [task] = await world.swarm.waitFor('web', 1)
  expect(statesOf(world, task?.ID ?? '')).toEqual([
    'new',
    'pending',
    'assigned',
    'accepted',
    'preparing',
    'ready',
    'starting',
    'running',
  ])
  const versions = world.moments.map((moment) => moment.task.Version.Index)
  expect(new Set(versions).size).toBe(versions.length)
  const pending = momentOf(world, (moment) => moment.task.Status.State === 'pending')
  expect(addressOf(pending.task)).toBe(addressOf(task))
})

test('gives out slots from 1 and spreads the tasks over the nodes', async () => {
  await using world = await createWorld({ nodes: 3 })
  world.swarm.createService({ ...web, replicas: 6 })
  const tasks = await world.swarm.waitFor('web', 6)
  expect(tasks.map((task) => task.Slot)).toEqual([1, 2, 3, 4, 5, 6])
  const perNode = world.swarm.nodes().map((node) => tasks.filter((task) => task.NodeID === node.ID).length)
  expect(perNode).toEqual([2, 2, 2])
})

test('waits between the desired change and SIGTERM, while the task still answers', async () => {
  await using world = await createWorld({ timing: { dispatchMs: 20, stopDelayMs: 200 } })
  world.swarm.createService(web)
  const [task] = await world.swarm.waitFor('web', 1)
  const url = `http://${addressOf(task)}:8080/`
  world.forget()
  world.swarm.scale('web', 0)
  const told = await eventually(() => world.moments.find((moment) => moment.task.DesiredState === 'remove'))
  expect((await ask(url)).status).toBe(200)
  const ended = await eventually(() =>
    world.moments.find((moment) => moment.task.Status.State === 'shutdown'),
  )
  expect(ended.atMs - told.atMs).toBeGreaterThanOrEqual(219)
  await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
})

test('kills a task that outlives its grace period', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, stopGraceMs: 150, env: { ON_SIGTERM: 'graceful' } })
  const [task] = await world.swarm.waitFor('web', 1)
  const slow = ask(`http://${addressOf(task)}:8080/slow?ms=20000`)
  slow.catch(() => undefined)
  await eventually(async () => (await ask(`http://${addressOf(task)}:8080/`)).status === 200)
  world.swarm.removeService('web')
  await expect(slow).rejects.toThrow('ECONNRESET')
  await eventually(() => world.swarm.store.list('task').length === 0)
})

test('removes a REMOVE task from the store when it has ended, and keeps a SHUTDOWN task as history', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, replicas: 2 })
  await world.swarm.waitFor('web', 2)
  world.swarm.updateService('web', { force: true })
  await world.swarm.waitFor('web', 2)
  await eventually(
    () => world.swarm.tasksOf('web').filter((task) => task.Status.State === 'shutdown').length === 2,
  )
  world.forget()
  world.swarm.removeService('web')
  await eventually(() => world.swarm.store.list('task').length === 0)
  expect(world.moments.filter((moment) => moment.action === 'remove')).toHaveLength(4)
})

test('keeps no more ended tasks of a slot than the history allows', async () => {
  await using world = await createWorld({ taskHistory: 3, timing: { restartDelayMs: 1 } })
  world.swarm.createService(web)
  for (let crash = 0; crash < 5; crash += 1) {
    const [task] = await world.swarm.waitFor('web', 1)
    world.swarm.killTask(task?.ID ?? '')
    await eventually(() => world.swarm.store.get('task', task?.ID ?? '')?.Status.State !== 'running')
  }
  await world.swarm.waitFor('web', 1)
  expect(world.swarm.tasksOf('web').length).toBeLessThanOrEqual(3)
})

test('replaces a crashed task after the restart delay, ready beforehand', async () => {
  await using world = await createWorld({ timing: { restartDelayMs: 200 } })
  world.swarm.createService(web)
  const [crashed] = await world.swarm.waitFor('web', 1)
  world.forget()
  world.swarm.killTask(crashed?.ID ?? '')
  await eventually(() => world.swarm.runningTasksOf('web').some((task) => task.ID !== crashed?.ID))
  const failed = momentOf(world, ({ task }) => task.ID === crashed?.ID && task.Status.State === 'failed')
  const made = momentOf(world, ({ action }) => action === 'create')
  const waiting = momentOf(world, ({ task }) => task.ID === made.task.ID && task.Status.State === 'ready')
  const started = momentOf(world, ({ task }) => task.ID === made.task.ID && task.DesiredState === 'running')
  expect(failed.task.Status.Err).toBe('task: non-zero exit (137)')
  expect(made.task.DesiredState).toBe('ready')
  expect(made.task.Slot).toBe(crashed?.Slot)
  expect(waiting.task.DesiredState).toBe('ready')
  expect(started.atMs - made.atMs).toBeGreaterThanOrEqual(199)
})

test('leaves a task ended where the restart policy says so', async () => {
  await using world = await createWorld({ timing: { restartDelayMs: 1 } })
  world.swarm.createService({ ...web, restart: { condition: 'none' } })
  const [task] = await world.swarm.waitFor('web', 1)
  world.swarm.killTask(task?.ID ?? '')
  await eventually(() => world.swarm.store.get('task', task?.ID ?? '')?.DesiredState === 'shutdown')
  world.swarm.updateService('web', { labels: { a: 'b' } })
  await eventually(() => world.swarm.service('web').Spec.Labels?.['a'] === 'b')
  expect(world.swarm.tasksOf('web').map((each) => each.ID)).toEqual([task?.ID])
})

test('holds a health-checked task in STARTING until the application is healthy', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, healthcheck: true, env: { HEALTHY_AFTER_MS: '150' } })
  await world.swarm.waitFor('web', 1)
  const starting = momentOf(world, ({ task }) => task.Status.State === 'starting')
  const running = momentOf(world, ({ task }) => task.Status.State === 'running')
  expect(running.atMs - starting.atMs).toBeGreaterThanOrEqual(149)
})

test('fails and replaces a task whose health check goes bad', async () => {
  await using world = await createWorld()
  world.swarm.createService({ ...web, healthcheck: true })
  const [task] = await world.swarm.waitFor('web', 1)
  await ask(`http://${addressOf(task)}:8080/health?healthy=false`, { method: 'POST' })
  const failed = await eventually(() => world.moments.find((moment) => moment.task.Status.State === 'failed'))
  expect(failed.task.Status.Err).toContain('unhealthy container')
  await eventually(() => world.swarm.runningTasksOf('web').some((each) => each.ID !== task?.ID))
})

test('leaves a task in PENDING, with the reason, while no node takes it', async () => {
  await using world = await createWorld({ nodes: 1 })
  world.swarm.setAvailability('node-1', 'pause')
  world.swarm.createService(web)
  const refused = await eventually(() => world.swarm.tasksOf('web').find((task) => task.Status.Err))
  expect(refused.Status.State).toBe('pending')
  expect(refused.Status.Err).toContain('no suitable node')
  world.swarm.setAvailability('node-1', 'active')
  await world.swarm.waitFor('web', 1)
})

test('never takes a task back to an earlier state', async () => {
  await using world = await createWorld({ timing: { restartDelayMs: 1 } })
  world.swarm.createService({ ...web, replicas: 3 })
  const [task] = await world.swarm.waitFor('web', 3)
  world.swarm.killTask(task?.ID ?? '')
  world.swarm.updateService('web', { image: 'app:2', update: { parallelism: 2 } })
  await world.swarm.waitFor('web', 3)
  const backwards = world.moments.filter((moment, index) => {
    const before = world.moments.slice(0, index).findLast(({ task }) => task.ID === moment.task.ID)
    return before !== undefined && rank(before.task.Status.State) > rank(moment.task.Status.State)
  })
  expect(backwards).toEqual([])
  expect(world.swarm.tasksOf('web').filter(isRunning)).toHaveLength(3)
})
