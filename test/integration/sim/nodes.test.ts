import { expect, test } from 'vitest'
import { isRunning } from '../../sim/objects.ts'
import { eventually } from '../../support/eventually.ts'
import { addressOf, ask, createWorld, momentOf } from './world.ts'

const web = { name: 'web', port: 8080, networks: ['demo'] }

test('a drained node’s tasks are shut down and replaced elsewhere once they have stopped', async () => {
  await using world = await createWorld({ nodes: 2 })
  world.swarm.createService({ ...web, replicas: 2 })
  const [task] = await world.swarm.waitFor('web', 2)
  world.forget()
  world.swarm.setAvailability(task?.NodeID ?? '', 'drain')
  const shutDown = momentOf(world, (moment) => moment.task.ID === task?.ID)
  expect(shutDown.task.DesiredState).toBe('shutdown')
  expect(shutDown.task.Status.State).toBe('running')
  const tasks = await world.swarm.waitFor('web', 2)
  expect(tasks.map((each) => each.NodeID)).not.toContain(task?.NodeID)
  const stopped = momentOf(
    world,
    (moment) => moment.task.ID === task?.ID && moment.task.Status.State === 'shutdown',
  )
  const started = momentOf(world, ({ task: each }) => each.ID !== task?.ID && each.Status.State === 'running')
  expect(world.moments.indexOf(started)).toBeGreaterThan(world.moments.indexOf(stopped))
})

test('a lost node’s tasks say running until the node is noticed, and for ever after with desired SHUTDOWN', async () => {
  await using world = await createWorld({ nodes: 2, timing: { nodeDownMs: 150 } })
  world.swarm.createService({ ...web, replicas: 2 })
  const tasks = await world.swarm.waitFor('web', 2)
  const lost = tasks.find((task) => task.NodeID === world.swarm.nodes()[1]?.ID)
  world.swarm.loseNode(lost?.NodeID ?? '')
  await expect(ask(`http://${addressOf(lost)}:8080/`)).rejects.toThrow('ECONNREFUSED')
  expect(world.swarm.runningTasksOf('web')).toHaveLength(2)
  await eventually(() => world.swarm.nodes().some((node) => node.Status.State === 'down'))
  expect(world.swarm.store.get('task', lost?.ID ?? '')?.Status.State).toBe('running')
  expect(world.swarm.store.get('task', lost?.ID ?? '')?.DesiredState).toBe('shutdown')
  await world.swarm.waitFor('web', 2)
  world.swarm.reviveNode(lost?.NodeID ?? '')
  await eventually(() => world.swarm.store.get('task', lost?.ID ?? '')?.Status.State === 'shutdown')
})

test('a node that hangs keeps its connections and answers nothing', async () => {
  await using world = await createWorld({ nodes: 1, timing: { nodeDownMs: 60_000 } })
  world.swarm.createService(web)
  const [task] = await world.swarm.waitFor('web', 1)
  world.swarm.loseNode('node-1', 'hang')
  const answer = ask(`http://${addressOf(task)}:8080/`)
  const timeout = new Promise((resolve) => setTimeout(resolve, 100, 'no answer'))
  expect(await Promise.race([answer, timeout])).toBe('no answer')
  world.swarm.reviveNode('node-1')
  await expect(answer).rejects.toThrow(/ECONNRESET|socket hang up/)
})

test('a global service has one task on each node that is active, without slots', async () => {
  await using world = await createWorld({ nodes: 3 })
  world.swarm.createService({ ...web, global: true })
  const tasks = await world.swarm.waitFor('web', 3)
  expect(new Set(tasks.map((task) => task.NodeID)).size).toBe(3)
  expect(tasks.every((task) => task.Slot === undefined)).toBe(true)
  world.swarm.setAvailability('node-2', 'drain')
  await world.swarm.waitFor('web', 2)
  world.swarm.setAvailability('node-2', 'active')
  await world.swarm.waitFor('web', 3)
})

test('host-mode ports answer on the node’s address, once a node', async () => {
  await using world = await createWorld({ nodes: 2 })
  world.swarm.createService({
    ...web,
    replicas: 3,
    ports: [{ target: 8080, published: 18_080, mode: 'host' }],
  })
  await eventually(() => world.swarm.tasksOf('web').filter(isRunning).length === 2)
  for (const node of world.swarm.nodes()) {
    const answer = await ask(`http://${node.Status.Addr}:18080/`)
    expect(JSON.parse(answer.body)).toMatchObject({ service: 'web', node: node.Description.Hostname })
  }
  const [running] = world.swarm.runningTasksOf('web')
  expect(running?.Status.PortStatus.Ports).toMatchObject([
    { TargetPort: 8080, PublishedPort: 18_080, PublishMode: 'host' },
  ])
  const third = world.swarm.tasksOf('web').find((task) => !isRunning(task))
  expect(third?.Status.State).toBe('pending')
})

test('placement constraints keep a service on managers', async () => {
  await using world = await createWorld({ nodes: 3 })
  world.swarm.createService({ ...web, replicas: 3, constraints: ['node.role == manager'] })
  const tasks = await world.swarm.waitFor('web', 3)
  expect(new Set(tasks.map((task) => task.NodeID))).toEqual(
    new Set([world.swarm.nodes().find((n) => n.ManagerStatus)?.ID]),
  )
})
