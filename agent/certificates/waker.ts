// Lets the store sleep until its next look, or until something happens in a folder.
// Refuses to remember more than one wake: a look sees everything.

export type Waker = {
  readonly wake: () => void
  /** Waits until woken, for `ms`, or for the signal; not at all if woken since the last sleep. Gives whether woken. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<boolean>
}

export function createWaker(): Waker {
  let isWoken = false
  let resume = () => {}
  return {
    wake: () => {
      isWoken = true
      resume()
    },
    sleep: async (ms, signal) => {
      if (!isWoken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            resolve()
          }
          const timer = setTimeout(done, ms)
          resume = done
          signal.addEventListener('abort', done, { once: true })
        })
      }
      resume = () => {}
      const wasWoken = isWoken
      isWoken = false
      return wasWoken
    },
  }
}
