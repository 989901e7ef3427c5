// Gives work a deadline.
// Owns the timer. Refuses AbortSignal.any: a signal that lives as long as the process would gather one listener a request.

/** Why the signal handed to the work was aborted, if time ran out. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/**
 * Does the work with a signal that is aborted with `signal`, or after `deadlineMs`, or once the work is done.
 *
 * Throws what the work throws; DeadlineError if that came of the deadline.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  const late = new DeadlineError(`no answer within ${deadlineMs} ms`)
  const timer = setTimeout(() => controller.abort(late), deadlineMs)
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.reason === late ? late : error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
