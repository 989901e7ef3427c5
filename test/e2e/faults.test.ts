// What breaks on a real Swarm, and what traffic notices of it: two managers with an edge each, and a worker.
// A fault costs what the dead had in its hands and nothing else; the edge next door serves as if nothing had been.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Failure, Tally } from '../support/traffic.ts'
import { appImage, clientsOfAnEdge, type NodeEdge, type Stack, slowly, startStack } from './stack.ts'

let stack: Stack
let folder: string

const docker = (...args: readonly string[]) => stack.docker(...args)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tgfault-'))
  stack = await startStack({ name: 'tgfault', nodes: 3, managers: 2 })
  await docker('network', 'create', '-d', 'overlay', 'web')
  // `shop` where managers may come and go, `wide` on every node.
  const worker = ['--constraint', 'node.role==worker', '--replicas', '3']
  await stack.create('shop', appImage.v1, '--network', 'web', ...worker, ...published('shop.local'))
  await stack.create('wide', appImage.v1, '--network', 'web', '--mode', 'global', ...published('wide.local'))
  await answersOnEveryEdge('shop.local', 'wide.local')
  await stack.settled()
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stack.explain())
})

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}, 120_000)

const published = (host: string) =>
  [`hosts=${host}`, 'port=8080'].flatMap((label) => ['--label', `com.docker.lb.${label}`])

async function answersOnEveryEdge(...hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    for (const { node } of stack.edges) {
      await eventually(async () => (await node.ask({ host })).status === 200, slowly)
    }
  }
}

const failuresOf = (tallies: readonly Tally[]) => tallies.flatMap(({ failures }) => failures)

/** The process in an edge's container whose command line begins so. */
async function processIn(edge: NodeEdge, pattern: string): Promise<string> {
  const script = `for each in /proc/[0-9]*; do tr '\\0' ' ' <$each/cmdline | grep -q '^${pattern}' && echo \${each#/proc/}; done; true`
  return (await edge.exec('sh', '-c', script)).split('\n')[0] ?? ''
}

describe('inside one node', () => {
  it('a task killed takes along only the POST requests that it had in its hands', async () => {
    const { node } = stack.edge(0)
    const before = await Promise.all(stack.edges.map((edge) => edge.count()))
    const tallies = await stack.during(['wide.local'], async () => {
      const label = 'label=com.docker.swarm.service.name=wide'
      await node.docker('kill', await node.docker('ps', '--quiet', '--filter', label))
      await eventually(async () => (await node.docker('ps', '--quiet', '--filter', label)) !== '', slowly)
      await stack.settled()
    })
    expect(failuresOf(tallies).filter(({ method }) => method !== 'POST')).toEqual([])
    expect(failuresOf(tallies).length).toBeLessThanOrEqual(clientsOfAnEdge * stack.edges.length)
    const after = await Promise.all(stack.edges.map((edge) => edge.count()))
    expect(after.map(({ reloads }) => reloads)).toEqual(before.map(({ reloads }) => reloads))
  })

  it('the agent killed: nothing is lost, and its successor goes on where it was', async () => {
    const edge = stack.edge(0)
    const { workerPid } = await edge.count()
    const tallies = await stack.during(['shop.local'], async () => {
      const pid = await processIn(edge, 'node ')
      await edge.exec('sh', '-c', `kill -KILL ${pid}`)
      await eventually(async () => !['', pid].includes(await processIn(edge, 'node ')), slowly)
      await docker('service', 'scale', '--detach=false', 'shop=5')
      await stack.settled()
      await docker('service', 'scale', '--detach=false', 'shop=3')
      await stack.settled()
    })
    expect(failuresOf(tallies)).toEqual([])
    expect((await edge.count()).workerPid).toBe(workerPid)
  })

  it('HAProxy killed: its container is replaced, and the other edge serves as if nothing had been', async () => {
    const [broken, other] = [stack.edge(0), stack.edge(1)]
    const container = await broken.container()
    const tallies = await stack.during(
      ['shop.local'],
      async () => {
        const pid = await processIn(broken, 'haproxy ')
        await broken.exec('sh', '-c', `kill -KILL ${pid}`)
        await eventually(async () => (await broken.container()) !== container, slowly)
        await answersOnEveryEdge('shop.local')
      },
      { edges: [other] },
    )
    expect(failuresOf(tallies)).toEqual([])
  })
})

describe('the edge is replaced on one node after the other, and one of them always serves', {
  timeout: 400_000,
}, () => {
  it('its own rolling update', async () => {
    const { tallies, tookMs } = await replaced(() =>
      docker('service', 'update', '--quiet', '--force', 'edge_edge'),
    )
    servedByOneAlways(tallies)
    expect(tookMs).toBeLessThan(slowly.timeoutMs)
  })

  it('two stacks with services of the same name come with networks of their own, and go without a trace', async () => {
    const both = ['blue', 'green'] as const
    const come = await replaced(async () => {
      for (const name of both) await deploy(name)
      for (const name of both) await answersOnEveryEdge(`${name}.local`)
    })
    servedByOneAlways(come.tallies)
    for (const name of both) {
      const { body } = await stack.edge(1).node.ask({ host: `${name}.local` })
      expect(JSON.parse(body)).toMatchObject({ version: name === 'blue' ? '1' : '2' })
    }
    const go = await replaced(async () => {
      for (const name of both) {
        // It tries its networks once: they are in use until the edge has left them.
        await eventually(async () => {
          await docker('stack', 'rm', name).catch(() => undefined)
          return !(await networkNames()).includes(`${name}_default`)
        }, slowly)
      }
    })
    servedByOneAlways(go.tallies)
    for (const { node } of stack.edges) expect((await node.ask({ host: 'blue.local' })).status).toBe(503)
  })

  it('a service deleted together with its network', async () => {
    await docker('network', 'create', '-d', 'overlay', 'brief')
    await stack.create('brief', appImage.v1, '--network', 'brief', ...published('brief.local'))
    await answersOnEveryEdge('brief.local')
    await stack.settled()
    const { tallies } = await replaced(async () => {
      await docker('service', 'rm', 'brief')
      await eventually(() => docker('network', 'rm', 'brief'), slowly)
    })
    servedByOneAlways(tallies)
    expect((await stack.edge(0).node.ask({ host: 'brief.local' })).status).toBe(503)
  })

  const networkNames = async () => (await docker('network', 'ls', '--format', '{{.Name}}')).split('\n')

  async function deploy(name: 'blue' | 'green'): Promise<void> {
    const file = join(folder, `${name}.yml`)
    const labels = { 'com.docker.lb.hosts': `${name}.local`, 'com.docker.lb.port': '8080' }
    const web = { image: name === 'blue' ? appImage.v1 : appImage.v2, deploy: { labels } }
    await writeFile(file, JSON.stringify({ version: '3.8', services: { web } }))
    await docker('stack', 'deploy', '--resolve-image', 'never', '-c', file, name)
  }

  /** Does what replaces the edges' tasks, under traffic until both serve again and the Swarm is through. */
  async function replaced(work: () => Promise<unknown>) {
    const startMs = performance.now()
    const tallies = await stack.during(['shop.local'], async () => {
      await work()
      await eventually(async () => (await updateState()) !== 'updating', slowly)
      await answersOnEveryEdge('shop.local')
      await stack.settled()
    })
    return { tallies, tookMs: performance.now() - startMs }
  }

  const updateState = () =>
    docker(
      'service',
      'inspect',
      '--format',
      '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}',
      'edge_edge',
    )

  /**
   * A node whose edge is being replaced takes no connection; that is all, and never both nodes at a time. A connection
   * that the kernel had taken and HAProxy had not when its listener closed is reset.
   */
  function servedByOneAlways(tallies: readonly Tally[]): void {
    expect(failuresOf(tallies).filter((failure) => !isTurnedAway(failure))).toEqual([])
    const [first = [], second = []] = tallies.map(({ failures }) => failures)
    expect(first.filter((one) => second.some((other) => isNear(one, other)))).toEqual([])
    for (const { answered } of tallies) expect(answered).toBeGreaterThan(50)
  }

  const isTurnedAway = ({ what, kept }: Failure) =>
    /connect ECONN(REFUSED|RESET)/.test(what) || (!kept && /read ECONNRESET/.test(what))

  const isNear = (a: Failure, b: Failure) => Math.abs(a.atMs - b.atMs) < 1000
})

describe('whole nodes', () => {
  // Swarm calls a node down 10 to 15 s after it is lost, so that HAProxy's nine are hard to tell from it; here it takes 20.
  beforeAll(() => docker('swarm', 'update', '--dispatcher-heartbeat', '10s'))

  it("a manager's dockerd restarted: the other edge loses nothing, though the Swarm has no leader meanwhile", async () => {
    const [other] = [stack.edge(1)]
    const { workerPid, reloads } = await other.count()
    const tallies = await stack.during(
      ['shop.local'],
      async () => {
        await stack.bed.node(0).stop()
        await stack.bed.node(0).start()
        await answersOnEveryEdge('shop.local')
        await stack.settled()
      },
      { edges: [other] },
    )
    expect(failuresOf(tallies)).toEqual([])
    expect(await other.count()).toMatchObject({ workerPid, reloads })
  })

  it.each([
    { fault: 'a worker cut off from the network', hit: 'cutOff', mend: 'reconnect' },
    { fault: 'a worker that lost its power', hit: 'powerOff', mend: 'start' },
  ] as const)(
    '$fault costs what its tasks had in their hands, and is welcome back',
    async ({ hit, mend }) => {
      const node = stack.bed.node(2)
      const state = () => docker('node', 'inspect', '--format', '{{.Status.State}}', node.name)
      const lost = await stack.during(['wide.local'], async () => {
        await node[hit]()
        for (const edge of stack.edges) await eventually(async () => (await serversDown(edge)) === 1, slowly)
        // HAProxy has seen it before Swarm has.
        expect(await state()).toBe('ready')
        await eventually(async () => (await state()) === 'down', slowly)
        await stack.settled()
      })
      // Requests on their way, and those that went out on connections which nobody had ended.
      for (const { failures } of lost) expect(failures.length).toBeLessThanOrEqual(2 * clientsOfAnEdge)
      const without = await stack.during(['wide.local'], async () => {
        await eventually(async () => (await serversOf('wide')) === 2, slowly)
        await node[mend]()
        await eventually(async () => (await state()) === 'ready', slowly)
        await eventually(async () => (await serversOf('wide')) === 3, slowly)
        await stack.settled()
      })
      expect(failuresOf(without)).toEqual([])
    },
  )

  /** How many servers HAProxy has taken out of rotation by itself. */
  async function serversDown(edge: NodeEdge): Promise<number> {
    const socket = '/run/tidegate/sockets/worker.sock'
    const stat = await edge.exec('/opt/tidegate/haproxy/ask.pl', socket, 'show stat wide.local 4 -1')
    return stat.split('\n').filter((line) => line.split(',')[17] === 'DOWN').length
  }

  /** How many different tasks answer on the first edge. */
  async function serversOf(service: string): Promise<number> {
    const seen = new Set<unknown>()
    for (let turn = 0; turn < 6; turn++) {
      const { headers } = await stack.edge(0).node.ask({ host: `${service}.local` })
      seen.add(headers['x-upstream-addr'])
    }
    return seen.size
  }
})
