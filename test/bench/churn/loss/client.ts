// The clients' process, as the bench sees it.

import { fileURLToPath } from 'node:url'
import { startChild, whileAlive } from '../child.ts'
import { type ClientOptions, type ClientRequest, type ClientTally, clientTally } from './client-messages.ts'

export type Clients = AsyncDisposable & {
  /** Everything that was counted since the start. */
  readonly read: () => Promise<ClientTally>
  /** Lets what is under way end, closes what is held open, and reads. */
  readonly stop: () => Promise<ClientTally>
}

const program = fileURLToPath(new URL('client-program.ts', import.meta.url))
const answerTimeoutMs = 30_000

/** Starts the traffic; it ends by itself after `maxMs`. One question at a time. */
export function startClients(options: ClientOptions): Clients {
  const child = startChild({ file: program, args: [JSON.stringify(options)] })
  let take: (message: unknown) => void = () => undefined
  child.onMessage((message) => take(message))
  const ask = async (request: ClientRequest) => {
    const answer = new Promise<unknown>((resolve, reject) => {
      take = resolve
      AbortSignal.timeout(answerTimeoutMs).addEventListener('abort', () =>
        reject(new Error('the clients are silent')),
      )
    })
    child.send(request)
    return clientTally.parse(await whileAlive(child, 'the clients', answer))
  }
  return {
    read: () => ask({ isLast: false }),
    stop: () => ask({ isLast: true }),
    [Symbol.asyncDispose]: child[Symbol.asyncDispose],
  }
}
