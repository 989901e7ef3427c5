// SwarmKit's restart supervisor: replacements for tasks that ended, or whose node is lost or drained.
// Owns the restart delay and "wait until the old one stopped". Refuses updates (updater.ts), which use its `start`.

import { hasEnded, isWanted, type Service, type Task } from './objects.ts'
import type { Pace } from './pace.ts'
import type { Store } from './store.ts'
import { createTask, placeKey, placeOf, setDesired } from './tasks.ts'
import type { Timing } from './timing.ts'

export type Restarts = {
  /** Shuts the task down and, where its policy says so, creates its replacement: READY first, RUNNING after the delay. */
  readonly restart: (task: Task) => void
  /**
   * Lets a task that waits in READY run, after `delayMs` and once `old` has stopped. Resolves when it may run, or
   * when `signal` is aborted.
   */
  readonly start: (
    taskId: string,
    wait: { readonly delayMs: number; readonly old: Task | undefined },
    signal: AbortSignal,
  ) => Promise<void>
  /** Whether a task that ended with this state is replaced. */
  readonly isReplaced: (task: Task) => boolean
}

/** SwarmKit gives up waiting for an old task after a minute (restart.go, OldTaskTimeout). */
const oldTaskTimeoutMs = 60_000

type Context = { readonly store: Store; readonly pace: Pace; readonly timing: Timing }

export function createRestarts(context: Context): Restarts {
  return {
    restart: (task) => restart(context, task),
    start: (taskId, wait, signal) => start(context, taskId, wait, signal),
    isReplaced,
  }
}

function isReplaced(task: Task): boolean {
  const condition = task.Spec.RestartPolicy?.Condition ?? 'any'
  if (condition === 'none') return false
  return condition !== 'on-failure' || task.Status.State !== 'complete'
}

function restart(context: Context, task: Task): void {
  const { store, pace } = context
  const service = store.get('service', task.ServiceID)
  if (service === undefined || !isWanted(task)) return
  const replacement = store.commit((tx) => {
    setDesired(tx, task, 'shutdown')
    const isNeeded = isReplaced(task) && !hasSuccessor(store, task)
    return isNeeded ? createTask(tx, service, placeOf(task), 'ready') : undefined
  })
  if (replacement === undefined) return
  void start(context, replacement.ID, waitBefore(context, service, task), pace.signal)
}

/** A rolling update may have made one already. SwarmKit makes another, and removes it at its next look. */
function hasSuccessor(store: Store, task: Task): boolean {
  const key = placeKey(placeOf(task))
  return store
    .tasksOf(task.ServiceID)
    .some((other) => other.ID !== task.ID && isWanted(other) && placeKey(placeOf(other)) === key)
}

/** The delay does not apply to drained nodes, and nobody waits for a task whose node is down (restart.go). */
function waitBefore(
  context: Context,
  service: Service,
  task: Task,
): { delayMs: number; old: Task | undefined } {
  const node = task.NodeID === undefined ? undefined : context.store.get('node', task.NodeID)
  const delayNs = service.Spec.TaskTemplate.RestartPolicy?.Delay
  const delayMs = delayNs === undefined ? context.timing.restartDelayMs : delayNs / 1e6
  return {
    delayMs: node?.Spec.Availability === 'drain' ? 0 : delayMs,
    old: node?.Status.State === 'down' || hasEnded(task) ? undefined : task,
  }
}

async function start(
  context: Context,
  taskId: string,
  wait: { readonly delayMs: number; readonly old: Task | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { store, pace } = context
  const patience = new AbortController()
  pace.after(oldTaskTimeoutMs, () => patience.abort())
  await Promise.all([
    wait.delayMs > 0 ? pace.wait(wait.delayMs, signal) : undefined,
    wait.old === undefined
      ? undefined
      : pace.task(
          wait.old.ID,
          (old) => old === undefined || hasEnded(old),
          AbortSignal.any([signal, patience.signal]),
        ),
  ])
  const task = store.get('task', taskId)
  if (signal.aborted || task?.DesiredState !== 'ready') return
  store.commit((tx) => setDesired(tx, task, 'running'))
}
