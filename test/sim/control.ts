// The Swarm's control API: what a client may ask a manager to change, with Docker's own refusals.
// Owns validation, look-up by id, name or prefix, and the errors' exact words. Refuses HTTP (api.ts) and consequences:
// it writes to the store, and the orchestrator does the rest.

import { type AddressSpace, createPool } from './addresses.ts'
import type { Allocator } from './allocator.ts'
import { ApiError } from './api-error.ts'
import { sameJson } from './json.ts'
import { checkReferences, createMounted, type MountedKind, removeMounted } from './mounts.ts'
import {
  type Config,
  hasEnded,
  isWanted,
  type MountedCreate,
  type Network,
  type NetworkCreate,
  type Node,
  type NodeSpec,
  type Secret,
  type Service,
  type ServiceSpec,
  type Task,
} from './objects.ts'
import type { Store } from './store.ts'

export type Control = {
  readonly service: (idOrName: string) => Service
  readonly network: (idOrName: string) => Network
  readonly node: (idOrName: string) => Node
  readonly task: (idOrName: string) => Task
  readonly createService: (spec: ServiceSpec) => string
  /** Refuses a version that is not the service's current one; without a version it updates whatever there is. */
  readonly updateService: (idOrName: string, version: number | undefined, spec: ServiceSpec) => void
  readonly rollbackService: (idOrName: string, version: number) => void
  readonly removeService: (idOrName: string) => void
  readonly createNetwork: (request: NetworkCreate) => Promise<string>
  readonly removeNetwork: (idOrName: string) => void
  readonly mounted: (kind: MountedKind, idOrName: string) => Secret | Config
  readonly createMounted: (kind: MountedKind, request: MountedCreate) => string
  readonly removeMounted: (kind: MountedKind, idOrName: string) => void
  readonly updateNode: (idOrName: string, version: number | undefined, spec: NodeSpec) => void
}

type Context = {
  readonly store: Store
  readonly addresses: AddressSpace
  readonly allocator: Allocator
  readonly networkPrefixLength: number
}

export function createControl(context: Context): Control {
  const { store } = context
  const service = (key: string) => find(store.list('service'), key, 'service', (each) => each.Spec.Name)
  const network = (key: string) => find(store.list('network'), key, 'network', (each) => each.Spec.Name)
  const mounted = (kind: MountedKind, key: string) =>
    find<Secret | Config>(store.list(kind), key, kind, (each) => each.Spec.Name)
  const node = (key: string) => find(store.list('node'), key, 'node', (each) => each.Description.Hostname)
  return {
    service,
    network,
    node,
    task: (key) => find(store.list('task'), key, 'task', (each) => each.ID),
    createService: (spec) => createService(context, resolveNetworks(spec, network)),
    updateService: (key, version, spec) =>
      updateService(context, service(key), version, resolveNetworks(spec, network)),
    rollbackService: (key, version) => rollbackService(context, service(key), version),
    removeService: (key) => {
      const { ID } = service(key)
      store.commit((tx) => tx.remove('service', ID))
    },
    createNetwork: (request) => createNetwork(context, request),
    removeNetwork: (key) => removeNetwork(context, network(key)),
    mounted,
    createMounted: (kind, request) => createMounted(store, kind, request),
    removeMounted: (kind, key) => removeMounted(store, kind, mounted(kind, key)),
    updateNode: (key, version, spec) => {
      const old = node(key)
      checkVersion(old, version)
      store.commit((tx) => tx.update('node', old.ID, (current) => ({ ...current, Spec: spec })))
    },
  }
}

/** By id, else by name, else by a prefix of the id that only one object has. */
function find<T extends { readonly ID: string }>(
  objects: readonly T[],
  key: string,
  kind: string,
  nameOf: (object: T) => string,
): T {
  const exact = objects.find((each) => each.ID === key) ?? objects.find((each) => nameOf(each) === key)
  if (exact !== undefined) return exact
  const [first, second] = key === '' ? [] : objects.filter((each) => each.ID.startsWith(key))
  if (first === undefined) throw new ApiError(404, `${kind} ${key} not found`)
  if (second !== undefined) throw new ApiError(400, `${kind} ${key} is ambiguous (2 matches found)`)
  return first
}

function checkVersion(object: Service | Node, version: number | undefined): void {
  if (version === undefined || version === object.Version.Index) return
  throw new ApiError(500, 'rpc error: code = Unknown desc = update out of sequence')
}

/** Networks may be asked for by name; the store knows ids. Older clients ask for them beside the task template. */
function resolveNetworks(spec: ServiceSpec, network: (key: string) => Network): ServiceSpec {
  const { Networks: legacy, ...rest } = spec
  const asked = spec.TaskTemplate.Networks ?? legacy
  if (asked === undefined) return rest
  const networks = asked.map((each) => ({ ...each, Target: network(each.Target).ID }))
  return { ...rest, TaskTemplate: { ...spec.TaskTemplate, Networks: networks } }
}

function createService({ store }: Context, spec: ServiceSpec): string {
  const namesake = store.list('service').find((service) => service.Spec.Name === spec.Name)
  if (namesake !== undefined) {
    const detail = `name conflicts with an existing object: service ${spec.Name} already exists`
    throw new ApiError(409, `rpc error: code = AlreadyExists desc = ${detail}`)
  }
  checkReferences(store, spec)
  const mode = spec.Mode ?? { Replicated: { Replicas: 1 } }
  return store.commit((tx) => tx.create('service', { Spec: { ...spec, Mode: mode }, Endpoint: { Spec: {} } }))
    .ID
}

function updateService(
  { store }: Context,
  old: Service,
  version: number | undefined,
  spec: ServiceSpec,
): void {
  checkVersion(old, version)
  if (spec.Name !== old.Spec.Name) {
    throw new ApiError(501, 'rpc error: code = Unimplemented desc = renaming services is not supported')
  }
  checkReferences(store, spec)
  // An equal task template keeps its identity, so that nobody compares it field by field for each task.
  const template = sameJson(spec.TaskTemplate, old.Spec.TaskTemplate)
    ? old.Spec.TaskTemplate
    : spec.TaskTemplate
  store.commit((tx) =>
    tx.update('service', old.ID, ({ UpdateStatus: _, ...service }) => ({
      ...service,
      Spec: { ...spec, Mode: spec.Mode ?? old.Spec.Mode, TaskTemplate: template },
      PreviousSpec: old.Spec,
    })),
  )
}

function rollbackService({ store }: Context, old: Service, version: number): void {
  checkVersion(old, version)
  const previous = old.PreviousSpec
  if (previous === undefined) {
    throw new ApiError(
      400,
      `rpc error: code = FailedPrecondition desc = service ${old.ID} does not have a previous spec`,
    )
  }
  store.commit((tx) =>
    tx.update('service', old.ID, ({ PreviousSpec: _, ...service }) => ({
      ...service,
      Spec: previous,
      UpdateStatus: { State: 'rollback_started', StartedAt: tx.now, Message: 'manually requested rollback' },
    })),
  )
}

async function createNetwork(context: Context, request: NetworkCreate): Promise<string> {
  const { store, allocator, addresses, networkPrefixLength } = context
  if (store.list('network').some((network) => network.Spec.Name === request.Name)) {
    throw new ApiError(409, `network with name ${request.Name} already exists`)
  }
  const subnet = request.IPAM?.Config?.[0]?.Subnet
  const [address = '', prefix = ''] = subnet?.split('/') ?? []
  const pool =
    subnet === undefined
      ? await addresses.createPool(networkPrefixLength)
      : createPool(address, Number(prefix))
  const { ID } = store.commit((tx) =>
    tx.create('network', {
      Spec: {
        Name: request.Name,
        Labels: request.Labels ?? {},
        DriverConfiguration: { Name: 'overlay' },
        ...(request.Attachable === true && { Attachable: true }),
        ...(request.Ingress === true && { Ingress: true }),
        Scope: 'swarm',
      },
      DriverState: { Name: 'overlay' },
      IPAMOptions: {
        Driver: { Name: 'default' },
        Configs: [{ Subnet: pool.subnet, Gateway: pool.gateway }],
      },
    }),
  )
  allocator.addNetwork(ID, pool)
  return ID
}

/** SwarmKit names the network by id, and so does the error. FailedPrecondition is a 400 in moby's table. */
function removeNetwork({ store }: Context, { ID }: Network): void {
  const inUse = (by: string) =>
    new ApiError(400, `rpc error: code = FailedPrecondition desc = network ${ID} is in use by ${by}`)
  const service = store
    .list('service')
    .find((each) => each.Spec.TaskTemplate.Networks?.some((network) => network.Target === ID))
  if (service !== undefined) throw inUse(`service ${service.ID}`)
  const task = store
    .list('task')
    .find(
      (each) =>
        isWanted(each) &&
        !hasEnded(each) &&
        each.NetworksAttachments?.some((network) => network.Network.ID === ID),
    )
  if (task !== undefined) throw inUse(`task ${task.ID}`)
  store.commit((tx) => tx.remove('network', ID))
}
