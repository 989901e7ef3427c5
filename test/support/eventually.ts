// Waiting for a condition with a deadline, so that no test ever sleeps for a guessed time.
// Owns the polling. Refuses conditions without an end: every wait has a deadline and explains its failure.

import { setTimeout as wait } from 'node:timers/promises'

export type EventuallyOptions = {
  readonly timeoutMs?: number
  readonly intervalMs?: number
  readonly signal?: AbortSignal
}

/**
 * Runs `check` until it neither throws nor answers `false` or `undefined`, and returns what it answered.
 * Throws the last failure once `timeoutMs` (5 s) is over. `check` runs at least once, and never twice at a time.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const { timeoutMs = 5000, intervalMs = 10, signal } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const outcome = await attempt(check)
    if (outcome.kind === 'held') return outcome.value
    if (performance.now() >= deadline) {
      throw new Error(`the condition did not hold within ${timeoutMs} ms: ${outcome.why}`, {
        cause: outcome.cause,
      })
    }
    await wait(intervalMs, undefined, signal === undefined ? {} : { signal })
  }
}

type Outcome<T> =
  | { readonly kind: 'held'; readonly value: Exclude<T, false | undefined> }
  | { readonly kind: 'failed'; readonly why: string; readonly cause: unknown }

async function attempt<T>(check: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    const value = await check()
    if (!holds(value)) return { kind: 'failed', why: `it answered ${String(value)}`, cause: undefined }
    return { kind: 'held', value }
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error), cause: error }
  }
}

function holds<T>(value: T): value is Exclude<T, false | undefined> {
  return value !== false && value !== undefined
}
