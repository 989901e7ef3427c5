// Trying again until it works or the time is over.
// Owns the one loop of that kind in this folder. Refuses to retry what will not pass by itself.

import { type ErrorCode, isAgentError } from '../core/errors.ts'
import { deadlineFor } from './deadline.ts'
import { rest } from './rest.ts'

export type RetryOptions = {
  readonly timeoutMs: number
  /** Codes of errors that may pass by themselves. */
  readonly passing: readonly ErrorCode[]
}

/** Sockets and processes of one machine: what is to come comes within milliseconds. */
const pauseMs = 20

/**
 * What the first attempt that succeeds returns. Attempts follow each other, and each gets the signal of the whole.
 * @throws the last error that could have passed once the time is over, any other at once, and the signal's reason
 */
export async function retry<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, passing }: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  using deadline = deadlineFor(signal, timeoutMs)
  let last: unknown
  for (;;) {
    try {
      return await attempt(deadline.signal)
    } catch (error) {
      signal.throwIfAborted()
      if (deadline.isOver()) throw last ?? error
      if (!passing.some((code) => isAgentError(error, code))) throw error
      last = error
    }
    await rest(pauseMs, signal)
  }
}
