// SwarmKit's orchestrators: as many tasks as each service asks for, replicated or global.
// Owns counting, scaling, replacement of ended tasks, and the history of ended tasks (the task reaper).
// Refuses rolling updates, which it only starts and cancels.

import { hasEnded, isRunning, isWanted, type Node, type Service, type Task } from './objects.ts'
import type { Pace } from './pace.ts'
import { createRestarts, type Restarts } from './restarts.ts'
import { canRun } from './scheduler.ts'
import type { Change, Store } from './store.ts'
import { createTask, placeKey, placeOf, setDesired, wantedByPlace } from './tasks.ts'
import type { Timing } from './timing.ts'
import { runUpdate } from './updater.ts'

type Options = {
  readonly store: Store
  readonly pace: Pace
  readonly timing: Timing
  /** Tasks kept for each slot, the running one included; 5 in a new Swarm. */
  readonly taskHistory: number
}

type Context = Options & {
  readonly restarts: Restarts
  readonly updates: Map<string, AbortController>
  readonly dirtyServices: Set<string>
}

export function createOrchestrator(options: Options): void {
  const context: Context = {
    ...options,
    restarts: createRestarts(options),
    updates: new Map(),
    dirtyServices: new Set(),
  }
  options.store.watch((change) => {
    if (change.kind === 'service') onService(context, change)
    else if (change.kind === 'task') onTask(context, change)
    else if (change.kind === 'node') onNode(context, change.object)
  })
}

function onService(context: Context, change: Change & { readonly kind: 'service' }): void {
  const { ID } = change.object
  if (change.action === 'remove') {
    context.updates.get(ID)?.abort()
    context.updates.delete(ID)
    removeTasks(context, context.store.tasksOf(ID))
  } else if (change.old?.Spec !== change.object.Spec) {
    reconcileSoon(context, ID)
  }
}

function onTask(context: Context, change: Change & { readonly kind: 'task' }): void {
  const task = change.object
  if (change.action === 'remove') return
  if (task.DesiredState === 'remove' && hasEnded(task)) {
    context.store.commit((tx) => tx.remove('task', task.ID))
  } else if (hasEnded(task) && isWanted(task)) {
    context.restarts.restart(task)
  } else if (hasEnded(task)) {
    trimHistory(context, task)
  }
}

function onNode(context: Context, node: Node): void {
  const isLost = node.Status.State === 'down' || node.Spec.Availability === 'drain'
  for (const task of context.store.list('task')) {
    if (!isLost || task.NodeID !== node.ID || !isWanted(task)) continue
    if (task.Slot === undefined) context.store.commit((tx) => setDesired(tx, task, 'shutdown'))
    else context.restarts.restart(task)
  }
  for (const service of context.store.list('service')) {
    if (service.Spec.Mode?.Global !== undefined) reconcileSoon(context, service.ID)
  }
}

/** Changes that come together are looked at together, after the commits that brought them. */
function reconcileSoon(context: Context, serviceId: string): void {
  if (context.dirtyServices.size === 0) queueMicrotask(() => reconcileDirty(context))
  context.dirtyServices.add(serviceId)
}

function reconcileDirty(context: Context): void {
  const ids = [...context.dirtyServices]
  context.dirtyServices.clear()
  if (context.pace.signal.aborted) return
  for (const id of ids) {
    const service = context.store.get('service', id)
    if (service === undefined) continue
    if (service.Spec.Mode?.Global !== undefined) reconcileGlobal(context, service)
    else reconcileReplicated(context, service)
    update(context, service)
  }
}

function reconcileReplicated(context: Context, service: Service): void {
  const { store } = context
  const replicas = service.Spec.Mode?.Replicated?.Replicas ?? 1
  const tasks = store.tasksOf(service.ID)
  const taken = new Map(wantedByPlace([...tasks, ...finishedForGood(context, tasks)]))
  if (taken.size > replicas) scaleDown(context, taken, taken.size - replicas)
  if (taken.size >= replicas) return
  store.commit((tx) => {
    let missing = replicas - taken.size
    for (let slot = 1; missing > 0; slot += 1) {
      if (taken.has(String(slot))) continue
      createTask(tx, service, { slot }, 'running')
      missing -= 1
    }
  })
}

/** Tasks that their restart policy leaves ended still fill their slot. */
function finishedForGood(context: Context, tasks: readonly Task[]): readonly Task[] {
  return tasks
    .filter(
      (task) => hasEnded(task) && task.DesiredState === 'shutdown' && !context.restarts.isReplaced(task),
    )
    .map((task) => ({ ...task, DesiredState: 'running' }))
}

/** Slots that do not run go first, then those on the fullest nodes, then the highest. */
function scaleDown(context: Context, taken: ReadonlyMap<string, readonly Task[]>, surplus: number): void {
  const perNode = new Map<string, number>()
  for (const task of [...taken.values()].flat()) {
    perNode.set(task.NodeID ?? '', (perNode.get(task.NodeID ?? '') ?? 0) + 1)
  }
  const slots = [...taken.entries()].sort(([a], [b]) => Number(b) - Number(a))
  for (let removed = 0; removed < surplus; removed += 1) {
    const weight = ([, tasks]: (typeof slots)[number]) =>
      tasks.some(isRunning) ? Math.max(...tasks.map((task) => perNode.get(task.NodeID ?? '') ?? 0)) : Infinity
    const heaviest = slots.reduce((best, slot) => (weight(slot) > weight(best) ? slot : best))
    slots.splice(slots.indexOf(heaviest), 1)
    for (const task of heaviest[1]) perNode.set(task.NodeID ?? '', (perNode.get(task.NodeID ?? '') ?? 1) - 1)
    const [slot] = heaviest
    const [some] = heaviest[1]
    if (some === undefined) continue
    removeTasks(
      context,
      context.store.tasksOf(some.ServiceID).filter((task) => placeKey(placeOf(task)) === slot),
    )
  }
}

function reconcileGlobal(context: Context, service: Service): void {
  const { store } = context
  const taken = wantedByPlace(store.tasksOf(service.ID))
  store.commit((tx) => {
    for (const node of store.list('node')) {
      const tasks = taken.get(node.ID) ?? []
      if (canRun(node, service.Spec.TaskTemplate)) {
        if (tasks.length === 0) createTask(tx, service, { nodeId: node.ID }, 'running')
      } else if (node.Spec.Availability !== 'pause') {
        for (const task of tasks) setDesired(tx, task, 'shutdown')
      }
    }
  })
}

/** What still runs is told to stop, for ever; what has ended already disappears now. */
function removeTasks(context: Context, tasks: readonly Task[]): void {
  context.store.commit((tx) => {
    for (const task of tasks) {
      if (hasEnded(task)) tx.remove('task', task.ID)
      else if (task.DesiredState !== 'remove') setDesired(tx, task, 'remove')
    }
  })
}

/** A new specification ends the update in progress and starts over with what is there now. */
function update(context: Context, service: Service): void {
  const { store, pace, timing, restarts, updates } = context
  updates.get(service.ID)?.abort()
  const current = new AbortController()
  updates.set(service.ID, current)
  const signal = AbortSignal.any([current.signal, pace.signal])
  void runUpdate({ store, pace, timing, restarts }, service.ID, signal).then(() => {
    if (updates.get(service.ID) === current) updates.delete(service.ID)
  })
}

function trimHistory(context: Context, ended: Task): void {
  const { store, taskHistory } = context
  const key = placeKey(placeOf(ended))
  const there = store.tasksOf(ended.ServiceID).filter((task) => placeKey(placeOf(task)) === key)
  const surplus = there.length - taskHistory
  if (surplus <= 0) return
  const oldest = there.filter((task) => hasEnded(task) && !isWanted(task)).sort(byLastChange)
  store.commit((tx) => {
    for (const task of oldest.slice(0, surplus)) tx.remove('task', task.ID)
  })
}

function byLastChange(a: Task, b: Task): number {
  return a.Version.Index - b.Version.Index
}
