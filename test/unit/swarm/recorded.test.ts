// What a real engine answered (Docker 20.10.24, API 1.41, one manager), read whole.
//
// Recorded: `web` on two networks with VIPs, `lonely` with dnsrr, `agents` global, `hosted` with a host-mode port, `ingressed`
// behind the routing mesh, `batch` a finished job, `stuck` without a node that fits.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Service, Task } from '../../../agent/core/snapshot.ts'
import { parseList } from '../../../agent/docker/list-diff.ts'
import { readNetwork, readNode, readService, readTask } from '../../../agent/swarm/read-element.ts'

function recorded<T>(name: string, read: (element: unknown) => T): readonly T[] {
  const bytes = readFileSync(join(import.meta.dirname, '../../fixtures/docker-api', name))
  return parseList(bytes, undefined, read).values
}

const services = recorded('services.json', readService)
const tasks = recorded('tasks.json', readTask).map((listed) => listed.task)
const networks = recorded('networks.json', readNetwork)
const networkNamed = (name: string) => networks.find((network) => network.name === name)?.id ?? ''

function serviceNamed(name: string): Service {
  return services.find((service) => service.name === name) ?? expect.fail(`no service ${name}`)
}

const tasksOf = (name: string): readonly Task[] =>
  tasks.filter((task) => task.serviceId === serviceNamed(name).id)
const ipv4 = expect.stringMatching(/^10\.0\.\d+\.\d+$/)

test('a service on two networks has a VIP on each, and its tasks an address', () => {
  const web = serviceNamed('web')
  const ids = [networkNamed('back'), networkNamed('front')].sort()
  expect(web).toMatchObject({
    mode: 'replicated',
    endpointMode: 'vip',
    networkIds: ids,
    labels: { 'com.docker.lb.hosts': 'web.example.com', 'com.docker.lb.port': '80' },
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    version: expect.any(Number),
  })
  expect(web.virtualIps.map((vip) => vip.networkId).sort()).toEqual(ids)
  for (const vip of web.virtualIps) expect(vip.address).toEqual(ipv4)
  expect(
    tasksOf('web')
      .map((task) => task.slot)
      .sort(),
  ).toEqual([1, 2])
  for (const task of tasksOf('web')) {
    expect(task).toMatchObject({ state: 'running', desiredState: 'running' })
    expect(task.attachments.map((attachment) => attachment.networkId).sort()).toEqual(ids)
    for (const attachment of task.attachments) expect(attachment.addresses).toEqual([ipv4])
  }
})

test('a dnsrr service has no VIP', () => {
  expect(serviceNamed('lonely')).toMatchObject({ endpointMode: 'dnsrr', virtualIps: [] })
})

test('a task of a global service has no slot', () => {
  expect(serviceNamed('agents').mode).toBe('global')
  expect(tasksOf('agents').map((task) => task.slot)).toEqual([undefined])
})

test('a host-mode port is known of the service, and where it is of the task', () => {
  expect(serviceNamed('hosted').hostPorts).toEqual([{ targetPort: 80, protocol: 'tcp' }])
  expect(tasksOf('hosted')[0]?.hostPorts).toEqual([{ targetPort: 80, publishedPort: 8088, protocol: 'tcp' }])
  expect(serviceNamed('ingressed').hostPorts).toEqual([])
  expect(tasksOf('ingressed')[0]?.hostPorts).toEqual([])
})

test('a finished job is a job, and has no task in the list', () => {
  expect(serviceNamed('batch').mode).toBe('job')
  expect(tasksOf('batch')).toEqual([])
})

test('a task without a node is pending', () => {
  expect(tasksOf('stuck')).toMatchObject([{ state: 'pending', desiredState: 'running', nodeId: '' }])
})

test('the node and the networks are known by name', () => {
  expect(recorded('nodes.json', readNode)).toEqual([
    { id: expect.any(String), name: 'node-1', address: '127.0.0.1', status: 'ready' },
  ])
  expect(networks.map(({ name, ingress }) => [name, ingress]).sort()).toEqual([
    ['back', false],
    ['front', false],
    ['ingress', true],
  ])
})
