// SwarmKit's updater: one rolling update of one service (manager/orchestrator/update/updater.go).
// Owns order, parallelism, delay, monitoring and the update's status. Refuses scaling (orchestrator.ts).

import { hasEnded, isWanted, rank, type Service, type Task, type UpdateState } from './objects.ts'
import type { Pace } from './pace.ts'
import type { Restarts } from './restarts.ts'
import type { Store } from './store.ts'
import { createTask, isDirty, placeOf, setDesired, wantedByPlace } from './tasks.ts'
import type { Timing } from './timing.ts'

type Options = {
  readonly store: Store
  readonly pace: Pace
  readonly timing: Timing
  readonly restarts: Restarts
}

type Context = Options & {
  readonly serviceId: string
  readonly signal: AbortSignal
  readonly config: Config
  readonly queue: (readonly Task[])[]
  readonly dirtyCount: number
  /** Tasks made by this update, with the time they came up; undefined until then. */
  readonly updated: Map<string, number | undefined>
  readonly failed: Set<string>
  stopped: boolean
}

type Config = {
  readonly parallelism: number
  readonly delayMs: number
  readonly startFirst: boolean
  readonly failureAction: string
  readonly monitorMs: number
  readonly maxFailureRatio: number
}

/** Brings every dirty place of the service to its current specification. Ends early when `signal` is aborted. */
export async function runUpdate(options: Options, serviceId: string, signal: AbortSignal): Promise<void> {
  const service = options.store.get('service', serviceId)
  if (service === undefined || /paused$/.test(service.UpdateStatus?.State ?? '')) return
  const dirty = [...wantedByPlace(options.store.tasksOf(serviceId)).values()].filter(
    (tasks) => tasks.length > 1 || tasks.some((task) => isDirty(service, task)),
  )
  if (dirty.length === 0) {
    if (/^updating$|_started$/.test(service.UpdateStatus?.State ?? ''))
      completeUpdate(options.store, serviceId)
    return
  }
  if (service.UpdateStatus === undefined) startUpdate(options.store, serviceId)
  const config = configOf(service, options.timing)
  const context: Context = {
    ...options,
    serviceId,
    signal,
    config,
    queue: dirty,
    dirtyCount: dirty.length,
    updated: new Map(),
    failed: new Set(),
    stopped: false,
  }
  const unwatch = options.store.watch((change) => {
    if (change.kind === 'task' && change.action === 'update') countFailure(context, change.object)
  })
  const workers = Math.min(dirty.length, config.parallelism === 0 ? dirty.length : config.parallelism)
  await Promise.all(Array.from({ length: workers }, () => work(context)))
  // The places are done; failures within the monitoring time still count.
  if (!context.stopped) await options.pace.wait(config.monitorMs, signal)
  unwatch()
  if (!context.stopped && !signal.aborted) completeUpdate(options.store, serviceId)
}

function configOf(service: Service, timing: Timing): Config {
  const config = service.Spec.UpdateConfig
  return {
    parallelism: config?.Parallelism ?? 1,
    delayMs: (config?.Delay ?? 0) / 1e6,
    startFirst: config?.Order === 'start-first',
    failureAction: config?.FailureAction ?? 'pause',
    monitorMs:
      config?.Monitor === undefined || config.Monitor === 0 ? timing.updateMonitorMs : config.Monitor / 1e6,
    maxFailureRatio: config?.MaxFailureRatio ?? 0,
  }
}

async function work(context: Context): Promise<void> {
  for (let place = context.queue.shift(); place !== undefined; place = context.queue.shift()) {
    if (context.signal.aborted || context.stopped) return
    await updatePlace(context, place)
    if (context.config.delayMs > 0 && !(await context.pace.wait(context.config.delayMs, context.signal)))
      return
  }
}

async function updatePlace(context: Context, place: readonly Task[]): Promise<void> {
  const service = context.store.get('service', context.serviceId)
  const [first] = place
  if (service === undefined || first === undefined) return
  const clean = place.filter((task) => !isDirty(service, task))
  const existing = clean.find((task) => task.DesiredState === 'running') ?? clean[0]
  if (existing !== undefined) await useExisting(context, place, existing)
  else await replace(context, service, place, first)
}

/** The place has a task of the new specification already: let it run, and remove the others. */
async function useExisting(context: Context, place: readonly Task[], existing: Task): Promise<void> {
  const others = place.filter((task) => task !== existing)
  context.store.commit((tx) => shutDown(context.store, tx, others))
  if (existing.DesiredState === 'running') return
  await context.restarts.start(existing.ID, { delayMs: 0, old: others.at(-1) }, context.signal)
}

async function replace(
  context: Context,
  service: Service,
  place: readonly Task[],
  first: Task,
): Promise<void> {
  const { store, restarts, signal, config } = context
  const updated = store.commit((tx) => {
    if (!config.startFirst) shutDown(store, tx, place)
    return createTask(tx, service, placeOf(first), 'ready')
  })
  context.updated.set(updated.ID, undefined)
  const unwatch = config.startFirst ? handOver(context, updated.ID, place) : () => undefined
  await restarts.start(updated.ID, { delayMs: 0, old: config.startFirst ? undefined : place.at(-1) }, signal)
  const up = await context.pace.task(updated.ID, (task) => task === undefined || isUp(task), signal)
  unwatch()
  if (up !== undefined && up !== 'aborted') context.updated.set(updated.ID, performance.now())
}

/** Shuts the old tasks down in the very turn in which the new one is committed as RUNNING (measured: within 1 ms). */
function handOver(context: Context, updatedId: string, place: readonly Task[]): () => void {
  let done = false
  return context.store.watch((change) => {
    if (done || change.kind !== 'task' || change.object.ID !== updatedId) return
    if (change.object.Status.State !== 'running' || context.signal.aborted) return
    done = true
    context.store.commit((tx) => shutDown(context.store, tx, place))
  })
}

function shutDown(
  store: Store,
  tx: Parameters<Parameters<Store['commit']>[0]>[0],
  tasks: readonly Task[],
): void {
  for (const { ID } of tasks) {
    const task = store.get('task', ID)
    if (task !== undefined && isWanted(task)) setDesired(tx, task, 'shutdown')
  }
}

function isUp(task: Task): boolean {
  return rank(task.Status.State) >= rank('running')
}

function countFailure(context: Context, task: Task): void {
  const { config, failed, updated } = context
  if (context.stopped || config.failureAction === 'continue') return
  if (!hasEnded(task) || !updated.has(task.ID) || failed.has(task.ID)) return
  const upSince = updated.get(task.ID)
  if (upSince !== undefined && performance.now() - upSince > config.monitorMs) return
  failed.add(task.ID)
  if (failed.size / context.dirtyCount <= config.maxFailureRatio) return
  context.stopped = true
  if (config.failureAction === 'rollback') rollBack(context, task.ID)
  else pauseUpdate(context, task.ID)
}

function pauseUpdate(context: Context, taskId: string): void {
  setUpdateStatus(context.store, context.serviceId, (state) =>
    state === 'rollback_started'
      ? ['rollback_paused', `rollback paused due to failure or early termination of task ${taskId}`]
      : ['paused', `update paused due to failure or early termination of task ${taskId}`],
  )
}

function rollBack(context: Context, taskId: string): void {
  const service = context.store.get('service', context.serviceId)
  if (service?.UpdateStatus?.State === 'rollback_started' || service?.PreviousSpec === undefined) {
    pauseUpdate(context, taskId)
    return
  }
  const previous = service.PreviousSpec
  context.store.commit((tx) =>
    tx.update('service', service.ID, ({ PreviousSpec: _, ...old }) => ({
      ...old,
      Spec: previous,
      UpdateStatus: {
        State: 'rollback_started',
        StartedAt: tx.now,
        Message: `update rolled back due to failure or early termination of task ${taskId}`,
      },
    })),
  )
}

function startUpdate(store: Store, serviceId: string): void {
  store.commit((tx) =>
    tx.update('service', serviceId, (old) => ({
      ...old,
      UpdateStatus: { State: 'updating', StartedAt: tx.now, Message: 'update in progress' },
    })),
  )
}

function completeUpdate(store: Store, serviceId: string): void {
  setUpdateStatus(store, serviceId, (state) =>
    state === 'rollback_started'
      ? ['rollback_completed', 'rollback completed']
      : ['completed', 'update completed'],
  )
}

/** Does nothing for a service that was changed since the update started: its status is gone. */
function setUpdateStatus(
  store: Store,
  serviceId: string,
  next: (state: UpdateState) => readonly [UpdateState, string],
): void {
  const status = store.get('service', serviceId)?.UpdateStatus
  if (status === undefined) return
  const [state, message] = next(status.State)
  const isOver = state === 'completed' || state === 'rollback_completed'
  store.commit((tx) =>
    tx.update('service', serviceId, (old) => ({
      ...old,
      UpdateStatus: { ...status, State: state, Message: message, ...(isOver && { CompletedAt: tx.now }) },
    })),
  )
}
