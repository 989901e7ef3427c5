// The watch where managers change: a leader that is lost, and a manager that is one no longer.
// Three managers without an edge; the source runs here, and reads the sockets of the third.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readSource, type SourceReader } from '../support/source-reader.ts'
import { layOut } from './swarm/layout.ts'
import { createTestBed, removeTestBed, type TestBed } from './swarm/test-bed.ts'

const name = 'tgmanage'
const image = 'localhost:5000/tidegate-app:1'
const slowly = { timeoutMs: 90_000, intervalMs: 100 }

let bed: TestBed
let swarmSocket: string

beforeAll(async () => {
  await removeTestBed(name)
  bed = await createTestBed({ name, nodes: 3, managers: 3, edge: false })
  swarmSocket = join(layOut(name, 3).nodes[2]?.execRoot ?? '', 'swarm/control.sock')
  const service = ['service', 'create', '--quiet', '--detach', '--name', 'web', '--no-resolve-image']
  await bed.node(1).docker(...service, '--replicas', '2', image)
})

afterAll(async () => {
  await bed?.[Symbol.asyncDispose]()
}, 60_000)

const isFollowing = (reader: SourceReader) => reader.source.status().watch?.isFollowing === true

const running = (reader: SourceReader) =>
  reader.now().tasks.filter(({ state, desiredState }) => state === 'running' && desiredState === 'running')
    .length

const scale = (replicas: number) => bed.node(1).docker('service', 'scale', '--detach', `web=${replicas}`)

const leader = async () => {
  const listed = await bed.node(1).docker('node', 'ls', '--format', '{{.Hostname}} {{.ManagerStatus}}')
  return listed
    .split('\n')
    .find((line) => line.endsWith(' Leader'))
    ?.split(' ')[0]
}

/** How many managers the leader reaches: as long as one is missing, it demotes no other. */
const reachable = async () => {
  const listed = await bed.node(1).docker('node', 'ls', '--format', '{{.Status}} {{.ManagerStatus}}')
  return listed.split('\n').filter((line) => /^Ready (Leader|Reachable)$/.test(line)).length
}

test('a manager that does not lead tells what the leader commits', async () => {
  await using reader = readSource(bed.node(2).socket, { swarmSocket })
  await eventually(() => isFollowing(reader) && running(reader) === 2, slowly)
  expect(await leader()).not.toBe('node3')
  await scale(4)
  await eventually(() => running(reader) === 4, slowly)
  expect(isFollowing(reader)).toBe(true)
  await scale(2)
  await eventually(() => reader.now().tasks.length === 2, slowly)
})

test('the leader is lost: what another one commits is told, and nothing that runs is forgotten meanwhile', async () => {
  await using reader = readSource(bed.node(2).socket, { swarmSocket })
  await eventually(() => isFollowing(reader) && running(reader) === 2, slowly)
  const lost = bed.nodes.findIndex(({ name: node }) => node === 'node1')
  expect(await leader()).toBe('node1')
  await bed.node(lost).powerOff()
  await eventually(async () => !['node1', undefined].includes(await leader().catch(() => undefined)), slowly)
  await scale(3)
  await eventually(() => running(reader) >= 3, slowly)
  await eventually(() => isFollowing(reader), slowly)
  expect(reader.snapshots.every(({ services }) => services.length === 1)).toBe(true)
  await bed.node(lost).start()
  await eventually(async () => (await reachable()) === 3, slowly)
})

test('a manager is demoted: its last word stands, and it follows again when it is promoted', async () => {
  await using reader = readSource(bed.node(2).socket, { swarmSocket })
  await eventually(() => isFollowing(reader), slowly)
  const before = reader.now()
  await bed.node(1).docker('node', 'demote', 'node3')
  // Other words may come first: a manager that is just stopping answers what its closing connections say.
  const isTold = () => reader.troubles.some(({ code }) => code === 'docker-not-manager')
  await eventually(() => !isFollowing(reader) && isTold(), slowly)
  expect(reader.now().services).toEqual(before.services)
  await bed.node(1).docker('node', 'promote', 'node3')
  await eventually(() => isFollowing(reader), slowly)
  await scale(5)
  await eventually(() => running(reader) === 5, slowly)
  expect(reader.snapshots.every(({ services }) => services.length === 1)).toBe(true)
})
