// Steady traffic through an edge: GET and POST, on kept and on new connections, with every failure counted.
// Owns the clients. Refuses to run for ever: it is bounded in rate and time, and ends with its test.

import { Agent } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from './client.ts'

export type Method = 'GET' | 'POST'

export type TrafficOptions = {
  readonly port: number
  /** Asked in turn. Read anew at each turn, so that hosts can join. */
  readonly hosts: readonly string[]
  readonly path?: string
  /** Clients that ask one after the other; half of them keep their connection, and every third request is a POST. */
  readonly clients?: number
  /** Has the last word on the method; `planned` is what would be sent. */
  readonly method?: (planned: Method, request: { readonly host: string; readonly kept: boolean }) => Method
  /** Rest of a client between two requests. */
  readonly pauseMs?: number
  readonly maxMs?: number
}

export type Failure = {
  readonly host: string
  readonly method: string
  readonly kept: boolean
  readonly atMs: number
  readonly what: string
}

export type Tally = { readonly answered: number; readonly failures: readonly Failure[] }

export type Traffic = AsyncDisposable & {
  /** What has been counted so far. */
  readonly tally: () => Tally
  /** What was counted while the work was done. */
  readonly during: (work: () => Promise<unknown>) => Promise<Tally>
  /** Lets requests under way end, and tells the whole count. */
  readonly stop: () => Promise<Tally>
}

/** A body that does not fit into one small packet, and that the application counts. */
const postBody = 'x'.repeat(2000)

export function startTraffic(options: TrafficOptions): Traffic {
  const { clients = 16, maxMs = 120_000 } = options
  const failures: Failure[] = []
  let answered = 0
  const end = AbortSignal.timeout(maxMs)
  const halt = new AbortController()
  const record = (failure: Failure | undefined) => {
    if (failure === undefined) answered += 1
    else failures.push(failure)
  }
  const running = Array.from({ length: clients }, (_, index) =>
    runClient(options, index, AbortSignal.any([end, halt.signal]), record),
  )
  const tally = (): Tally => ({ answered, failures: [...failures] })
  const stop = async () => {
    halt.abort()
    await Promise.all(running)
    return tally()
  }
  return {
    tally,
    during: async (work) => {
      const before = tally()
      await work()
      const after = tally()
      return {
        answered: after.answered - before.answered,
        failures: after.failures.slice(before.failures.length),
      }
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}

async function runClient(
  options: TrafficOptions,
  index: number,
  signal: AbortSignal,
  record: (failure: Failure | undefined) => void,
): Promise<void> {
  const { port, hosts, path = '/', pauseMs = 20 } = options
  const kept = index % 2 === 0
  const agent = kept ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined
  for (let turn = index; !signal.aborted; turn++) {
    const host = hosts[turn % hosts.length] ?? ''
    // By rounds through the hosts: by turns, three hosts would always get the same method each.
    const planned = Math.floor(turn / hosts.length) % 3 === 0 ? 'POST' : 'GET'
    const method = options.method?.(planned, { host, kept }) ?? planned
    const what = await askOnce({ port, host, path, method, ...(agent === undefined ? {} : { agent }) })
    record(what === undefined ? undefined : { host, method, kept, atMs: performance.now(), what })
    await wait(pauseMs, undefined, { signal }).catch(() => {})
  }
  agent?.destroy()
}

async function askOnce(request: Parameters<typeof ask>[0]): Promise<string | undefined> {
  try {
    const { status, body } = await ask(request.method === 'POST' ? { ...request, body: postBody } : request)
    if (status === 200) return undefined
    return `${status} ${/<title>(.*)<\/title>/.exec(body)?.[1] ?? body.slice(0, 80)}`
  } catch (error) {
    return error instanceof Error ? `${error.name} ${error.message}` : String(error)
  }
}
