// Time in the simulator: timers that end with it, and waits for a task's next state.
// Owns every timer. Refuses to keep the process alive, or to fire after the end.

import type { Task } from './objects.ts'
import type { Change, Store } from './store.ts'

export type Pace = Disposable & {
  /** Aborted when the simulator ends. */
  readonly signal: AbortSignal
  /** Calls `action` after `ms`, unless the simulator ends before. */
  readonly after: (ms: number, action: () => void) => void
  /** Resolves with true after `ms`, with false as soon as `signal` is aborted. Never rejects. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<boolean>
  /** Resolves with the task once `condition` holds for it (undefined: it is gone); with `'aborted'` on abort. Never rejects. */
  readonly task: (
    id: string,
    condition: (task: Task | undefined) => boolean,
    signal: AbortSignal,
  ) => Promise<Task | undefined | 'aborted'>
}

type Waiter = (task: Task | undefined) => void

export function createPace(store: Store): Pace {
  const end = new AbortController()
  const timers = new Set<NodeJS.Timeout>()
  const waiters = new Map<string, Set<Waiter>>()
  const unwatch = store.watch((change) => tellWaiters(waiters, change))
  const after = (ms: number, action: () => void) => {
    if (end.signal.aborted) return () => undefined
    const timer = setTimeout(() => {
      timers.delete(timer)
      action()
    }, ms)
    timers.add(timer)
    return () => {
      timers.delete(timer)
      clearTimeout(timer)
    }
  }
  return {
    signal: end.signal,
    after,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(false)
        const cancel = after(ms, () => {
          signal.removeEventListener('abort', onAbort)
          resolve(true)
        })
        const onAbort = () => {
          cancel()
          resolve(false)
        }
        signal.addEventListener('abort', onAbort, { once: true })
      }),
    task: (id, condition, signal) => waitForTask({ store, waiters }, id, condition, signal),
    [Symbol.dispose]: () => {
      unwatch()
      end.abort()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}

function tellWaiters(waiters: Map<string, Set<Waiter>>, change: Change): void {
  if (change.kind !== 'task') return
  const task = change.action === 'remove' ? undefined : change.object
  for (const waiter of waiters.get(change.object.ID) ?? []) waiter(task)
}

function waitForTask(
  state: { readonly store: Store; readonly waiters: Map<string, Set<Waiter>> },
  id: string,
  condition: (task: Task | undefined) => boolean,
  signal: AbortSignal,
): Promise<Task | undefined | 'aborted'> {
  return new Promise((resolve) => {
    const now = state.store.get('task', id)
    if (signal.aborted) return resolve('aborted')
    if (condition(now)) return resolve(now)
    const ofTask = state.waiters.get(id) ?? new Set()
    state.waiters.set(id, ofTask)
    const finish = (outcome: Task | undefined | 'aborted') => {
      ofTask.delete(waiter)
      if (ofTask.size === 0) state.waiters.delete(id)
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    const waiter: Waiter = (task) => {
      if (condition(task)) finish(task)
    }
    const onAbort = () => finish('aborted')
    ofTask.add(waiter)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
