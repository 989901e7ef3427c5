// Docker's JSON as the core's types, one element at a time.

import { expect, test } from 'vitest'
import { Nonsense } from '../../../agent/docker/json-read.ts'
import { readNamed, readNetwork, readNode, readService, readTask } from '../../../agent/swarm/read-element.ts'

const service = { ID: 's1', Version: { Index: 7 }, CreatedAt: '2026-08-01T10:00:00Z', Spec: { Name: 'web' } }
const task = {
  ID: 't1',
  ServiceID: 's1',
  NodeID: 'n1',
  DesiredState: 'running',
  Status: { State: 'running' },
}

test('a service without anything optional is a replicated one with a VIP mode and no networks', () => {
  expect(readService(service)).toEqual({
    id: 's1',
    name: 'web',
    createdAt: '2026-08-01T10:00:00Z',
    version: 7,
    labels: {},
    mode: 'replicated',
    networkIds: [],
    endpointMode: 'vip',
    virtualIps: [],
    hostPorts: [],
  })
})

test.for([
  [{ Replicated: { Replicas: 2 } }, 'replicated'],
  [{ Global: {} }, 'global'],
  [{ ReplicatedJob: { MaxConcurrent: 1 } }, 'job'],
  [{ GlobalJob: {} }, 'job'],
] as const)('a service with the mode %j is %s', ([Mode, mode]) => {
  expect(readService({ ...service, Spec: { Name: 'web', Mode } }).mode).toBe(mode)
})

test.for([
  [{ TaskTemplate: { Networks: [{ Target: 'b' }, { Target: 'a' }, { Target: 'a' }] } }, ['a', 'b']],
  [{ Networks: [{ Target: 'old' }] }, ['old']],
  [{ TaskTemplate: { Networks: null }, Networks: null }, []],
] as const)('the networks of %j are %j', ([spec, networks]) => {
  expect(readService({ ...service, Spec: { Name: 'web', ...spec } }).networkIds).toEqual(networks)
})

test('the secrets and configs that its tasks are given as files', () => {
  const file = (Name: string) => ({ Name, UID: '0', GID: '0', Mode: 256 })
  const ContainerSpec = {
    Secrets: [
      { SecretID: 'i1', SecretName: 'demo.crt', File: file('demo.crt') },
      { SecretID: 'i1', SecretName: 'demo.crt', File: file('tls.pem') },
      { SecretID: 'i2', SecretName: 'nowhere' },
    ],
    Configs: [
      { ConfigID: 'c1', ConfigName: 'demo', File: file('/run/configs/demo') },
      { ConfigID: 'c2', ConfigName: 'credentials', Runtime: {} },
    ],
  }
  const { secrets, configs } = readService({
    ...service,
    Spec: { Name: 'web', TaskTemplate: { ContainerSpec } },
  })
  expect(secrets).toEqual([
    { id: 'i1', name: 'demo.crt', file: 'demo.crt' },
    { id: 'i1', name: 'demo.crt', file: 'tls.pem' },
  ])
  expect(configs).toEqual([{ id: 'c1', name: 'demo', file: '/run/configs/demo' }])
})

test('a secret or a config is its id and its name; one without a name makes no sense', () => {
  expect(readNamed({ ID: 'i', Spec: { Name: 'demo', Data: 'eA==' } })).toEqual({ id: 'i', name: 'demo' })
  expect(() => readNamed({ ID: 'i', Spec: {} })).toThrow(Nonsense)
})

test.for([
  ['updating', true],
  ['rollback_started', true],
  ['completed', undefined],
  ['paused', undefined],
] as const)('a service whose update is %s: updating is %s', ([State, isUpdating]) => {
  expect(readService({ ...service, UpdateStatus: { State } }).isUpdating).toBe(isUpdating)
})

test('VIPs lose their prefix length, and what is no address is left out', () => {
  const VirtualIPs = [
    { NetworkID: 'a', Addr: '10.0.1.5/24' },
    { NetworkID: 'b', Addr: 'fd00::5/64' },
    { NetworkID: 'c' },
    { NetworkID: 'd', Addr: 'invalid Prefix' },
  ]
  expect(readService({ ...service, Endpoint: { VirtualIPs } }).virtualIps).toEqual([
    { networkId: 'a', address: '10.0.1.5' },
    { networkId: 'b', address: 'fd00::5' },
  ])
})

test('the endpoint mode is the one in effect', () => {
  const Spec = { Name: 'web', EndpointSpec: { Mode: 'dnsrr' } }
  expect(readService({ ...service, Spec }).endpointMode).toBe('dnsrr')
  expect(readService({ ...service, Spec, Endpoint: { Spec: { Mode: 'vip' } } }).endpointMode).toBe('vip')
})

test('only ports published in host mode are host ports, each of them once', () => {
  const Ports = [
    { TargetPort: 80, PublishedPort: 8080, PublishMode: 'host', Protocol: 'tcp' },
    { TargetPort: 80, PublishedPort: 8080, PublishMode: 'host', Protocol: 'tcp' },
    { TargetPort: 81, PublishedPort: 8081, PublishMode: 'ingress', Protocol: 'tcp' },
    { TargetPort: 0, PublishMode: 'host' },
  ]
  expect(readService({ ...service, Spec: { Name: 'web', EndpointSpec: { Ports } } }).hostPorts).toEqual([
    { targetPort: 80, protocol: 'tcp' },
  ])
  expect(readTask({ ...task, Status: { State: 'running', PortStatus: { Ports } } }).task.hostPorts).toEqual([
    { targetPort: 80, publishedPort: 8080, protocol: 'tcp' },
  ])
})

test('labels that are no text are left out', () => {
  expect(
    readService({ ...service, Spec: { Name: 'web', Labels: { a: '1', b: 2, c: null } } }).labels,
  ).toEqual({ a: '1' })
})

test('a label named __proto__ is a label', () => {
  const labels = readService(JSON.parse('{"ID":"s","Spec":{"Name":"x","Labels":{"__proto__":"y"}}}')).labels
  expect(Object.keys(labels)).toEqual(['__proto__'])
})

test('a task has its addresses by network, IPv6 included, and its container', () => {
  const NetworksAttachments = [
    { Network: { ID: 'a' }, Addresses: ['10.0.1.6/24', 'fd00::6/64'] },
    { Network: { ID: 'b' }, Addresses: null },
  ]
  const Status = { State: 'running', ContainerStatus: { ContainerID: 'abc' } }
  expect(readTask({ ...task, Slot: 3, Status, NetworksAttachments })).toEqual({
    task: {
      id: 't1',
      serviceId: 's1',
      slot: 3,
      nodeId: 'n1',
      state: 'running',
      desiredState: 'running',
      attachments: [
        { networkId: 'a', addresses: ['10.0.1.6', 'fd00::6'] },
        { networkId: 'b', addresses: [] },
      ],
      hostPorts: [],
    },
    version: 0,
    containerId: 'abc',
  })
})

test('a task of a global service has no slot', () => {
  expect(readTask(task).task.slot).toBeUndefined()
})

test.for([
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['0.0.0.0', '192.0.2.7:2377', '192.0.2.7'],
  ['127.0.0.1', '[2001:db8::7]:2377', '2001:db8::7'],
  ['', undefined, ''],
] as const)('a node at %j, manager at %j, is reached at %j', ([Addr, manager, address]) => {
  const node = {
    ID: 'n',
    Description: { Hostname: 'one' },
    Status: { State: 'ready', Addr },
    ManagerStatus: { Addr: manager },
  }
  expect(readNode(node)).toEqual({ id: 'n', name: 'one', address, status: 'ready' })
})

test('a network is known by name, and the ingress network as such', () => {
  expect(readNetwork({ Id: 'n', Name: 'ingress', Ingress: true })).toEqual({
    id: 'n',
    name: 'ingress',
    ingress: true,
  })
  expect(readNetwork({ Id: 'm', Name: 'front' }).ingress).toBe(false)
})

test.for([
  [readService, null, 'not an object'],
  [readService, [], 'not an object'],
  [readService, { Spec: { Name: 'web' } }, 'ID is missing'],
  [readService, { ID: 's' }, 'Spec.Name is missing'],
  [readService, { ID: 's', Spec: 'web' }, 'Spec.Name is missing'],
  [readTask, { ...task, ServiceID: 7 }, 'ServiceID is missing'],
  [readTask, { ...task, Status: {} }, 'Status.State is missing'],
  [readTask, { ...task, DesiredState: 'flying' }, 'DesiredState is "flying"'],
  [readNode, {}, 'ID is missing'],
  [readNetwork, { Id: 'x' }, 'Name is missing'],
] as const)('%o refuses %j: %s', ([read, json, message]) => {
  expect(() => read(json)).toThrow(Nonsense)
  expect(() => read(json)).toThrow(message)
})
