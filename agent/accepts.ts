// Whether somebody accepts connections at an address: one TCP connection at a time, closed as soon as it stands.
// Owns those sockets and their number. Refuses to send anything.

import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Accepts } from './reconcile/ports.ts'

/** The waits after refusals: each is twice the one before, up to the longest. */
const waitMs = { first: 10, most: 200 } as const

/** How long one try may take: what is there answers within a round trip, and a dead address answers nothing. */
const tryMs = 500

/** Tries at the same time; the others wait for their turn. */
const triesMax = 256

/** Makes the function that asks until a connection stands, the time is over or the signal aborts. Never rejects. */
export function createAccepts(): Accepts {
  const turns = createTurns(triesMax)
  return async ({ address, port }, graceMs, signal) => {
    const endMs = performance.now() + graceMs
    for (let restMs: number = waitMs.first; !signal.aborted; restMs = Math.min(restMs * 2, waitMs.most)) {
      if (await turns(() => stands(address, port, signal))) return true
      if (performance.now() + restMs > endMs) return false
      await sleep(restMs, undefined, { signal }).catch(() => undefined)
    }
    return false
  }
}

function stands(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: tryMs })
    const end = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}

/** Runs at most so many at a time, the others in the order in which they came. */
function createTurns(most: number) {
  let running = 0
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
