// Steady traffic inside the guest: GET and POST, on kept and on new connections, with every failure counted.
// As test/support/traffic.ts, but with an emulated processor's patience, and with a count for each kind of request.
// Owns the clients. Refuses to run for ever: it ends at `maxMs`.

import { Agent } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { type Ask, ask } from '../../support/client.ts'

export type PatientFailure = {
  readonly method: string
  readonly kept: boolean
  readonly atMs: number
  readonly what: string
}

export type PatientTally = {
  /** Whole answers with status 200, by method and connection, such as `POST kept`. */
  readonly answered: Readonly<Record<string, number>>
  readonly failures: readonly PatientFailure[]
}

export type PatientTraffic = AsyncDisposable & {
  /** What was counted while the work was done. */
  readonly during: (work: () => Promise<unknown>) => Promise<PatientTally>
}

export type PatientTrafficOptions = {
  readonly host: string
  readonly clients: number
  readonly pauseMs: number
  readonly timeoutMs: number
  readonly maxMs: number
}

/** A body that does not fit into one small packet. */
const postBody = 'x'.repeat(2000)

type Count = { readonly answered: Map<string, number>; readonly failures: PatientFailure[] }

export function startPatientTraffic(options: PatientTrafficOptions): PatientTraffic {
  const count: Count = { answered: new Map(), failures: [] }
  const halt = new AbortController()
  const signal = AbortSignal.any([halt.signal, AbortSignal.timeout(options.maxMs)])
  const running = Array.from({ length: options.clients }, (_, index) =>
    runClient(options, index, count, signal),
  )
  return {
    during: async (work) => {
      const before = new Map(count.answered)
      const failuresBefore = count.failures.length
      await work()
      const answered = [...count.answered].map(([kind, all]) => [kind, all - (before.get(kind) ?? 0)])
      return { answered: Object.fromEntries(answered), failures: count.failures.slice(failuresBefore) }
    },
    [Symbol.asyncDispose]: async () => {
      halt.abort()
      await Promise.all(running)
    },
  }
}

/** Every other client keeps its connection, and every third request is a POST. */
async function runClient(
  { host, pauseMs, timeoutMs }: PatientTrafficOptions,
  index: number,
  count: Count,
  signal: AbortSignal,
): Promise<void> {
  const kept = index % 2 === 0
  const agent = kept ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined
  const common = { port: 80, host, timeoutMs, ...(agent === undefined ? {} : { agent }) }
  for (let turn = index; !signal.aborted; turn += 1) {
    const method = turn % 3 === 0 ? 'POST' : 'GET'
    const what = await failureOf({ ...common, method, ...(method === 'POST' ? { body: postBody } : {}) })
    const kind = `${method} ${kept ? 'kept' : 'new'}`
    if (what === undefined) count.answered.set(kind, (count.answered.get(kind) ?? 0) + 1)
    else count.failures.push({ method, kept, atMs: performance.now(), what })
    await wait(pauseMs, undefined, { signal }).catch(() => {})
  }
  agent?.destroy()
}

async function failureOf(request: Ask): Promise<string | undefined> {
  try {
    const { status, body } = await ask(request)
    return status === 200 ? undefined : `${status} ${body.slice(0, 80)}`
  } catch (error) {
    return String(error)
  }
}
