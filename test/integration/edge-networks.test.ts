// The edge attaches its own service to the networks that published services need, and lets go of them again: in one update
// for all that are pending, by one agent at a time, and never touching anything else.

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { addedNetworksLabel } from '../../agent/core/edge-networks.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { type Edge, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'

/** A Swarm with a service for the edge itself, of two tasks on a network of their own, and three empty networks. */
async function startSwarm(dir: TempDir): Promise<SimulatedSwarm> {
  const swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
    runtime: 'none',
  })
  for (const name of ['edge-net', 'demo', 'shop', 'mine']) await swarm.createNetwork(name)
  swarm.createService({
    name: 'edge',
    replicas: 2,
    networks: ['edge-net'],
    labels: { 'com.example.team': 'web' },
  })
  await swarm.waitFor('edge', 2, AbortSignal.timeout(10_000))
  return swarm
}

/** An agent that takes itself to run in the given task of the edge: its name is the start of the container's id. */
function startAgent(swarm: SimulatedSwarm, dir: TempDir, task: number, flags = {}): Promise<Edge> {
  const tasks = [...swarm.runningTasksOf('edge')].sort((a, b) => (a.ID < b.ID ? -1 : 1))
  const containerId = tasks[task]?.Status.ContainerStatus?.ContainerID ?? ''
  return startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, `run${task}`),
    hostname: containerId.slice(0, 12),
    flags: { 'edge-networks': 'auto', 'networks-settle': '200ms', ...flags },
  })
}

const publish = (swarm: SimulatedSwarm, name: string) =>
  swarm.createService({
    name,
    replicas: 1,
    networks: [name],
    labels: { 'com.docker.lb.hosts': `${name}.local`, 'com.docker.lb.port': '8080' },
  })

/** The edge's update is through: an agent in a task that is about to go would not be the one to act. */
const replaced = (swarm: SimulatedSwarm) =>
  eventually(() => swarm.service('edge').UpdateStatus?.State === 'completed', { timeoutMs: 20_000 })

const networksOf = (swarm: SimulatedSwarm, service: string) => {
  const targets = swarm.service(service).Spec.TaskTemplate.Networks ?? []
  return targets.map(({ Target }) => swarm.network(Target).Spec.Name).sort()
}

it('attaches for two services in one update, and detaches when they are gone', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  await using first = await startAgent(swarm, dir, 0)
  await using second = await startAgent(swarm, dir, 1)
  const before = swarm.service('edge').Spec
  publish(swarm, 'demo')
  publish(swarm, 'shop')
  await eventually(() => networksOf(swarm, 'edge').length === 3)
  expect(networksOf(swarm, 'edge')).toEqual(['demo', 'edge-net', 'shop'])
  await eventually(() => first.told.attached.length === 1)
  expect(second.told.attached).toEqual([])
  const { Labels, TaskTemplate, ...others } = swarm.service('edge').Spec
  expect(others).toEqual((({ Labels: _, TaskTemplate: __, ...rest }) => rest)(before))
  expect(Labels).toMatchObject({
    'com.example.team': 'web',
    [addedNetworksLabel]: expect.stringMatching(/,/),
  })
  expect(TaskTemplate.ContainerSpec).toEqual(before.TaskTemplate.ContainerSpec)
  expect(networksOf(swarm, 'demo')).toEqual(['demo'])
})

it('lets go of what it attached, so that the network can be removed, and of nothing else', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  swarm.updateService('edge', { networks: ['edge-net', 'mine'] })
  publish(swarm, 'demo')
  await replaced(swarm)
  {
    await using agent = await startAgent(swarm, dir, 0)
    await eventually(() => networksOf(swarm, 'edge').includes('demo'))
    await eventually(() => agent.told.attached.length === 1)
  }
  // The update replaced the edge's tasks: the agent lives on in a new one.
  await replaced(swarm)
  await using agent = await startAgent(swarm, dir, 0)
  expect(() => swarm.removeNetwork('demo')).toThrow(/in use/)
  swarm.removeService('demo')
  await eventually(() => networksOf(swarm, 'edge').length === 2, { timeoutMs: 15_000 })
  expect(networksOf(swarm, 'edge')).toEqual(['edge-net', 'mine'])
  await eventually(() => agent.told.attached.length === 1)
  expect(agent.told.attached).toMatchObject([{ add: [], remove: [expect.any(String)] }])
  await eventually(() => {
    swarm.removeNetwork('demo')
    return true
  })
})

it('says of a service what it waits for, while it is told to leave networks alone', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  await using agent = await startAgent(swarm, dir, 0, { networks: 'off' })
  publish(swarm, 'demo')
  await eventually(() => agent.status().problems.length > 0)
  expect(agent.status().problems).toMatchObject([
    { service: 'demo', code: 'network-not-shared', found: expect.stringContaining('demo') },
  ])
  await agent.settled()
  expect(networksOf(swarm, 'edge')).toEqual(['edge-net'])
  expect(agent.told.attached).toEqual([])
})
