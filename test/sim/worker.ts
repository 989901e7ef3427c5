// The nodes' engines: they take assigned tasks through their life, and report it to the store.
// Owns containers, and the way a task is stopped: out of the VIPs, 2 s, SIGTERM, grace, SIGKILL.
// Refuses decisions: what should run is the orchestrator's.

import { plainAddress } from './addresses.ts'
import type { Forwarder, Member } from './forwarder.ts'
import type { Identity } from './identity.ts'
import {
  hasEnded,
  isWanted,
  type PortSpec,
  rank,
  type Task,
  type TaskState,
  type TaskStatus,
} from './objects.ts'
import type { Pace } from './pace.ts'
import {
  type Container,
  type ContainerOptions,
  type Exit,
  type Runtime,
  type RuntimeKind,
  runtimeKinds,
} from './runtime.ts'
import type { Change, Store } from './store.ts'
import type { Timing } from './timing.ts'

export type WorkerOptions = {
  readonly store: Store
  readonly identity: Identity
  readonly pace: Pace
  readonly timing: Timing
  readonly forwarder: Forwarder
  readonly runtimes: { readonly [K in RuntimeKind]: Runtime }
  readonly defaultRuntime: RuntimeKind
}

export type Worker = {
  /** The task's process, while it runs. */
  readonly container: (taskId: string) => Container | undefined
  /** A dead node reports nothing; its processes answer nothing any more (`hang`) or are reset. */
  readonly loseNode: (nodeId: string, how: 'reset' | 'hang') => void
  /** The node is back: what ran on it is gone, and it says so. */
  readonly reviveNode: (nodeId: string) => void
}

type Life = {
  readonly nodeId: string
  /** Aborted when the task must stop: whatever step it is at ends. */
  readonly stop: AbortController
  container: Container | undefined
  ending: 'by-itself' | 'asked' | 'unhealthy'
}

type Context = WorkerOptions & { readonly lives: Map<string, Life>; readonly lostNodes: Set<string> }

export function createWorker(options: WorkerOptions): Worker {
  const context: Context = { ...options, lives: new Map(), lostNodes: new Set() }
  options.store.watch((change) => react(context, change))
  return {
    container: (taskId) => context.lives.get(taskId)?.container,
    loseNode: (nodeId, how) => loseNode(context, nodeId, how),
    reviveNode: (nodeId) => reviveNode(context, nodeId),
  }
}

function react(context: Context, change: Change): void {
  if (change.kind !== 'task' || change.action === 'remove') return
  const task = change.object
  if (!isWanted(task) && isWanted(change.old ?? task)) {
    context.pace.after(context.timing.dispatchMs, () => void stop(context, task.ID))
  } else if (task.Status.State === 'assigned' && change.old?.Status.State !== 'assigned') {
    context.pace.after(context.timing.dispatchMs, () => void live(context, task.ID))
  }
}

/** From ACCEPTED to RUNNING, and on until the process ends. Gives way as soon as the task is to stop. */
async function live(context: Context, taskId: string): Promise<void> {
  const { store, pace, timing } = context
  const task = store.get('task', taskId)
  if (task?.NodeID === undefined || !isWanted(task) || context.lostNodes.has(task.NodeID)) return
  const life: Life = {
    nodeId: task.NodeID,
    stop: new AbortController(),
    container: undefined,
    ending: 'by-itself',
  }
  context.lives.set(taskId, life)
  const { signal } = life.stop
  setStatus(context, taskId, 'accepted', 'accepted')
  setStatus(context, taskId, 'preparing', 'preparing')
  if (!(await pace.wait(timing.prepareMs, signal))) return
  setStatus(context, taskId, 'ready', 'prepared')
  const started = await pace.task(
    taskId,
    (now) => now === undefined || now.DesiredState === 'running',
    signal,
  )
  if (started === 'aborted' || started === undefined) return
  setStatus(context, taskId, 'starting', 'starting')
  if (!(await pace.wait(timing.startMs, signal))) return
  await run(context, started, life)
}

async function run(context: Context, task: Task, life: Life): Promise<void> {
  const publishedPorts = publishPorts(task)
  const options = containerOptions(context, task, publishedPorts)
  const runtime = runtimeOf(context, options.env, task)
  let container: Container
  try {
    container = await context.runtimes[runtime].start(options)
  } catch (error) {
    setStatus(context, task.ID, 'failed', 'starting', { Err: `starting container failed: ${String(error)}` })
    return
  }
  if (life.stop.signal.aborted) {
    container.signal('SIGKILL')
    return
  }
  life.container = container
  void container.exited.then((exit) => reportExit(context, task.ID, life, exit))
  if (!(await becomeHealthy(context, task, life))) return
  if (runtime !== 'none') await context.forwarder.join(memberOf(task, options.env))
  if (life.stop.signal.aborted) return context.forwarder.leave(task.ID)
  setStatus(context, task.ID, 'running', 'started', {
    ContainerStatus: { ContainerID: context.identity.containerId(), PID: container.pid, ExitCode: 0 },
    PortStatus: publishedPorts.length > 0 ? { Ports: publishedPorts } : {},
  })
  if (isHealthChecked(task)) await watchHealth(context, task, life)
}

/** Holds a health-checked task in STARTING until its check succeeds. */
async function becomeHealthy(context: Context, task: Task, life: Life): Promise<boolean> {
  const { signal } = life.stop
  if (!isHealthChecked(task)) return !signal.aborted
  while (life.container !== undefined && !life.container.healthy()) {
    if (!(await context.pace.wait(context.timing.healthIntervalMs, signal))) return false
  }
  return life.container !== undefined && !signal.aborted
}

/** Three failures in a row end the container, as the engine does for a task of a service. */
async function watchHealth(context: Context, task: Task, life: Life): Promise<void> {
  let failures = 0
  while (
    life.container !== undefined &&
    (await context.pace.wait(context.timing.healthIntervalMs, life.stop.signal))
  ) {
    failures = life.container?.healthy() === false ? failures + 1 : 0
    if (failures >= 3) {
      life.ending = 'unhealthy'
      await kill(context, task, life)
      return
    }
  }
}

async function stop(context: Context, taskId: string): Promise<void> {
  const task = context.store.get('task', taskId)
  if (task === undefined || hasEnded(task)) return
  if (task.NodeID !== undefined && context.lostNodes.has(task.NodeID)) return
  const life = context.lives.get(taskId)
  life?.stop.abort()
  if (life?.container === undefined) {
    context.lives.delete(taskId)
    setStatus(context, taskId, 'shutdown', 'shutdown')
    return
  }
  if (life.ending === 'asked') return
  life.ending = 'asked'
  context.forwarder.leave(taskId)
  if (await context.pace.wait(context.timing.stopDelayMs, context.pace.signal))
    await kill(context, task, life)
}

/** SIGTERM, the grace period, SIGKILL. */
async function kill(context: Context, task: Task, life: Life): Promise<void> {
  const container = life.container
  if (container === undefined) return
  container.signal('SIGTERM')
  const graceNs = task.Spec.ContainerSpec?.StopGracePeriod
  const graceMs = graceNs === undefined ? context.timing.stopGraceMs : graceNs / 1e6
  const over = new AbortController()
  void container.exited.then(() => over.abort())
  if (await context.pace.wait(graceMs, over.signal)) container.signal('SIGKILL')
}

function reportExit(context: Context, taskId: string, life: Life, exit: Exit): void {
  life.container = undefined
  life.stop.abort()
  context.forwarder.leave(taskId)
  if (context.lostNodes.has(life.nodeId)) return
  context.pace.after(context.timing.exitReportMs, () => {
    context.lives.delete(taskId)
    const status = context.store.get('task', taskId)?.Status.ContainerStatus
    const facts = status === undefined ? {} : { ContainerStatus: { ...status, PID: 0, ExitCode: exit.code } }
    if (life.ending === 'asked') setStatus(context, taskId, 'shutdown', 'shutdown', facts)
    else if (life.ending === 'by-itself' && exit.code === 0)
      setStatus(context, taskId, 'complete', 'finished', facts)
    else setStatus(context, taskId, 'failed', 'started', { ...facts, Err: failure(life, exit) })
  })
}

function failure(life: Life, exit: Exit): string {
  const code = `task: non-zero exit (${exit.code})`
  return life.ending === 'unhealthy' ? `${code}: dockerexec: unhealthy container` : code
}

function setStatus(
  context: Context,
  taskId: string,
  state: TaskState,
  message: string,
  facts: Partial<TaskStatus> = {},
): void {
  const task = context.store.get('task', taskId)
  if (task === undefined || rank(task.Status.State) >= rank(state)) return
  context.store.commit((tx) =>
    tx.update('task', taskId, (old) => ({
      ...old,
      Status: { ...old.Status, Err: '', ...facts, Timestamp: tx.now, State: state, Message: message },
    })),
  )
}

function loseNode(context: Context, nodeId: string, how: 'reset' | 'hang'): void {
  context.lostNodes.add(nodeId)
  for (const life of context.lives.values()) {
    if (life.nodeId !== nodeId) continue
    life.stop.abort()
    life.container?.signal(how === 'hang' ? 'SIGSTOP' : 'SIGKILL')
  }
}

function reviveNode(context: Context, nodeId: string): void {
  for (const life of context.lives.values()) if (life.nodeId === nodeId) life.container?.signal('SIGKILL')
  context.lostNodes.delete(nodeId)
  for (const task of context.store.list('task')) {
    if (task.NodeID !== nodeId || hasEnded(task)) continue
    context.lives.delete(task.ID)
    if (isWanted(task)) setStatus(context, task.ID, 'failed', 'started', { Err: 'task: non-zero exit (137)' })
    else setStatus(context, task.ID, 'shutdown', 'shutdown')
  }
}

function isHealthChecked(task: Task): boolean {
  const spec = task.Spec.ContainerSpec
  const test = spec?.Healthcheck?.Test ?? []
  return (test.length > 0 && test[0] !== 'NONE') || envOf(task)['HEALTHCHECK'] === '1'
}

function envOf(task: Task): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (task.Spec.ContainerSpec?.Env ?? []).map((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
    }),
  )
}

function runtimeOf(context: Context, env: Readonly<Record<string, string>>, task: Task): RuntimeKind {
  const asked = env['SIM_RUNTIME'] ?? task.Spec.ContainerSpec?.Labels?.['SIM_RUNTIME']
  return runtimeKinds.find((kind) => kind === asked) ?? context.defaultRuntime
}

function containerOptions(context: Context, task: Task, published: readonly PortSpec[]): ContainerOptions {
  const env = envOf(task)
  const node = task.NodeID === undefined ? undefined : context.store.get('node', task.NodeID)
  const service = task.internal.serviceName
  const onNetworks = (task.NetworksAttachments ?? []).flatMap(({ Addresses }) =>
    portsOf(task, env).flatMap((port) => Addresses.map((cidr) => ({ host: plainAddress(cidr), port }))),
  )
  const onNode = published.map((port) => ({
    host: node?.Status.Addr ?? '127.0.0.1',
    port: port.PublishedPort ?? 0,
  }))
  return {
    instance: `${service}.${task.Slot ?? task.NodeID}.${task.ID}`,
    service,
    task: task.ID,
    node: node?.Description.Hostname ?? '',
    image: task.Spec.ContainerSpec?.Image ?? '',
    env,
    listen: [...onNetworks, ...onNode],
  }
}

/** The ports the application listens on: its PORT, else the label's, else the published ones, else 8080. */
function portsOf(task: Task, env: Readonly<Record<string, string>>): readonly number[] {
  const asked = env['PORT'] ?? task.internal.serviceLabels['com.docker.lb.port']
  const ports = asked === undefined ? [] : asked.split(',').map(Number)
  const usable = ports.filter((port) => Number.isInteger(port) && port > 0 && port < 65_536)
  if (usable.length > 0) return usable
  const targets = (task.internal.endpoint?.Ports ?? []).map((port) => port.TargetPort)
  return targets.length > 0 ? [...new Set(targets)] : [8080]
}

/** Host-mode ports; the engine draws a port where none is asked for. */
function publishPorts(task: Task): readonly PortSpec[] {
  const ports = (task.internal.endpoint?.Ports ?? []).filter((port) => port.PublishMode === 'host')
  return ports.map((port, index) => ({
    ...port,
    Protocol: port.Protocol ?? 'tcp',
    PublishedPort:
      port.PublishedPort || 32_768 + ((task.ID.charCodeAt(0) * 131 + task.ID.charCodeAt(1) + index) % 20_000),
  }))
}

function memberOf(task: Task, env: Readonly<Record<string, string>>): Member {
  return {
    taskId: task.ID,
    serviceId: task.ServiceID,
    ports: portsOf(task, env),
    addresses: (task.NetworksAttachments ?? []).flatMap(({ Network, Addresses }) =>
      Addresses.map((cidr) => ({ networkId: Network.ID, address: plainAddress(cidr) })),
    ),
  }
}
