// The caller's signal with a deadline on top, for one wait.
// Owns the timer and the listener, and takes both back when the wait is over. Refuses to outlive it.

export type Deadline = Disposable & {
  /** Aborted with the caller's signal, or when the time is over. */
  readonly signal: AbortSignal
  /** True when it was the time. */
  readonly isOver: () => boolean
}

/**
 * A deadline to be held with `using`.
 *
 * Not `AbortSignal.any` with `AbortSignal.timeout`: on Node 20 a signal that lives as long as the agent keeps some
 * hundred bytes for every signal ever derived from it, which is tens of megabytes a day at the pace of the loop.
 */
export function deadlineFor(caller: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController()
  let over = false
  const expire = () => {
    over = !controller.signal.aborted
    controller.abort(new DOMException(`not done within ${timeoutMs} ms`, 'TimeoutError'))
  }
  const follow = () => controller.abort(caller.reason)
  const timer = setTimeout(expire, timeoutMs)
  if (caller.aborted) follow()
  else caller.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    isOver: () => over,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      caller.removeEventListener('abort', follow)
    },
  }
}
