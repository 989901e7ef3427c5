// SwarmKit's scheduler: a node for each pending task.
// Owns placement: spread over the nodes that are ready, active, fit the constraints and have the host ports free.
// Refuses resources and preferences: no test of an edge needs them.

import { hasEnded, isWanted, type Node, type Task } from './objects.ts'
import type { Pace } from './pace.ts'
import type { Change, Store } from './store.ts'
import type { Timing } from './timing.ts'

type Load = { tasks: number; readonly byService: Map<string, number>; readonly hostPorts: Set<string> }

type Context = {
  readonly store: Store
  readonly pace: Pace
  readonly timing: Timing
  readonly loads: Map<string, Load>
  readonly placed: Map<string, Task>
  readonly unplaced: Set<string>
}

export function createScheduler(options: { store: Store; pace: Pace; timing: Timing }): void {
  const context: Context = { ...options, loads: new Map(), placed: new Map(), unplaced: new Set() }
  options.store.watch((change) => react(context, change))
}

function react(context: Context, change: Change): void {
  if (change.kind === 'node') retry(context)
  if (change.kind !== 'task') return
  const task = change.object
  if (change.action === 'remove' || hasEnded(task)) {
    context.unplaced.delete(task.ID)
    if (unload(context, task.ID)) retry(context)
  } else if (task.Status.State === 'pending' && change.old?.Status.State !== 'pending') {
    context.pace.after(context.timing.scheduleMs, () => place(context, task.ID))
  }
}

function retry(context: Context): void {
  for (const id of context.unplaced) context.pace.after(context.timing.scheduleMs, () => place(context, id))
}

function place(context: Context, id: string): void {
  const task = context.store.get('task', id)
  if (task === undefined || task.Status.State !== 'pending' || !isWanted(task)) return
  const node = chooseNode(context, task)
  if (node === undefined) {
    context.unplaced.add(id)
    refuse(context, task)
    return
  }
  context.unplaced.delete(id)
  load(context, task, node.ID)
  context.store.commit((tx) =>
    tx.update('task', id, (old) => ({
      ...old,
      NodeID: node.ID,
      Status: {
        ...old.Status,
        Timestamp: tx.now,
        State: 'assigned',
        Message: 'scheduler assigned task to node',
        Err: '',
      },
    })),
  )
}

function refuse(context: Context, task: Task): void {
  const reason = `no suitable node (${context.store.list('node').length} nodes not available for new tasks)`
  if (task.Status.Err === reason) return
  context.store.commit((tx) =>
    tx.update('task', task.ID, (old) => ({ ...old, Status: { ...old.Status, Err: reason } })),
  )
}

function chooseNode(context: Context, task: Task): Node | undefined {
  const nodes = context.store
    .list('node')
    .filter((node) => (task.NodeID === undefined || task.NodeID === node.ID) && canRun(node, task.Spec))
    .filter((node) => hostPortsOf(task).every((port) => !loadOf(context, node.ID).hostPorts.has(port)))
  return nodes.reduce<Node | undefined>(
    (best, node) => (best === undefined || isLighter(context, task, node, best) ? node : best),
    undefined,
  )
}

function isLighter(context: Context, task: Task, a: Node, b: Node): boolean {
  const [loadA, loadB] = [loadOf(context, a.ID), loadOf(context, b.ID)]
  const ofService = (loadA.byService.get(task.ServiceID) ?? 0) - (loadB.byService.get(task.ServiceID) ?? 0)
  return ofService !== 0 ? ofService < 0 : loadA.tasks < loadB.tasks
}

/** Whether the node takes tasks of this specification: it is ready, active, and fits the placement constraints. */
export function canRun(node: Node, spec: Task['Spec']): boolean {
  if (node.Status.State !== 'ready' || node.Spec.Availability !== 'active') return false
  return (spec.Placement?.Constraints ?? []).every((constraint) => fits(node, constraint))
}

/** Understands `==` and `!=` on node.id, node.hostname, node.role and node.labels.X; any other constraint fits nowhere. */
function fits(node: Node, constraint: string): boolean {
  const [, key = '', operator, value = ''] = /^\s*(\S+?)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? []
  const fact = factOf(node, key)
  return fact !== undefined && (fact === value) === (operator === '==')
}

function factOf(node: Node, key: string): string | undefined {
  if (key === 'node.id') return node.ID
  if (key === 'node.hostname') return node.Description.Hostname
  if (key === 'node.role') return node.Spec.Role
  const label = /^node\.labels\.(.+)$/.exec(key)?.[1]
  return label === undefined ? undefined : (node.Spec.Labels?.[label] ?? '')
}

function hostPortsOf(task: Task): readonly string[] {
  return (task.internal.endpoint?.Ports ?? [])
    .filter((port) => port.PublishMode === 'host' && (port.PublishedPort ?? 0) > 0)
    .map((port) => `${port.PublishedPort}/${port.Protocol ?? 'tcp'}`)
}

function loadOf(context: Context, nodeId: string): Load {
  const known = context.loads.get(nodeId)
  if (known !== undefined) return known
  const fresh: Load = { tasks: 0, byService: new Map(), hostPorts: new Set() }
  context.loads.set(nodeId, fresh)
  return fresh
}

function load(context: Context, task: Task, nodeId: string): void {
  const node = loadOf(context, nodeId)
  node.tasks += 1
  node.byService.set(task.ServiceID, (node.byService.get(task.ServiceID) ?? 0) + 1)
  for (const port of hostPortsOf(task)) node.hostPorts.add(port)
  context.placed.set(task.ID, { ...task, NodeID: nodeId })
}

function unload(context: Context, taskId: string): boolean {
  const task = context.placed.get(taskId)
  if (task?.NodeID === undefined) return false
  context.placed.delete(taskId)
  const node = loadOf(context, task.NodeID)
  node.tasks -= 1
  node.byService.set(task.ServiceID, (node.byService.get(task.ServiceID) ?? 1) - 1)
  for (const port of hostPortsOf(task)) node.hostPorts.delete(port)
  return true
}
