import { expect, test } from 'vitest'
import { plainWish } from '../../../agent/core/server-options.ts'
import { ownerOf, serversOf } from '../../../agent/core/servers.ts'
import type { Service, Task } from '../../../agent/core/snapshot.ts'
import { topologyOf } from '../../../agent/core/topology.ts'
import { network, node, service, snapshot, task, tasks } from '../../support/builders.ts'

const nodes = [
  node('n1', { address: '192.0.2.1' }),
  node('n2', { address: '192.0.2.2' }),
  node('n3', { status: 'down' }),
  node('n6', { address: '2001:db8::6' }),
  node('n0', { address: '' }),
]
const world = snapshot({ nodes, networks: [network('demo'), network('back')] })
const topology = topologyOf(world, undefined)

function serve(given: Service, its: readonly Task[], mode: 'task' | 'vip' = 'task', port = 8080) {
  return serversOf(given, { mode, port, network: undefined, wish: plainWish }, its, topology)
}

const brief = ({ name, address, port, admin }: ReturnType<typeof serve>['servers'][number]) =>
  `${name} ${address} ${port} ${admin}`

test('task mode: one server for each task, named as Swarm names the container', () => {
  const { mode, servers, problems } = serve(service(), tasks('web', 2))
  expect(mode).toBe('task')
  expect(servers).toEqual([
    { name: 'web.1.webtask1', address: '10.0.0.11', port: 8080, weight: 1, admin: 'ready', checks: 'on' },
    { name: 'web.2.webtask2', address: '10.0.0.12', port: 8080, weight: 1, admin: 'ready', checks: 'on' },
  ])
  expect(problems).toEqual([])
})

test('a task of a global service has its node in the place of a slot', () => {
  const its = task({ id: 'x8k2', slot: undefined, nodeId: 'n2' })
  expect(serve(service({ mode: 'global' }), [its]).servers.map(brief)).toEqual([
    'web.n2.x8k2 10.0.0.10 8080 ready',
  ])
})

test.for([
  { state: 'running', desiredState: 'running', admin: 'ready' },
  { state: 'running', desiredState: 'shutdown', admin: undefined },
  { state: 'running', desiredState: 'remove', admin: undefined },
  { state: 'starting', desiredState: 'running', admin: 'maint' },
  { state: 'preparing', desiredState: 'running', admin: 'maint' },
  { state: 'ready', desiredState: 'ready', admin: 'maint' },
  { state: 'assigned', desiredState: 'ready', admin: 'maint' },
  { state: 'starting', desiredState: 'shutdown', admin: undefined },
  { state: 'complete', desiredState: 'running', admin: undefined },
  { state: 'failed', desiredState: 'running', admin: undefined },
  { state: 'shutdown', desiredState: 'shutdown', admin: undefined },
  { state: 'orphaned', desiredState: 'running', admin: undefined },
] as const)('a task that is $state and shall be $desiredState: $admin', ({ state, desiredState, admin }) => {
  expect(serve(service(), [task({ state, desiredState })]).servers[0]?.admin).toBe(admin)
})

test('a task without an address yet has no server', () => {
  expect(serve(service(), [task({ state: 'pending', attachments: [] })]).servers).toEqual([])
})

test('a task on a node that is down is out of rotation, whatever Swarm last heard of it', () => {
  expect(serve(service(), [task({ nodeId: 'n3' })]).servers).toEqual([])
})

test('a task on a node that nobody knows still serves', () => {
  expect(serve(service(), [task({ nodeId: 'n9' })]).servers).toHaveLength(1)
})

test('an IPv6 address is used where there is no other', () => {
  const attachments = [{ networkId: 'net-demo', addresses: ['fd00::7'] }]
  expect(serve(service(), [task({ attachments })]).servers.map(brief)).toEqual([
    'web.1.webtask1 fd00::7 8080 ready',
  ])
})

test('a task that is still only on an old network keeps its server there', () => {
  const moved = service({ networkIds: ['net-back', 'net-demo'] })
  const its = [
    task({ slot: 1 }),
    task({ slot: 2, attachments: [{ networkId: 'net-back', addresses: ['10.2.0.12'] }] }),
  ]
  expect(serve(moved, its).servers.map((server) => server.address)).toEqual(['10.0.0.11', '10.2.0.12'])
})

test('vip mode: one server at the virtual IP, named as the service', () => {
  const { mode, servers } = serve(service(), tasks('web', 3), 'vip')
  expect(mode).toBe('vip')
  expect(servers).toEqual([
    { name: 'web', address: '10.0.0.2', port: 8080, weight: 1, admin: 'ready', poolMaxConn: 0 },
  ])
})

test.for([
  { title: 'no task', tasks: [], admin: 'maint' },
  { title: 'a starting task', tasks: [task({ state: 'starting' })], admin: 'maint' },
  { title: 'a task that is to stop', tasks: [task({ desiredState: 'shutdown' })], admin: 'maint' },
  { title: 'a task on a lost node', tasks: [task({ nodeId: 'n3' })], admin: 'maint' },
  { title: 'a running task', tasks: [task({ state: 'failed' }), task()], admin: 'ready' },
] as const)('a virtual IP with $title behind it: $admin', ({ tasks: its, admin }) => {
  expect(serve(service(), its, 'vip').servers[0]?.admin).toBe(admin)
})

test('the virtual IP is the one on the network in use', () => {
  const virtualIps = [
    { networkId: 'net-demo', address: '10.0.0.2' },
    { networkId: 'net-back', address: 'fd00::2' },
    { networkId: 'net-ingress', address: '10.255.0.2' },
  ]
  const both = service({ networkIds: ['net-demo', 'net-back'], virtualIps })
  const attachments = virtualIps.map(({ networkId }) => ({ networkId, addresses: ['10.0.0.11'] }))
  expect(serve(both, tasks('web', 1, { attachments }), 'vip').servers[0]?.address).toBe('fd00::2')
})

test('a service without a virtual IP is served in task mode, and a warning says so', () => {
  const { mode, servers, problems } = serve(service({ endpointMode: 'dnsrr' }), tasks('web', 2), 'vip')
  expect(mode).toBe('task')
  expect(servers).toHaveLength(2)
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
    ['vip-without-endpoint', 'warning'],
  ])
})

const hostMode = service({ networkIds: [], hostPorts: [{ targetPort: 8080, protocol: 'tcp' }] })
const published = (nodeId: string, publishedPort: number, protocol = 'tcp') =>
  task({
    id: `on${nodeId}`,
    nodeId,
    attachments: [],
    hostPorts: [{ targetPort: 8080, publishedPort, protocol }],
  })

test('a port published in host mode is reached at the node, over no network at all', () => {
  const { servers, problems } = serve(hostMode, [published('n1', 32_768), published('n2', 32_769)])
  expect(servers.map(brief)).toEqual(['web.1.onn1 192.0.2.1 32768 ready', 'web.1.onn2 192.0.2.2 32769 ready'])
  expect(problems).toEqual([])
})

test("a node's IPv6 address will do", () => {
  expect(serve(hostMode, [published('n6', 80)]).servers[0]?.address).toBe('2001:db8::6')
})

test.for([
  { title: 'whose port is not known yet', task: task({ attachments: [], hostPorts: [] }) },
  { title: 'that publishes it over udp', task: published('n1', 53, 'udp') },
  { title: 'on a node without an address', task: published('n0', 80) },
  { title: 'on a node that nobody knows', task: published('n9', 80) },
])('a host-mode task $title has no server', ({ task: its }) => {
  expect(serve(hostMode, [its]).servers).toEqual([])
})

test('another port of a host-mode service is reached over a network', () => {
  const given = service({ hostPorts: [{ targetPort: 9090, protocol: 'tcp' }] })
  expect(serve(given, [task()]).servers.map(brief)).toEqual(['web.1.webtask1 10.0.0.11 8080 ready'])
})

test("a server's name tells its service", () => {
  const both = [service({ name: 'web' }), service({ name: 'web-2' })].map((each) => ({
    ...each,
    mode: 'task' as const,
  }))
  expect(ownerOf('web.1.x', both)?.name).toBe('web')
  expect(ownerOf('web-2.1.x', both)?.name).toBe('web-2')
  expect(ownerOf('web-2', both)?.name).toBe('web-2')
  expect(ownerOf('web-21', both)).toBeUndefined()
})
