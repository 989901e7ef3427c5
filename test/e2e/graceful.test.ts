// Every graceful change on a real Swarm of three nodes, two of them managers with an edge each: traffic runs to both
// edges from the first to the last moment, and not one request fails.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Tally } from '../support/traffic.ts'
import { appImage, type Stack, slowly, startStack } from './stack.ts'

let stack: Stack

const docker = (...args: readonly string[]) => stack.docker(...args)

const published = (host: string, ...labels: readonly string[]) =>
  [`hosts=${host}`, 'port=8080', ...labels].flatMap((label) => ['--label', `com.docker.lb.${label}`])

beforeAll(async () => {
  stack = await startStack({ name: 'tggrace', nodes: 3, managers: 2 })
  await docker('network', 'create', '-d', 'overlay', 'web')
  await stack.create('shop', appImage.v1, '--network', 'web', '--replicas', '1', ...published('shop.local'))
  await answersOnEveryEdge('shop.local')
  await stack.settled()
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stack.explain())
})

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]()
}, 120_000)

async function answersOnEveryEdge(host: string): Promise<void> {
  for (const { node } of stack.edges) {
    await eventually(async () => (await node.ask({ host })).status === 200, slowly)
  }
}

function lostNothing(tallies: readonly Tally[]): void {
  expect(tallies.flatMap(({ failures }) => failures)).toEqual([])
  for (const { answered } of tallies) expect(answered).toBeGreaterThan(50)
}

/** Does the work under traffic, and tells how often each edge reloaded meanwhile; the agents are at rest at both ends. */
async function reloadsUnderTraffic(
  hosts: readonly string[],
  work: () => Promise<unknown>,
): Promise<readonly number[]> {
  await stack.settled()
  const before = await Promise.all(stack.edges.map((edge) => edge.count()))
  lostNothing(
    await stack.during(hosts, async () => {
      await work()
      await stack.settled()
    }),
  )
  const after = await Promise.all(stack.edges.map((edge) => edge.count()))
  for (const [index, count] of after.entries()) {
    const isSameWorker = count.workerPid === before[index]?.workerPid
    expect(isSameWorker).toBe(count.reloads === before[index]?.reloads)
  }
  return after.map((count, index) => count.reloads - (before[index]?.reloads ?? 0))
}

describe('live, without a reload', () => {
  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['from 1 to 10 tasks', () => docker('service', 'scale', '--detach=false', 'shop=10')],
    ['from 10 to 1 task', () => docker('service', 'scale', '--detach=false', 'shop=1')],
    ['to 4 tasks', () => docker('service', 'scale', '--detach=false', 'shop=4')],
    [
      'a rolling update, start-first',
      () => stack.update('shop', '--update-order', 'start-first', '--image', appImage.v2),
    ],
    [
      'a rolling update, stop-first',
      () => stack.update('shop', '--update-order', 'stop-first', '--image', appImage.v1),
    ],
    ['a rollback', () => docker('service', 'rollback', '--detach=false', '--quiet', 'shop')],
    ['a node drained', () => drain('drain')],
    ['the node back in use', () => drain('active')],
    ['tasks spread anew', () => stack.update('shop', '--force')],
  ]

  it.each(changes)('%s', async (_, change) => {
    expect(await reloadsUnderTraffic(['shop.local'], change)).toEqual([0, 0])
  })

  /** The third node, which has tasks and no edge. */
  async function drain(availability: 'active' | 'drain'): Promise<void> {
    const { name } = stack.bed.node(2)
    await docker('node', 'update', '--availability', availability, name)
    if (availability === 'active') return
    const there = ['node', 'ps', name, '--filter', 'desired-state=running', '--quiet']
    await eventually(async () => (await docker(...there)) === '', slowly)
    await eventually(async () => (await runningTasks('shop')) === 4, slowly)
  }
})

async function runningTasks(service: string): Promise<number> {
  const states = await docker(
    ...['service', 'ps', service, '--filter', 'desired-state=running', '--format', '{{.CurrentState}}'],
  )
  return states.split('\n').filter((state) => state.startsWith('Running')).length
}

describe('networks and canaries', () => {
  const addNetwork = () => stack.update('shop', '--network-add', 'back')
  const removeNetwork = () => stack.update('shop', '--network-rm', 'back')

  it('a network added to a running service, and removed from it: a reload each', async () => {
    await docker('network', 'create', '-d', 'overlay', 'back')
    expect(await reloadsUnderTraffic(['shop.local'], addNetwork)).toEqual([1, 1])
    expect(await reloadsUnderTraffic(['shop.local'], removeNetwork)).toEqual([1, 1])
  })

  it('a canary joins a host live: one task of five gets a fifth of the requests', async () => {
    const join = () => stack.create('canary', appImage.v1, '--network', 'web', ...published('shop.local'))
    expect(await reloadsUnderTraffic(['shop.local'], join)).toEqual([0, 0])
    expect(await shareOf('1', 'shop.local', 200)).toBeCloseTo(0.2, 2)
    const leave = () => docker('service', 'rm', 'canary')
    expect(await reloadsUnderTraffic(['shop.local'], leave)).toEqual([0, 0])
    expect(await shareOf('1', 'shop.local', 20)).toBe(0)
  })

  it('a canary in VIP mode joins live: one service of two gets half of the requests, however many tasks it has', async () => {
    const vip = published('vip.local', 'backend_mode=vip')
    await stack.create('first', appImage.v1, '--network', 'web', '--replicas', '3', ...vip)
    await answersOnEveryEdge('vip.local')
    const join = () => stack.create('second', appImage.v2, '--network', 'web', ...vip)
    expect(await reloadsUnderTraffic(['shop.local', 'vip.local'], join)).toEqual([0, 0])
    expect(await shareOf('2', 'vip.local', 200)).toBeCloseTo(0.5, 2)
    const scale = () => docker('service', 'scale', '--detach=false', 'second=3', 'first=1')
    expect(await reloadsUnderTraffic(['vip.local'], scale)).toEqual([0, 0])
    expect(await shareOf('2', 'vip.local', 200)).toBeCloseTo(0.5, 2)
    await docker('service', 'rm', 'first', 'second')
  })

  /** The part of the answers of an edge that came from this version of the application. */
  async function shareOf(version: string, host: string, requests: number): Promise<number> {
    const { node } = stack.edge(1)
    let found = 0
    for (let turn = 0; turn < requests; turn++) {
      const answer: unknown = JSON.parse((await node.ask({ host })).body)
      if (
        typeof answer === 'object' &&
        answer !== null &&
        'version' in answer &&
        answer.version === version
      ) {
        found += 1
      }
    }
    return found / requests
  }
})
