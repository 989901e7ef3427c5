// Services in a test's words, and their translation into Docker's specification.
// Owns the short form. Refuses anything the Engine API could not say as well.

import type { EndpointSpec, ServiceSpec, TaskSpec } from './objects.ts'
import type { RuntimeKind } from './runtime.ts'

/** What a test says about a service. In an update only what is given changes; labels and env merge, networks do not. */
export type ServiceDefinition = {
  /** Label `com.docker.lb.hosts`. */
  readonly hosts?: readonly string[]
  /** Label `com.docker.lb.port`. The application listens there. */
  readonly port?: number
  /** Undefined removes a label. */
  readonly labels?: Readonly<Record<string, string | undefined>>
  readonly image?: string
  /** Undefined removes a variable. app.ts lists those that the application understands. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly replicas?: number
  /** One task on each node instead of replicas. Cannot be changed later. */
  readonly global?: boolean
  /** Names or ids. */
  readonly networks?: readonly string[]
  /** As Docker's API has them. */
  readonly secrets?: ContainerSpec['Secrets']
  readonly configs?: ContainerSpec['Configs']
  readonly update?: {
    readonly order?: 'start-first' | 'stop-first'
    /** 0: all at once. */
    readonly parallelism?: number
    readonly delayMs?: number
    readonly monitorMs?: number
    readonly failureAction?: 'pause' | 'continue' | 'rollback'
  }
  readonly restart?: { readonly condition?: 'any' | 'on-failure' | 'none'; readonly delayMs?: number }
  readonly stopGraceMs?: number
  /** Holds tasks in STARTING until the application says it is healthy (env HEALTHY_AFTER_MS, POST /health?healthy=). */
  readonly healthcheck?: boolean
  readonly endpointMode?: 'vip' | 'dnsrr'
  readonly ports?: readonly {
    readonly target: number
    readonly published?: number
    readonly mode?: 'host' | 'ingress'
  }[]
  readonly constraints?: readonly string[]
  readonly runtime?: RuntimeKind
  /** Replaces the tasks though nothing changed, as `docker service update --force`. */
  readonly force?: boolean
}

/** The specification of a new service. */
export function specOf(name: string, definition: ServiceDefinition): ServiceSpec {
  const mode =
    definition.global === true ? { Global: {} } : { Replicated: { Replicas: definition.replicas ?? 1 } }
  const bare: ServiceSpec = {
    Name: name,
    Labels: {},
    TaskTemplate: { ContainerSpec: { Image: 'tidegate/app:1' }, ForceUpdate: 0 },
    Mode: mode,
    EndpointSpec: { Mode: 'vip' },
  }
  return patchSpec(bare, definition)
}

/** The specification with the patch's changes; untouched parts stay the same objects. */
export function patchSpec(spec: ServiceSpec, patch: ServiceDefinition): ServiceSpec {
  const { update, replicas } = patch
  return {
    ...spec,
    Labels: mergeLabels(spec.Labels ?? {}, patch),
    TaskTemplate: patchTemplate(spec.TaskTemplate, patch),
    ...(replicas !== undefined && { Mode: { Replicated: { Replicas: replicas } } }),
    ...(update !== undefined && {
      UpdateConfig: {
        ...spec.UpdateConfig,
        ...(update.order !== undefined && { Order: update.order }),
        ...(update.parallelism !== undefined && { Parallelism: update.parallelism }),
        ...(update.delayMs !== undefined && { Delay: update.delayMs * 1e6 }),
        ...(update.monitorMs !== undefined && { Monitor: update.monitorMs * 1e6 }),
        ...(update.failureAction !== undefined && { FailureAction: update.failureAction }),
      },
    }),
    EndpointSpec: patchEndpoint(spec.EndpointSpec ?? {}, patch),
  }
}

function mergeLabels(
  labels: Readonly<Record<string, string>>,
  patch: ServiceDefinition,
): Record<string, string> {
  return merge(labels, {
    ...(patch.hosts !== undefined && { 'com.docker.lb.hosts': patch.hosts.join(',') }),
    ...(patch.port !== undefined && { 'com.docker.lb.port': String(patch.port) }),
    ...patch.labels,
  })
}

function merge(
  old: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const merged = new Map(Object.entries(old))
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

function patchTemplate(template: TaskSpec, patch: ServiceDefinition): TaskSpec {
  return {
    ...template,
    ContainerSpec: patchContainer(template.ContainerSpec ?? {}, patch),
    ...(patch.networks !== undefined && { Networks: patch.networks.map((network) => ({ Target: network })) }),
    ...(patch.restart !== undefined && {
      RestartPolicy: {
        ...template.RestartPolicy,
        ...(patch.restart.condition !== undefined && { Condition: patch.restart.condition }),
        ...(patch.restart.delayMs !== undefined && { Delay: patch.restart.delayMs * 1e6 }),
      },
    }),
    ...(patch.constraints !== undefined && { Placement: { Constraints: [...patch.constraints] } }),
    ...(patch.force === true && { ForceUpdate: (template.ForceUpdate ?? 0) + 1 }),
  }
}

type ContainerSpec = NonNullable<TaskSpec['ContainerSpec']>

function patchContainer(container: ContainerSpec, patch: ServiceDefinition): ContainerSpec {
  return {
    ...container,
    ...(patch.image !== undefined && { Image: patch.image }),
    ...(patch.env !== undefined && { Env: patchEnv(container.Env ?? [], patch.env) }),
    ...(patch.runtime !== undefined && { Labels: { ...container.Labels, SIM_RUNTIME: patch.runtime } }),
    ...(patch.secrets !== undefined && { Secrets: patch.secrets }),
    ...(patch.configs !== undefined && { Configs: patch.configs }),
    ...(patch.stopGraceMs !== undefined && { StopGracePeriod: patch.stopGraceMs * 1e6 }),
    ...(patch.healthcheck === true && { Healthcheck: { Test: ['CMD', '/health'] } }),
    ...(patch.healthcheck === false && { Healthcheck: { Test: ['NONE'] } }),
  }
}

function patchEnv(old: readonly string[], changes: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.fromEntries(
    old.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  )
  return Object.entries(merge(known, changes)).map(([name, value]) => `${name}=${value}`)
}

function patchEndpoint(endpoint: EndpointSpec, patch: ServiceDefinition): EndpointSpec {
  return {
    ...endpoint,
    ...(patch.endpointMode !== undefined && { Mode: patch.endpointMode }),
    ...(patch.ports !== undefined && {
      Ports: patch.ports.map((port) => ({
        Protocol: 'tcp',
        TargetPort: port.target,
        ...(port.published !== undefined && { PublishedPort: port.published }),
        PublishMode: port.mode ?? 'ingress',
      })),
    }),
  }
}
