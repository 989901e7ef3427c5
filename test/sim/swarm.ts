// The simulated Swarm: a Docker engine's API with a Swarm behind it whose tasks really answer on loopback.
// Owns the wiring, and the methods that spare tests the HTTP. For trying and testing only: it runs no containers.

import { rm } from 'node:fs/promises'
import { type AddressSpace, createAddressSpace } from './addresses.ts'
import { createAllocator } from './allocator.ts'
import { type ApiServer, createApiServer, type NodeRole } from './api.ts'
import { type Control, createControl } from './control.ts'
import { patchSpec, type ServiceDefinition, specOf } from './definition.ts'
import { engineVersion } from './engine-info.ts'
import { createEvents, type Events } from './events.ts'
import type { Faults } from './faults.ts'
import { createForwarder } from './forwarder.ts'
import { createIdentity } from './identity.ts'
import { createInProcessRuntime } from './in-process-runtime.ts'
import { isRunning, isWanted, type Network, type Node, type Service, type Task } from './objects.ts'
import { createOrchestrator } from './orchestrator.ts'
import { createPace, type Pace } from './pace.ts'
import { createProcessRuntime } from './process-runtime.ts'
import type { RequestLog } from './request-log.ts'
import { createEmptyRuntime, type RuntimeKind } from './runtime.ts'
import { createScheduler } from './scheduler.ts'
import { type Change, createStore, type Store } from './store.ts'
import { isDirty } from './tasks.ts'
import { realTiming, type Timing } from './timing.ts'
import { createWatchServer, type WatchServer } from './watch-server.ts'
import { createWorker, type Worker } from './worker.ts'

export type SimulatedSwarmOptions = {
  /** Where the API listens. The folder must exist; the file must not. */
  readonly socketPath: string
  /** Listen on 127.0.0.1 and a free port as well. */
  readonly tcp?: boolean
  /** Where the manager's control socket listens, as far as SwarmKit's Watch goes; absent: there is none. */
  readonly swarmSocketPath?: string
  /** How many nodes; the first is the manager and leader. 3 if absent. */
  readonly nodes?: number
  /** Overrides of `realTiming`; tests mostly want `fastTiming`. */
  readonly timing?: Partial<Timing>
  /** What tasks run as where the service does not say; `in-process` if absent. */
  readonly runtime?: RuntimeKind
  /** The same seed gives the same ids. */
  readonly seed?: number
  /** Size of the networks' subnets, 16 to 30; 24 if absent, room for 253 tasks and VIPs. 18 holds 10,000 tasks. */
  readonly networkPrefixLength?: number
  /** Tasks kept for each slot, ended ones included; 5 if absent. */
  readonly taskHistory?: number
}

/** Every name of a service, network or node may be an id as well. Changes are made at once; their effects take time. */
export type SimulatedSwarm = AsyncDisposable & {
  readonly socketPath: string
  readonly tcpAddress: string | undefined
  readonly api: RequestLog
  readonly faults: Faults
  readonly store: Store
  /** Undefined without `swarmSocketPath`. */
  readonly watchServer: WatchServer | undefined

  readonly createService: (definition: ServiceDefinition & { readonly name: string }) => string
  readonly updateService: (service: string, patch: ServiceDefinition) => void
  readonly scale: (service: string, replicas: number) => void
  readonly removeService: (service: string) => void
  readonly createNetwork: (
    name: string,
    options?: { readonly subnet?: string; readonly attachable?: boolean },
  ) => Promise<string>
  readonly removeNetwork: (network: string) => void
  /** Give the id. A secret's data can never be asked for again. */
  readonly createSecret: (name: string, data: string) => string
  readonly createConfig: (name: string, data: string) => string
  readonly removeSecret: (secret: string) => void
  readonly removeConfig: (config: string) => void

  readonly service: (service: string) => Service
  readonly network: (network: string) => Network
  readonly nodes: () => readonly Node[]
  /** Tasks of the service, ended ones and all. */
  readonly tasksOf: (service: string) => readonly Task[]
  /** Tasks of the service that run and are meant to, by slot. */
  readonly runningTasksOf: (service: string) => readonly Task[]

  /** Ends the task's process with a signal that the Swarm did not send. Does nothing if it has no process. */
  readonly killTask: (taskId: string, signal?: 'SIGKILL' | 'SIGTERM') => void
  readonly setAvailability: (node: string, availability: 'active' | 'pause' | 'drain') => void
  /** The node dies: its tasks are reset, or hang; the Swarm notices after `timing.nodeDownMs`. */
  readonly loseNode: (node: string, how?: 'reset' | 'hang') => void
  readonly reviveNode: (node: string) => void

  /** The node whose API this is becomes a worker, or leaves the Swarm: 503 for all but local questions, no control socket. */
  readonly setRole: (role: NodeRole) => void
  readonly silenceEvents: () => void
  readonly resumeEvents: () => void
  readonly breakEvents: () => void

  /**
   * Resolves with the running tasks once exactly `running` of the service's tasks run, none is on its way and no
   * rolling update is in progress. Rejects after 30 s with what there was instead, or when `signal` is aborted.
   */
  readonly waitFor: (service: string, running: number, signal?: AbortSignal) => Promise<readonly Task[]>
  /** Calls `listener` with each change of the store, in order; returns the end of it. */
  readonly watch: (listener: (change: Change) => void) => () => void
}

/** Starts a Swarm with an ingress network and no services. Rejects if the socket cannot be listened on. */
export async function createSimulatedSwarm(options: SimulatedSwarmOptions): Promise<SimulatedSwarm> {
  const parts = await build(options)
  return {
    ...commands(parts),
    ...inspection(parts),
    ...trouble(parts),
    [Symbol.asyncDispose]: () => dispose(parts),
  }
}

type Parts = {
  readonly options: SimulatedSwarmOptions
  readonly timing: Timing
  readonly store: Store
  readonly pace: Pace
  readonly addresses: AddressSpace
  readonly control: Control
  readonly worker: Worker
  readonly events: Events
  readonly api: ApiServer
  readonly watchServer: WatchServer | undefined
  /** In the order in which they end. */
  readonly resources: readonly AsyncDisposable[]
}

async function build(options: SimulatedSwarmOptions): Promise<Parts> {
  const timing = { ...realTiming, ...options.timing }
  const identity = createIdentity(options.seed ?? 1)
  const store = createStore(identity)
  const pace = createPace(store)
  const addresses = await createAddressSpace()
  const allocator = createAllocator({ store, pace, timing })
  const forwarder = createForwarder(store)
  const runtimes = {
    'in-process': createInProcessRuntime(),
    process: createProcessRuntime(),
    none: createEmptyRuntime(),
  }
  createScheduler({ store, pace, timing })
  const defaultRuntime = options.runtime ?? 'in-process'
  const worker = createWorker({ store, identity, pace, timing, forwarder, runtimes, defaultRuntime })
  createOrchestrator({ store, pace, timing, taskHistory: options.taskHistory ?? 5 })
  const networkPrefixLength = options.networkPrefixLength ?? 24
  const control = createControl({ store, addresses, allocator, networkPrefixLength })
  const events = createEvents(store)
  createNodes(store, addresses, options.nodes ?? 3)
  await control.createNetwork({ Name: 'ingress', Ingress: true })
  const engine: AsyncDisposable[] = [forwarder, ...Object.values(runtimes), addresses]
  try {
    const { swarmSocketPath } = options
    const watchServer =
      swarmSocketPath === undefined ? undefined : await createWatchServer(store, swarmSocketPath)
    if (watchServer !== undefined) engine.unshift(watchServer)
    const api = await createApiServer(
      {
        store,
        control,
        events,
        ...(watchServer !== undefined && { trustRoot: watchServer.certificates.root }),
      },
      { socketPath: options.socketPath, tcp: options.tcp === true },
    )
    return {
      options,
      timing,
      store,
      pace,
      addresses,
      control,
      worker,
      events,
      api,
      watchServer,
      resources: [api, ...engine],
    }
  } catch (error) {
    await Promise.all(engine.map((resource) => resource[Symbol.asyncDispose]()))
    throw error
  }
}

async function dispose(parts: Parts): Promise<void> {
  parts.pace[Symbol.dispose]()
  for (const resource of parts.resources) await resource[Symbol.asyncDispose]()
  await rm(parts.options.socketPath, { force: true })
}

function createNodes(store: Store, addresses: AddressSpace, count: number): void {
  store.commit((tx) => {
    for (let index = 0; index < count; index += 1) {
      const address = addresses.nodeAddress(index)
      tx.create('node', {
        Spec: { Labels: {}, Role: index === 0 ? 'manager' : 'worker', Availability: 'active' },
        Description: {
          Hostname: `node-${index + 1}`,
          Platform: { Architecture: 'x86_64', OS: 'linux' },
          Resources: { NanoCPUs: 4_000_000_000, MemoryBytes: 8 * 1024 ** 3 },
          Engine: { EngineVersion: engineVersion },
        },
        Status: { State: 'ready', Addr: address },
        ...(index === 0 && {
          ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: `${address}:2377` },
        }),
      })
    }
  })
}

function commands({ control }: Parts) {
  const updateService = (key: string, patch: ServiceDefinition) =>
    control.updateService(key, undefined, patchSpec(control.service(key).Spec, patch))
  return {
    createService: ({ name, ...definition }: ServiceDefinition & { readonly name: string }) =>
      control.createService(specOf(name, definition)),
    updateService,
    scale: (key: string, replicas: number) => updateService(key, { replicas }),
    removeService: control.removeService,
    createNetwork: (name: string, { subnet, attachable }: { subnet?: string; attachable?: boolean } = {}) =>
      control.createNetwork({
        Name: name,
        ...(attachable === true && { Attachable: true }),
        ...(subnet !== undefined && { IPAM: { Config: [{ Subnet: subnet }] } }),
      }),
    removeNetwork: control.removeNetwork,
    createSecret: (name: string, data: string) => control.createMounted('secret', mountedOf(name, data)),
    createConfig: (name: string, data: string) => control.createMounted('config', mountedOf(name, data)),
    removeSecret: (key: string) => control.removeMounted('secret', key),
    removeConfig: (key: string) => control.removeMounted('config', key),
  }
}

function mountedOf(name: string, data: string): { readonly Name: string; readonly Data: string } {
  return { Name: name, Data: Buffer.from(data).toString('base64') }
}

function inspection({ options, store, control, pace, api, watchServer }: Parts) {
  const runningTasksOf = (key: string) =>
    store
      .tasksOf(control.service(key).ID)
      .filter(isRunning)
      .sort((a, b) => (a.Slot ?? 0) - (b.Slot ?? 0))
  return {
    socketPath: options.socketPath,
    tcpAddress: api.tcpAddress,
    api: api.log,
    faults: api.faults,
    store,
    watchServer,
    service: control.service,
    network: control.network,
    nodes: () => store.list('node'),
    tasksOf: (key: string) => store.tasksOf(control.service(key).ID),
    runningTasksOf,
    watch: store.watch,
    waitFor: async (key: string, running: number, signal: AbortSignal = pace.signal) => {
      const { ID } = control.service(key)
      await settled(store, ID, running, signal)
      return runningTasksOf(ID)
    },
  }
}

const settleTimeoutMs = 30_000

function settled(store: Store, serviceId: string, running: number, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(settleTimeoutMs)])
  return new Promise((resolve, reject) => {
    const finish = (end: () => void) => {
      unwatch()
      deadline.removeEventListener('abort', onAbort)
      end()
    }
    const look = () => {
      if (isSettled(store, serviceId, running)) finish(resolve)
    }
    const onAbort = () =>
      finish(() => reject(new Error(describe(store, serviceId, running), { cause: deadline.reason })))
    const unwatch = store.watch((change) => {
      const id = change.kind === 'task' ? change.object.ServiceID : change.object.ID
      if (id === serviceId) look()
    })
    deadline.addEventListener('abort', onAbort, { once: true })
    look()
  })
}

function isSettled(store: Store, serviceId: string, running: number): boolean {
  const service = store.get('service', serviceId)
  const wanted = store.tasksOf(serviceId).filter(isWanted)
  if (wanted.length !== running || !wanted.every(isRunning)) return false
  const state = service?.UpdateStatus?.State ?? ''
  if (/^updating$|_started$/.test(state)) return false
  // A paused update leaves tasks as they are; otherwise a task of an old specification is about to be replaced.
  return service === undefined || /paused$/.test(state) || !wanted.some((task) => isDirty(service, task))
}

function describe(store: Store, serviceId: string, running: number): string {
  const tasks = store
    .tasksOf(serviceId)
    .map(
      (task) =>
        `${task.Slot ?? task.NodeID}: ${task.Status.State}, desired ${task.DesiredState} ${task.Status.Err ?? ''}`,
    )
  const name = store.get('service', serviceId)?.Spec.Name ?? serviceId
  return `service ${name} did not come to ${running} running tasks; it has ${tasks.join('; ') || 'none'}`
}

function trouble({ store, control, worker, events, api, watchServer, pace, timing }: Parts) {
  const setNodeState = (id: string, status: Pick<Node['Status'], 'State' | 'Message'>) =>
    store.commit((tx) =>
      tx.update('node', id, (old) => ({ ...old, Status: { Addr: old.Status.Addr, ...status } })),
    )
  const lost = new Set<string>()
  return {
    killTask: (taskId: string, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL') =>
      worker.container(taskId)?.signal(signal),
    setAvailability: (key: string, availability: 'active' | 'pause' | 'drain') =>
      control.updateNode(key, undefined, { ...control.node(key).Spec, Availability: availability }),
    loseNode: (key: string, how: 'reset' | 'hang' = 'reset') => {
      const { ID } = control.node(key)
      lost.add(ID)
      worker.loseNode(ID, how)
      pace.after(timing.nodeDownMs, () => {
        if (lost.has(ID)) setNodeState(ID, { State: 'down', Message: 'heartbeat failure' })
      })
    },
    reviveNode: (key: string) => {
      const { ID } = control.node(key)
      lost.delete(ID)
      worker.reviveNode(ID)
      setNodeState(ID, { State: 'ready' })
    },
    setRole: (role: NodeRole) => {
      api.setRole(role)
      void watchServer?.setListening(role === 'manager')
    },
    silenceEvents: events.silence,
    resumeEvents: events.resume,
    breakEvents: api.breakEvents,
  }
}
