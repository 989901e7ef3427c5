// The Engine API's objects, in Docker's own field names and shapes (docs.docker.com/reference/api/engine, v1.47).
// Owns the types, and the parsers of what clients send. Refuses to know what any of it means.

import { z } from 'zod'

/** Parses a request's JSON text. Go clients send `null` for what is not set; inside there is only `undefined`. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => value ?? undefined)
}

const labels = z.optional(z.record(z.string(), z.string()))

const portSpec = z.looseObject({
  Name: z.optional(z.string()),
  Protocol: z.optional(z.string()),
  TargetPort: z.number(),
  PublishedPort: z.optional(z.number()),
  PublishMode: z.optional(z.string()),
})

const networkTarget = z.looseObject({ Target: z.string(), Aliases: z.optional(z.array(z.string())) })

const fileTarget = z.looseObject({
  Name: z.string(),
  UID: z.optional(z.string()),
  GID: z.optional(z.string()),
  Mode: z.optional(z.number()),
})

const taskTemplate = z.looseObject({
  ContainerSpec: z.optional(
    z.looseObject({
      Image: z.optional(z.string()),
      Env: z.optional(z.array(z.string())),
      Labels: labels,
      Healthcheck: z.optional(z.looseObject({ Test: z.optional(z.array(z.string())) })),
      /** Nanoseconds. */
      StopGracePeriod: z.optional(z.number()),
      Secrets: z.optional(
        z.array(
          z.looseObject({ File: z.optional(fileTarget), SecretID: z.string(), SecretName: z.string() }),
        ),
      ),
      Configs: z.optional(
        z.array(
          z.looseObject({ File: z.optional(fileTarget), ConfigID: z.string(), ConfigName: z.string() }),
        ),
      ),
    }),
  ),
  Networks: z.optional(z.array(networkTarget)),
  ForceUpdate: z.optional(z.number()),
  RestartPolicy: z.optional(
    z.looseObject({
      Condition: z.optional(z.string()),
      Delay: z.optional(z.number()),
      MaxAttempts: z.optional(z.number()),
    }),
  ),
  Placement: z.optional(z.looseObject({ Constraints: z.optional(z.array(z.string())) })),
})

const updateConfig = z.looseObject({
  Parallelism: z.optional(z.number()),
  /** Nanoseconds. */
  Delay: z.optional(z.number()),
  Order: z.optional(z.string()),
  FailureAction: z.optional(z.string()),
  /** Nanoseconds. */
  Monitor: z.optional(z.number()),
  MaxFailureRatio: z.optional(z.number()),
})

const endpointSpec = z.looseObject({ Mode: z.optional(z.string()), Ports: z.optional(z.array(portSpec)) })

/** Parses a service's specification. Fields that the simulator does not use pass through untouched. */
export const serviceSpecSchema = z.looseObject({
  Name: z.string().min(1),
  Labels: labels,
  TaskTemplate: taskTemplate,
  Mode: z.optional(
    z.looseObject({
      Replicated: z.optional(z.looseObject({ Replicas: z.optional(z.number()) })),
      Global: z.optional(z.looseObject({})),
    }),
  ),
  UpdateConfig: z.optional(updateConfig),
  EndpointSpec: z.optional(endpointSpec),
  Networks: z.optional(z.array(networkTarget)),
})

export const nodeSpecSchema = z.looseObject({
  Name: z.optional(z.string()),
  Labels: labels,
  Role: z.enum(['manager', 'worker']),
  Availability: z.enum(['active', 'pause', 'drain']),
})

export const networkCreateSchema = z.looseObject({
  Name: z.string().min(1),
  Driver: z.optional(z.string()),
  Labels: labels,
  Attachable: z.optional(z.boolean()),
  Ingress: z.optional(z.boolean()),
  Options: labels,
  IPAM: z.optional(
    z.looseObject({ Config: z.optional(z.array(z.looseObject({ Subnet: z.optional(z.string()) }))) }),
  ),
})

/** A secret or a config. */
export const mountedCreateSchema = z.looseObject({ Name: z.string(), Labels: labels, Data: z.string() })

export type MountedCreate = z.infer<typeof mountedCreateSchema>
export type ServiceSpec = z.infer<typeof serviceSpecSchema>
export type TaskSpec = ServiceSpec['TaskTemplate']
export type EndpointSpec = NonNullable<ServiceSpec['EndpointSpec']>
export type PortSpec = NonNullable<EndpointSpec['Ports']>[number]
export type NodeSpec = z.infer<typeof nodeSpecSchema>
export type NetworkCreate = z.infer<typeof networkCreateSchema>

/** What every object of the store carries. */
export type Meta = {
  readonly ID: string
  readonly Version: { readonly Index: number }
  readonly CreatedAt: string
  readonly UpdatedAt: string
}

export type UpdateState =
  | 'updating'
  | 'paused'
  | 'completed'
  | 'rollback_started'
  | 'rollback_paused'
  | 'rollback_completed'

export type UpdateStatus = {
  readonly State: UpdateState
  readonly StartedAt: string
  readonly CompletedAt?: string
  readonly Message: string
}

export type Service = Meta & {
  readonly Spec: ServiceSpec
  readonly PreviousSpec?: ServiceSpec
  readonly Endpoint: {
    readonly Spec: EndpointSpec
    readonly Ports?: readonly PortSpec[]
    readonly VirtualIPs?: readonly { readonly NetworkID: string; readonly Addr: string }[]
  }
  readonly UpdateStatus?: UpdateStatus
}

/** SwarmKit's states in their order (api/types.proto, TaskState): a task never goes back. */
export const taskStates = [
  'new',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
] as const

export type TaskState = (typeof taskStates)[number]

const ranks: ReadonlyMap<string, number> = new Map(taskStates.map((state, rank) => [state, rank]))

/** Where a state stands in the order of states. */
export function rank(state: TaskState): number {
  return ranks.get(state) ?? 0
}

export type TaskStatus = {
  readonly Timestamp: string
  readonly State: TaskState
  readonly Message: string
  readonly Err?: string
  readonly ContainerStatus?: { readonly ContainerID: string; readonly PID: number; readonly ExitCode: number }
  readonly PortStatus: { readonly Ports?: readonly PortSpec[] }
}

export type NetworkAttachment = { readonly Network: NetworkRef; readonly Addresses: readonly string[] }

/** The network as a task carries it. */
export type NetworkRef = Meta & {
  readonly Spec: {
    readonly Name: string
    readonly Labels: Readonly<Record<string, string>>
    readonly DriverConfiguration: { readonly Name: string }
    readonly Attachable?: true
    readonly Ingress?: true
    readonly Scope: 'swarm'
  }
  readonly DriverState: { readonly Name: string }
  readonly IPAMOptions: {
    readonly Driver: { readonly Name: string }
    readonly Configs: readonly { readonly Subnet: string; readonly Gateway: string }[]
  }
}

export type Task = Meta & {
  readonly Labels: Readonly<Record<string, string>>
  readonly Spec: TaskSpec
  readonly ServiceID: string
  readonly Slot?: number
  readonly NodeID?: string
  readonly Status: TaskStatus
  readonly DesiredState: TaskState
  readonly NetworksAttachments?: readonly NetworkAttachment[]
  /** What the store knows of the task and the API does not show; a later change of the service does not reach it. */
  readonly internal: {
    readonly serviceName: string
    readonly serviceLabels: Readonly<Record<string, string>>
    readonly endpoint: EndpointSpec | undefined
  }
}

export type Node = Meta & {
  readonly Spec: NodeSpec
  readonly Description: {
    readonly Hostname: string
    readonly Platform: { readonly Architecture: string; readonly OS: string }
    readonly Resources: { readonly NanoCPUs: number; readonly MemoryBytes: number }
    readonly Engine: { readonly EngineVersion: string }
  }
  readonly Status: {
    readonly State: 'unknown' | 'down' | 'ready' | 'disconnected'
    readonly Message?: string
    readonly Addr: string
  }
  readonly ManagerStatus?: {
    readonly Leader?: true
    readonly Reachability: 'reachable'
    readonly Addr: string
  }
}

/** Its data is for the tasks that it is given to, and shown to nobody. */
export type Secret = Meta & {
  readonly Spec: { readonly Name: string; readonly Labels: Readonly<Record<string, string>> }
}

/** As the API shows it, data and all. */
export type Config = Meta & { readonly Spec: Secret['Spec'] & { readonly Data: string } }

/** A network as the store holds it; `NetworkRef` is its shape in a task, `networkResource` (control.ts) in `/networks`. */
export type Network = NetworkRef

/** True while the task is meant to run: desired NEW up to RUNNING. */
export function isWanted(task: Task): boolean {
  return rank(task.DesiredState) <= rank('running')
}

/** True once the task has ended, however it did. */
export function hasEnded(task: Task): boolean {
  return rank(task.Status.State) > rank('running')
}

/** True for a task that serves: it runs and is meant to. */
export function isRunning(task: Task): boolean {
  return task.Status.State === 'running' && task.DesiredState === 'running'
}
