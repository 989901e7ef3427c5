// Time, as the source uses it.
// Owns the real clock. Tests bring their own.

export type Clock = {
  /** Milliseconds of a clock that never jumps. */
  readonly nowMs: () => number
  /** Milliseconds since 1970, for people. */
  readonly dateMs: () => number
  /** Resolves after `ms`, or as soon as `signal` is aborted: the caller looks which. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  dateMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.max(0, ms))
      signal.addEventListener('abort', done)
    }),
}
