// The simulated Swarm's process, as the bench sees it.
// Owns the child, and the order of commands and answers: one at a time.

import { fileURLToPath } from 'node:url'
import { startChild, whileAlive } from '../child.ts'
import { createLedger, type Ledger } from '../ledger.ts'
import { type SimCommand, type SimOptions, type SimRequest, simMessage } from './messages.ts'

export type Sim = AsyncDisposable & {
  readonly socketPath: string
  readonly swarmSocketPath: string
  readonly ledger: Ledger
  /** Carries out a command; resolves when the Swarm is at rest again. */
  readonly tell: (command: SimCommand) => Promise<void>
  /** Carries out a command, and does not wait for what comes of it. */
  readonly order: (command: SimCommand) => Promise<void>
}

const program = fileURLToPath(new URL('program.ts', import.meta.url))

/** Starts an empty Swarm with one network. Rejects what is under way when `signal` is aborted. */
export async function startSim(options: SimOptions, signal: AbortSignal): Promise<Sim> {
  const child = startChild({ file: program, args: [JSON.stringify(options)] })
  const ledger = createLedger()
  let waiting: ((why: string | undefined) => void) | undefined
  child.onMessage((raw) => {
    const message = simMessage.parse(raw)
    if (message.kind === 'task') ledger.take(message)
    else waiting?.(message.kind === 'refused' ? message.why : undefined)
  })
  const answered = () =>
    whileAlive(
      child,
      'the simulated Swarm',
      new Promise<void>((resolve, reject) => {
        const stop = () => reject(signal.reason)
        signal.addEventListener('abort', stop, { once: true })
        if (signal.aborted) stop()
        waiting = (why) => {
          signal.removeEventListener('abort', stop)
          if (why === undefined) resolve()
          else reject(new Error(`the simulated Swarm refused: ${why}`))
        }
      }),
    )
  const ask = async (request: SimRequest) => {
    const answer = answered()
    child.send(request)
    await answer
  }
  try {
    await answered()
  } catch (error) {
    await child[Symbol.asyncDispose]()
    throw error
  }
  return {
    socketPath: options.socketPath,
    swarmSocketPath: options.swarmSocketPath,
    ledger,
    tell: (command) => ask({ command, isAwaited: true }),
    order: (command) => ask({ command, isAwaited: false }),
    [Symbol.asyncDispose]: child[Symbol.asyncDispose],
  }
}
