// Does a piece of work soon after it is asked for, and once for all that asked in the meantime.
// Owns when. Refuses to do it twice at a time, or for more than half of the time.

import type { Clock } from './clock.ts'

export type Folding = {
  /** Asks for the work. */
  readonly ask: () => void
  /** Does the work whenever it was asked for, until `signal` is aborted. Throws what the work throws. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** What has arrived already is taken along: the work waits until the sockets have been read. */
export function createFolding(clock: Clock, work: () => void): Folding {
  let isAsked = false
  let wake = () => {}
  return {
    ask: () => {
      isAsked = true
      wake()
    },
    run: async (signal) => {
      const onAbort = () => wake()
      signal.addEventListener('abort', onAbort)
      try {
        while (!signal.aborted) {
          if (!isAsked) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
          await new Promise((resolve) => setImmediate(resolve))
          if (signal.aborted) return
          isAsked = false
          const startedAtMs = clock.nowMs()
          work()
          const tookMs = clock.nowMs() - startedAtMs
          // A timer cannot wait for less than this.
          if (tookMs >= 1) await clock.sleep(tookMs, signal)
        }
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
    },
  }
}
