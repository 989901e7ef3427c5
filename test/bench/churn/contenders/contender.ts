// One way to keep an HAProxy in step with a Swarm, running: a program and its HAProxy.
// Owns their common start and end. Refuses to know how the program does it.

import { eventually } from '../../../support/eventually.ts'
import { type Child, type ChildOptions, startChild, whileAlive } from '../child.ts'
import { killHaproxy, readPids } from '../haproxy.ts'
import { type ContenderLog, changed, createContenderLog } from '../log.ts'

export type Contender = AsyncDisposable & {
  readonly port: number
  /** The program's, not HAProxy's. */
  readonly pid: number
  readonly workerSocket: string
  readonly log: ContenderLog
  /** Kills the program and leaves its HAProxy. */
  readonly killProgram: () => Promise<void>
}

/** Where a contender runs, and what it may ask. */
export type Place = {
  readonly haproxy: string
  /** The compiled agent. */
  readonly agent: string
  /** A folder of its own; it must be short. */
  readonly runDir: string
  readonly port: number
  readonly engine: string
  readonly swarmSocket: string
  readonly signal: AbortSignal
}

const startTimeoutMs = 60_000

/** Starts the program and resolves when its HAProxy answers on the runtime socket, and it has said what it did to it. */
export async function startContender(place: Place, program: ChildOptions): Promise<Contender> {
  const workerSocket = `${place.runDir}/worker.sock`
  const log = createContenderLog()
  const child = startChild(program)
  child.onLine(log.take)
  let master = 0
  const answering = eventually(
    async () => {
      master = (await readPids(workerSocket)).master
      return [...changed].some((message) => log.told(message) > 0)
    },
    { timeoutMs: startTimeoutMs, intervalMs: 20, signal: place.signal },
  )
  try {
    await whileAlive(child, program.file, answering)
  } catch (error) {
    await end(child, workerSocket, master)
    throw error
  }
  return {
    port: place.port,
    pid: child.pid,
    workerSocket,
    log,
    killProgram: child.kill,
    [Symbol.asyncDispose]: () => end(child, workerSocket, master),
  }
}

/**
 * The program first, or it would start HAProxy again. HAProxy may be another than at the start; one that does not answer is
 * taken to be the first.
 */
async function end(child: Child, workerSocket: string, firstMaster: number): Promise<void> {
  const now = await readPids(workerSocket).catch(() => undefined)
  await child.kill()
  const master = now?.master ?? firstMaster
  if (master > 1) killHaproxy({ master })
}
