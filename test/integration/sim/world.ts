// A simulated Swarm for a unit test, and what happened in it, in order.

import { request } from 'node:http'
import { join } from 'node:path'
import { urlToHttpOptions } from 'node:url'
import type { Task } from '../../sim/objects.ts'
import { createSimulatedSwarm, type SimulatedSwarm, type SimulatedSwarmOptions } from '../../sim/swarm.ts'
import { fastTiming, type Timing } from '../../sim/timing.ts'
import { tempDir } from '../../support/temp-dir.ts'

export type Moment = {
  readonly atMs: number
  readonly action: 'create' | 'update' | 'remove'
  readonly task: Task
}

export type World = AsyncDisposable & {
  readonly swarm: SimulatedSwarm
  /** Every change of a task since the start, or since `forget`. */
  readonly moments: readonly Moment[]
  readonly forget: () => void
}

/** A Swarm with a network `demo` whose tasks stop 60 ms after they hear of it, unless told otherwise. */
export async function createWorld(
  options: Omit<SimulatedSwarmOptions, 'socketPath' | 'timing'> & { readonly timing?: Partial<Timing> } = {},
): Promise<World> {
  const dir = await tempDir('sim-')
  const swarm = await createSimulatedSwarm({
    ...options,
    socketPath: join(dir.path, 'docker.sock'),
    timing: { ...fastTiming, stopDelayMs: 60, ...options.timing },
  })
  const moments: Moment[] = []
  swarm.watch((change) => {
    if (change.kind !== 'task') return
    moments.push({ atMs: performance.now(), action: change.action, task: change.object })
  })
  await swarm.createNetwork('demo')
  return {
    swarm,
    moments,
    forget: () => {
      moments.length = 0
    },
    [Symbol.asyncDispose]: async () => {
      await swarm[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

/** The first moment for which `condition` holds; fails with the whole history if there is none. */
export function momentOf(world: World, condition: (moment: Moment) => boolean): Moment {
  const found = world.moments.find(condition)
  if (found === undefined) throw new Error(`no such moment in:\n${world.moments.map(describe).join('\n')}`)
  return found
}

function describe({ atMs, action, task }: Moment): string {
  return `${atMs.toFixed(0)} ${action} ${task.Slot ?? task.NodeID} ${task.ID} ${task.Status.State} desired ${task.DesiredState}`
}

export function addressOf(task: Task | undefined): string {
  const cidr = task?.NetworksAttachments?.[0]?.Addresses[0]
  if (cidr === undefined) throw new Error(`task ${task?.ID ?? ''} has no address`)
  return cidr.slice(0, cidr.indexOf('/'))
}

export type Answer = { readonly status: number; readonly body: string }

/** One request on a connection of its own. Rejects with the socket's error code in the message. */
export function ask(
  url: string | { readonly socketPath: string; readonly path: string },
  { method = 'GET', body }: { readonly method?: string; readonly body?: string } = {},
): Promise<Answer> {
  const options = {
    method,
    agent: false,
    ...(typeof url === 'string' ? urlToHttpOptions(new URL(url)) : url),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
