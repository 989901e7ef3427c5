// The simulated Swarm in a process of its own, so that neither its work nor its tasks' is the bench's.
// Its times are a real one's (test/sim/timing.ts, realTiming). Owns the reactions to commands, and tells of each commit by which a task comes or goes. Ends with its parent.

import { setMaxListeners } from 'node:events'
import { createServer } from 'node:net'
import { plainAddress } from '../../../sim/addresses.ts'
import { hasEnded, isRunning, isWanted, type Task } from '../../../sim/objects.ts'
import type { Change } from '../../../sim/store.ts'
import { createSimulatedSwarm } from '../../../sim/swarm.ts'
import { isConverged } from '../../../support/converged.ts'
import { eventually } from '../../../support/eventually.ts'
import { flap } from './flap.ts'
import { hostOf, type SimCommand, type SimMessage, simOptions, simRequest } from './messages.ts'

const options = simOptions.parse(JSON.parse(process.argv[2] ?? ''))
const restTimeoutMs = 180_000

// Every task waits for the end of the whole.
setMaxListeners(0)
const swarm = await createSimulatedSwarm(options)
process.once('disconnect', () => void swarm[Symbol.asyncDispose]().then(() => process.exit(0)))
const port = options.isAnswering ? await acceptEverywhere() : 8080
await swarm.createNetwork('front')
swarm.watch(tellTask)
process.on('message', (message) => void answer(message))
say({ kind: 'ready' })

/** Every address of the loopback is this machine's, so one listener stands for all tasks. Resolves to its port. */
async function acceptEverywhere(): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  server.unref()
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function say(message: SimMessage): void {
  process.send?.(message)
}

function tellTask(change: Change): void {
  if (change.kind !== 'task' || change.action === 'remove') return
  const [before, now] = [change.old !== undefined && serves(change.old), serves(change.object)]
  if (before === now) return
  const address = plainAddress(change.object.NetworksAttachments?.[0]?.Addresses[0] ?? '')
  say({ kind: 'task', id: change.object.ID, address, is: now ? 'running' : 'stopping', atMs: Date.now() })
}

function serves(task: Task): boolean {
  return isWanted(task) && isRunning(task) && !hasEnded(task)
}

async function answer(message: unknown): Promise<void> {
  const { command, isAwaited } = simRequest.parse(message)
  try {
    await carryOut(command)
    if (isAwaited) await eventually(() => isConverged(swarm), { timeoutMs: restTimeoutMs, intervalMs: 50 })
    say({ kind: 'done' })
  } catch (error) {
    say({ kind: 'refused', why: String(error) })
  }
}

async function carryOut(command: SimCommand): Promise<void> {
  switch (command.kind) {
    case 'create': {
      const { service, replicas, restartDelayMs } = command
      swarm.createService({
        name: service,
        hosts: [hostOf(service)],
        port,
        networks: ['front'],
        replicas,
        // What is measured is not how long Swarm looks at an update that is through.
        update: { monitorMs: 100 },
        ...(restartDelayMs !== undefined && { restart: { delayMs: restartDelayMs } }),
      })
      return
    }
    case 'remove':
      swarm.removeService(command.service)
      return
    case 'scale':
      swarm.scale(command.service, command.replicas)
      return
    case 'update': {
      const { service, order, parallelism } = command
      swarm.updateService(service, { force: true, update: { order, parallelism } })
      return
    }
    case 'drain':
      swarm.setAvailability(command.node, 'drain')
      return
    case 'activate':
      swarm.setAvailability(command.node, 'active')
      return
    case 'flap':
      await flap(swarm, command)
  }
}
