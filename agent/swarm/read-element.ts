// Makes the core's types of Docker's JSON: one service, task, node or network at a time.
// Owns which of Docker's members are read, and what is made of odd values. Refuses elements that could not be told apart.
// By hand and not with zod: at 10,000 tasks a schema takes as long as parsing the JSON does.

import { isIpv4, isIpv6 } from '../core/address.ts'
import {
  type Mounted,
  type NamedObject,
  type Network,
  type Node,
  type Service,
  type Task,
  type TaskState,
  taskStates,
} from '../core/snapshot.ts'
import { compareText, quote } from '../core/text.ts'
import {
  hasObject,
  integerAt,
  isTrueAt,
  type Json,
  Nonsense,
  neededObject,
  neededText,
  objectAt,
  objectsAt,
  textAt,
  textsAt,
} from '../docker/json-read.ts'
import { sameValue } from '../docker/same-value.ts'

/** A task, with what of it is no business of the core. */
export type ListedTask = {
  readonly task: Task
  /** Of the commit that changed it last; the greater one is the newer. */
  readonly version: number
  /** By its container the edge finds itself among the tasks. Empty until the task has one. */
  readonly containerId: string
}

/** A service of `GET /services`. Throws Nonsense. Its networks may be names: the list of networks resolves them. */
export function readService(element: unknown): Service {
  const json = neededObject(element)
  const spec = objectAt(json, 'Spec')
  const endpoint = objectAt(json, 'Endpoint')
  return {
    id: neededText(json, 'ID'),
    name: neededText(spec, 'Name', 'Spec.Name'),
    createdAt: textAt(json, 'CreatedAt'),
    version: integerAt(objectAt(json, 'Version'), 'Index'),
    labels: readLabels(spec),
    mode: readMode(objectAt(spec, 'Mode')),
    networkIds: readTargets(spec),
    endpointMode: readEndpointMode(spec, endpoint),
    virtualIps: readVirtualIps(endpoint),
    ...(isUpdating(objectAt(json, 'UpdateStatus')) ? { isUpdating: true } : {}),
    ...readMounts(objectAt(objectAt(spec, 'TaskTemplate'), 'ContainerSpec')),
    hostPorts: readHostPorts(objectAt(spec, 'EndpointSpec')).map(({ targetPort, protocol }) => ({
      targetPort,
      protocol,
    })),
  }
}

/** moby's api/types/swarm, UpdateState: those in which Swarm replaces tasks. */
function isUpdating(status: Json): boolean {
  return /^(updating|rollback_started)$/.test(textAt(status, 'State'))
}

function readMounts(container: Json): Pick<Service, 'secrets' | 'configs'> {
  const secrets = readMounted(container, 'Secret')
  const configs = readMounted(container, 'Config')
  return { ...(secrets.length > 0 && { secrets }), ...(configs.length > 0 && { configs }) }
}

// A config that Windows takes credentials from has no file.
function readMounted(container: Json, kind: 'Secret' | 'Config'): readonly Mounted[] {
  return objectsAt(container, `${kind}s`).flatMap((reference) => {
    const id = textAt(reference, `${kind}ID`)
    const name = textAt(reference, `${kind}Name`)
    const file = textAt(objectAt(reference, 'File'), 'Name')
    return id === '' || name === '' || file === '' ? [] : [{ id, name, file }]
  })
}

/** A secret of `GET /secrets`, or a config of `GET /configs`. Throws Nonsense. */
export function readNamed(element: unknown): NamedObject {
  const json = neededObject(element)
  return { id: neededText(json, 'ID'), name: neededText(objectAt(json, 'Spec'), 'Name', 'Spec.Name') }
}

/** A task of `GET /tasks`. Throws Nonsense. */
export function readTask(element: unknown): ListedTask {
  const json = neededObject(element)
  const status = objectAt(json, 'Status')
  const slot = integerAt(json, 'Slot')
  const task: Task = {
    id: neededText(json, 'ID'),
    serviceId: neededText(json, 'ServiceID'),
    slot: slot > 0 ? slot : undefined,
    nodeId: textAt(json, 'NodeID'),
    state: readState(status, 'State', 'Status.State'),
    desiredState: readState(json, 'DesiredState', 'DesiredState'),
    attachments: objectsAt(json, 'NetworksAttachments').map(readAttachment),
    hostPorts: readHostPorts(objectAt(status, 'PortStatus')).filter(({ publishedPort }) => publishedPort > 0),
  }
  return {
    task,
    version: integerAt(objectAt(json, 'Version'), 'Index'),
    containerId: textAt(objectAt(status, 'ContainerStatus'), 'ContainerID'),
  }
}

/** The newer of two readings of a task, with the objects of the older one as far as they say the same. */
export function keepTask(now: ListedTask, before: ListedTask | undefined): ListedTask {
  if (before === undefined || !sameValue(before.task, now.task)) return now
  const isSame = before.version === now.version && before.containerId === now.containerId
  return isSame ? before : { ...now, task: before.task }
}

/** A node of `GET /nodes`. Throws Nonsense. */
export function readNode(element: unknown): Node {
  const json = neededObject(element)
  const status = objectAt(json, 'Status')
  return {
    id: neededText(json, 'ID'),
    name: textAt(objectAt(json, 'Description'), 'Hostname'),
    address: readNodeAddress(textAt(status, 'Addr'), textAt(objectAt(json, 'ManagerStatus'), 'Addr')),
    status: readNodeStatus(textAt(status, 'State')),
  }
}

/** A network of `GET /networks`. Throws Nonsense. */
export function readNetwork(element: unknown): Network {
  const json = neededObject(element)
  return { id: neededText(json, 'Id'), name: neededText(json, 'Name'), ingress: isTrueAt(json, 'Ingress') }
}

function readLabels(spec: Json): Readonly<Record<string, string>> {
  const labels = Object.entries(objectAt(spec, 'Labels')).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(labels)
}

// api/types/swarm/service.go, ServiceMode: exactly one of Replicated, Global, ReplicatedJob, GlobalJob stands.
function readMode(mode: Json): Service['mode'] {
  if (hasObject(mode, 'ReplicatedJob') || hasObject(mode, 'GlobalJob')) return 'job'
  return hasObject(mode, 'Global') ? 'global' : 'replicated'
}

// Spec.Networks is where clients of the API before 1.25 put them; the engine still answers it as it was given.
function readTargets(spec: Json): readonly string[] {
  const ofTasks = objectsAt(objectAt(spec, 'TaskTemplate'), 'Networks')
  const networks = ofTasks.length > 0 ? ofTasks : objectsAt(spec, 'Networks')
  const targets = networks.map((network) => textAt(network, 'Target')).filter((target) => target !== '')
  return [...new Set(targets)].sort(compareText)
}

// Endpoint.Spec is what the service has, Spec.EndpointSpec what it was asked to have; the former is absent at first.
function readEndpointMode(spec: Json, endpoint: Json): Service['endpointMode'] {
  const mode = textAt(objectAt(endpoint, 'Spec'), 'Mode') || textAt(objectAt(spec, 'EndpointSpec'), 'Mode')
  return mode === 'dnsrr' ? 'dnsrr' : 'vip'
}

function readVirtualIps(endpoint: Json): Service['virtualIps'] {
  return objectsAt(endpoint, 'VirtualIPs').flatMap((vip) => {
    const networkId = textAt(vip, 'NetworkID')
    const address = readAddress(textAt(vip, 'Addr'))
    return networkId === '' || address === undefined ? [] : [{ networkId, address }]
  })
}

function readAttachment(json: Json): Task['attachments'][number] {
  const addresses = textsAt(json, 'Addresses').map(readAddress)
  return {
    networkId: textAt(objectAt(json, 'Network'), 'ID'),
    addresses: addresses.filter((address) => address !== undefined),
  }
}

/** `10.0.0.5/24` without its prefix length; undefined for what is no address (Go writes an unset one as such a text). */
function readAddress(text: string): string | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  return isIpv4(address) || isIpv6(address) ? address : undefined
}

function readHostPorts(json: Json): Task['hostPorts'] {
  const ports = objectsAt(json, 'Ports').flatMap((port) => {
    const targetPort = integerAt(port, 'TargetPort')
    const publishedPort = integerAt(port, 'PublishedPort')
    const isHost = textAt(port, 'PublishMode') === 'host' && isPort(targetPort) && publishedPort <= 65_535
    return isHost ? [{ targetPort, publishedPort, protocol: textAt(port, 'Protocol') || 'tcp' }] : []
  })
  // An engine with IPv6 reports each port twice, as bound on 0.0.0.0 and on [::], with nothing to tell them apart.
  return ports.length < 2
    ? ports
    : ports.filter((port, i) => ports.findIndex((other) => sameValue(other, port)) === i)
}

function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535
}

const knownStates: ReadonlyMap<string, TaskState> = new Map(taskStates.map((state) => [state, state]))

function readState(json: Json, member: string, path: string): TaskState {
  const text = neededText(json, member, path)
  const state = knownStates.get(text)
  if (state === undefined) throw new Nonsense(`${path} is ${quote(text)}, which is no task state`)
  return state
}

// A manager that was given no address to advertise answers 0.0.0.0 for itself; the address of its manager role is right.
function readNodeAddress(address: string, managerAddress: string): string {
  if (address !== '' && address !== '0.0.0.0' && address !== '::' && !address.startsWith('127.'))
    return address
  const [, ipv6, ipv4] = /^(?:\[(.+)\]|(.+)):\d+$/.exec(managerAddress) ?? []
  return ipv6 ?? ipv4 ?? address
}

function readNodeStatus(state: string): Node['status'] {
  return state === 'down' || state === 'ready' || state === 'disconnected' ? state : 'unknown'
}
