// Lets the loop sleep until a time, or until somebody wakes it.
// Refuses to remember more than one wake: whoever is woken looks at everything.

export type Waker = {
  readonly wake: () => void
  /** Resolves when woken, when the time has passed, or when the signal aborts; at once if woken since the last sleep. */
  readonly sleep: (timeMs: number | undefined, signal: AbortSignal) => Promise<void>
}

/** Node's timers take at most this many milliseconds. */
const timerMsMax = 2 ** 31 - 1

export function createWaker(): Waker {
  let isWoken = false
  let resume: (() => void) | undefined
  return {
    wake: () => {
      isWoken = true
      resume?.()
    },
    sleep: async (timeMs, signal) => {
      if (!isWoken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            resolve()
          }
          const timer = timeMs === undefined ? undefined : setTimeout(done, Math.min(timeMs, timerMsMax))
          resume = done
          signal.addEventListener('abort', done, { once: true })
        })
      }
      resume = undefined
      isWoken = false
    },
  }
}
