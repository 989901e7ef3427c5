// The test bed itself: what the other end-to-end tests stand on must be true of it first.
// A Swarm of three nodes with services of its own; the edge takes no part.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { layOut, projectDir } from './swarm/layout.ts'
import { createTestBed, removeTestBed, type TestBed } from './swarm/test-bed.ts'
import { ownNetwork, tracesOf } from './swarm/traces.ts'

const name = 'tgself'
const image = 'localhost:5000/tidegate-app:1'

describe('a test bed of three nodes', () => {
  let bed: TestBed
  let networkBefore: readonly string[]

  beforeAll(async () => {
    await removeTestBed(name)
    networkBefore = await ownNetwork()
    bed = await createTestBed({ name, nodes: 3, edge: false })
    const [first] = bed.nodes
    await first?.docker('network', 'create', '--driver', 'overlay', 'web')
    await first?.docker(...create('probe', '--mode', 'global'))
    await first?.docker(
      ...create('door', '--mode', 'global', '--publish', 'mode=host,target=8080,published=80'),
    )
    await first?.docker(...create('web', '--replicas', '4', '--stop-grace-period', '3s'))
  })

  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]()
  }, 60_000)

  const create = (service: string, ...options: string[]) => [
    ...['service', 'create', '--name', service, '--network', 'web', '--no-resolve-image', '--quiet'],
    ...options,
    image,
  ]

  /** Runs a script in the probe's container on a node. */
  async function inProbe(node: number, script: string): Promise<string> {
    const label = 'label=com.docker.swarm.service.name=probe'
    const container = await bed.node(node).docker('ps', '--quiet', '--filter', label)
    return bed.node(node).docker('exec', container, 'sh', '-c', script)
  }

  const askOnce = 'ask http://web:8080/ 1 1000'

  const running = (service: string) =>
    bed.node(0).docker('service', 'ps', service, '--filter', 'desired-state=running', '--quiet')

  async function nodeState(index: number): Promise<string> {
    return bed.node(0).docker('node', 'inspect', '--format', '{{.Status.State}}', bed.node(index).name)
  }

  test('its VIPs lead to every task in turn, from each node and across nodes', async () => {
    for (const index of [0, 1, 2]) {
      const answers = await inProbe(index, 'ask http://web:8080/ 8')
      const instances = answers.split('\n').map((line) => String(JSON.parse(line).instance))
      expect(new Set(instances).size).toBe(4)
    }
  })

  test('a task leaves its VIP before it is told to stop', async () => {
    const asking = inProbe(1, 'ask http://web:8080/ 400 | grep failed || true')
    await bed.node(0).docker('service', 'scale', '--detach', 'web=1')
    expect(await asking).toBe('')
    expect((await running('web')).split('\n')).toHaveLength(1)
    const answers = await inProbe(2, 'ask http://web:8080/ 3')
    expect(new Set(answers.split('\n')).size).toBe(1)
  })

  test('a VIP without tasks answers nobody, and answers again with the first task', async () => {
    await bed.node(0).docker('service', 'scale', '--detach', 'web=0')
    await eventually(async () => (await inProbe(1, askOnce)).includes('failed'), { timeoutMs: 20_000 })
    await bed.node(0).docker('service', 'scale', '--detach', 'web=1')
    await eventually(async () => (await inProbe(1, askOnce)).includes('instance'), { timeoutMs: 20_000 })
  })

  test('clients ask a published port of a node, and see the answer whole', async () => {
    const { status, headers, body } = await bed.node(1).ask({
      host: 'demo.local',
      path: '/ping',
      method: 'POST',
      body: 'x'.repeat(2000),
      headers: { 'x-request-id': 'one' },
    })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toMatchObject({ version: '1', request_id: 'one', bytes_received: 2000 })
  })

  test('traffic counts answers and failures while something happens', async () => {
    await using traffic = await bed.node(1).startTraffic({ hosts: ['demo.local'], clients: 4, pauseMs: 5 })
    const quiet = await traffic.during(() =>
      eventually(async () => (await traffic.tally()).answered > 100, { timeoutMs: 20_000 }),
    )
    expect(quiet.failures).toEqual([])
    const label = 'label=com.docker.swarm.service.name=door'
    const container = await bed.node(1).docker('ps', '--quiet', '--filter', label)
    await bed.node(1).docker('kill', container)
    await eventually(async () => (await traffic.tally()).failures.length > 0)
    const { failures } = await traffic.stop()
    expect(failures[0]).toMatchObject({ host: 'demo.local' })
  })

  test('a node that lost its power is down for the Swarm, and ready again after its start', async () => {
    await bed.node(2).powerOff()
    await expect(bed.node(2).docker('version')).rejects.toThrow()
    await eventually(async () => (await nodeState(2)) === 'down', { timeoutMs: 60_000, intervalMs: 500 })
    await bed.node(2).start()
    await eventually(async () => (await nodeState(2)) === 'ready', { timeoutMs: 30_000, intervalMs: 200 })
    await eventually(async () => (await inProbe(2, askOnce)).includes('instance'), {
      timeoutMs: 30_000,
      intervalMs: 200,
    })
  })

  test('the manager stops in good order and comes back with its Swarm', async () => {
    const before = await running('web')
    await bed.node(0).stop()
    await bed.node(0).start()
    await eventually(async () => (await nodeState(0)) === 'ready', { timeoutMs: 30_000, intervalMs: 200 })
    expect(before).not.toBe('')
    await eventually(async () => (await inProbe(0, askOnce)).includes('instance'), {
      timeoutMs: 60_000,
      intervalMs: 200,
    })
  })

  test('a node that is cut off reaches nobody and is reached by nobody, until it is reconnected', async () => {
    await eventually(() => bed.node(1).ask({ host: 'demo.local' }), { timeoutMs: 30_000, intervalMs: 200 })
    await bed.node(1).cutOff()
    await expect(bed.node(1).ask({ host: 'demo.local', timeoutMs: 1000 })).rejects.toThrow()
    await eventually(async () => (await nodeState(1)) === 'down', { timeoutMs: 60_000, intervalMs: 500 })
    // What runs on it runs on.
    expect(await inProbe(1, 'ask http://127.0.0.1:8080/')).toContain('instance')
    await bed.node(1).reconnect()
    await eventually(() => bed.node(1).ask({ host: 'demo.local' }), { timeoutMs: 30_000, intervalMs: 200 })
    await eventually(async () => (await nodeState(1)) === 'ready', { timeoutMs: 60_000, intervalMs: 200 })
  })

  test('leaves nothing behind', async () => {
    expect(await tracesOf(name)).not.toEqual([])
    await bed[Symbol.asyncDispose]()
    expect(await tracesOf(name)).toEqual([])
    expect((await ownNetwork()).filter((each) => !networkBefore.includes(each))).toEqual([])
  }, 60_000)
})

test('a test bed whose start was killed halfway is removed without a trace, and removing it again is fine', async () => {
  const args = ['test/e2e/swarm/main.ts', 'up', '--name', name, '--nodes', '2', '--no-edge']
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: projectDir, stdio: 'ignore' })
  const exited = once(child, 'exit')
  const socket = layOut(name, 2).nodes[1]?.socket ?? ''
  await eventually(() => existsSync(socket), { timeoutMs: 60_000 })
  child.kill('SIGKILL')
  await exited
  expect(await tracesOf(name)).not.toEqual([])
  await removeTestBed(name)
  expect(await tracesOf(name)).toEqual([])
  await removeTestBed(name)
})
