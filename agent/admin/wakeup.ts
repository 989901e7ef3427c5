// Lets one reader sleep until something has happened, or until a time is over.
// Refuses to remember more than one call: who is woken looks at everything.

export type Wakeup = {
  readonly wake: () => void
  /** Resolves when woken, when the time is over, or when the signal aborts; at once if woken since the last sleep. */
  readonly sleep: (timeMs: number, signal: AbortSignal) => Promise<void>
}

export function createWakeup(): Wakeup {
  let isWoken = false
  let resume = () => {}
  return {
    wake: () => {
      isWoken = true
      resume()
    },
    sleep: async (timeMs, signal) => {
      if (!isWoken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            resolve()
          }
          const timer = setTimeout(done, timeMs)
          resume = done
          signal.addEventListener('abort', done, { once: true })
        })
      }
      resume = () => {}
      isWoken = false
    },
  }
}
