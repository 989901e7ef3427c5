// Hands the latest value from a producer to one slower consumer.
// Owns the one place. Refuses to queue: a value that was not taken is replaced by the next.

export type Mailbox<T> = {
  readonly put: (value: T) => void
  /** Makes `take` throw the error from now on: for bugs, which must not look like silence. */
  readonly fail: (error: unknown) => void
  /** Waits for a value that was not taken yet; undefined once `signal` is aborted. One `take` at a time. */
  readonly take: (signal: AbortSignal) => Promise<T | undefined>
}

export function createMailbox<T>(): Mailbox<T> {
  let held: { readonly value: T } | undefined
  let failure: { readonly error: unknown } | undefined
  let wake = () => {}
  return {
    put: (value) => {
      held = { value }
      wake()
    },
    fail: (error) => {
      failure ??= { error }
      wake()
    },
    take: async (signal) => {
      const onAbort = () => wake()
      signal.addEventListener('abort', onAbort)
      try {
        while (held === undefined && failure === undefined && !signal.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
      if (failure !== undefined) throw failure.error
      if (signal.aborted || held === undefined) return undefined
      const { value } = held
      held = undefined
      return value
    },
  }
}
