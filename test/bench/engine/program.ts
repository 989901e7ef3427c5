// The simulated Swarm in a process of its own, filled with services, so that its work is not the agent's.
// Owns the reactions to commands. Ends with its parent.

import { createSimulatedSwarm, type SimulatedSwarm } from '../../sim/swarm.ts'
import { fastTiming } from '../../sim/timing.ts'
import { type EngineCommand, engineCommand, engineOptions, nameOf } from './commands.ts'

const options = engineOptions.parse(JSON.parse(process.argv[2] ?? ''))
const swarm = await createSimulatedSwarm({
  socketPath: options.socketPath,
  nodes: 10,
  runtime: 'none',
  timing: fastTiming,
  // Each service takes a virtual address as well.
  networkPrefixLength: 17,
})
process.once('disconnect', () => void swarm[Symbol.asyncDispose]().then(() => process.exit(0)))
await fill(swarm)
process.on('message', (message) => {
  void carryOut(engineCommand.parse(message)).then(() => process.send?.({ done: true }))
})
process.send?.({ done: true })

async function fill({ createNetwork, createService, waitFor }: SimulatedSwarm): Promise<void> {
  const { services, tasksPerService, lastAnswers, port = 8080 } = options
  await createNetwork('front')
  for (let service = 0; service < services; service += 1) {
    const isLast = service === services - 1
    createService({
      name: nameOf(service),
      hosts: [`${nameOf(service)}.example.test`],
      port,
      networks: ['front'],
      replicas: tasksPerService,
      update: { order: 'start-first', parallelism: 2 },
      ...(isLast && lastAnswers && { runtime: 'in-process' }),
    })
  }
  for (let service = 0; service < services; service += 1) await waitFor(nameOf(service), tasksPerService)
}

async function carryOut(command: EngineCommand): Promise<void> {
  if (command.kind === 'swap') {
    swap(nameOf(command.service))
    return
  }
  swarm.updateService(nameOf(command.service), { force: true })
  await swarm.waitFor(nameOf(command.service), options.tasksPerService)
}

function swap(service: string): void {
  const [old] = swarm.runningTasksOf(service)
  if (old === undefined) throw new Error(`${service} has no running task`)
  const { ID: _id, Version: _version, CreatedAt: _created, UpdatedAt: _updated, ...fields } = old
  swarm.store.commit((transaction) => {
    transaction.remove('task', old.ID)
    transaction.create('task', fields)
  })
}
