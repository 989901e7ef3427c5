// The stack as it ships, deployed on a test bed, and what scenarios ask of it.
// Owns the deploy, the counts of each edge and the traffic to all of them. Refuses to judge: scenarios assert.

import { fileURLToPath } from 'node:url'
import { eventually } from '../support/eventually.ts'
import type { Tally } from '../support/traffic.ts'
import type { NodeTraffic } from './swarm/clients.ts'
import { type BedNode, createTestBed, type TestBed, type TestBedOptions } from './swarm/test-bed.ts'

export const stackFile = fileURLToPath(new URL('../../compose/stack.yml', import.meta.url))

/** The test application, which exits at once on SIGTERM, in its two versions. */
export const appImage = { v1: 'localhost:5000/tidegate-app:1', v2: 'localhost:5000/tidegate-app:2' } as const

/** A look costs the start of a program in the container. */
const atRest = { timeoutMs: 90_000, intervalMs: 1000 }

/** For what Swarm does in its own time. */
export const slowly = { timeoutMs: 90_000, intervalMs: 250 }

/** How many clients a scenario's traffic has at each edge. */
export const clientsOfAnEdge = 6

/** What an edge did in the life of its present task: by the agent's log, and by HAProxy's own word. */
export type Count = { readonly reloads: number; readonly lives: number; readonly workerPid: string }

/** The edge on one node. */
export type NodeEdge = {
  readonly node: BedNode
  readonly container: () => Promise<string>
  /** Runs a program in the edge's container; resolves to what it printed. */
  readonly exec: (...command: readonly string[]) => Promise<string>
  readonly count: () => Promise<Count>
  /** Waits until the agent plans nothing more. */
  readonly settled: () => Promise<void>
}

export type Stack = AsyncDisposable & {
  readonly bed: TestBed
  /** One for each manager. */
  readonly edges: readonly NodeEdge[]
  readonly edge: (index: number) => NodeEdge
  /** The docker client against the first node. */
  readonly docker: (...args: readonly string[]) => Promise<string>
  /** `docker service create`, until its tasks run. */
  readonly create: (name: string, image: string, ...options: readonly string[]) => Promise<unknown>
  /** `docker service update`, until it is through. */
  readonly update: (name: string, ...options: readonly string[]) => Promise<unknown>
  /** What the edges and Swarm have to say about a scenario that failed. */
  readonly explain: () => Promise<string>
  /** Waits until every edge is there and its agent plans nothing more. */
  readonly settled: () => Promise<void>
  /** Traffic to every edge for as long as the work takes; a tally for each edge. */
  readonly during: (
    hosts: readonly string[],
    work: () => Promise<unknown>,
    options?: { readonly edges?: readonly NodeEdge[]; readonly path?: string },
  ) => Promise<readonly Tally[]>
}

/** Starts a test bed and deploys the stack on it. */
export async function startStack(options: TestBedOptions): Promise<Stack> {
  const bed = await createTestBed(options)
  const docker = (...args: readonly string[]) => bed.node(0).docker(...args)
  await docker('stack', 'deploy', '--resolve-image', 'never', '-c', stackFile, 'edge')
  const edges = bed.nodes.slice(0, options.managers ?? 1).map(nodeEdge)
  for (const { node } of edges) {
    await eventually(async () => (await node.ask({ host: 'nobody.local' })).status === 503, slowly)
  }
  // Swarm looks at new tasks for five seconds after each step of an update, unless told otherwise.
  const waiting = ['--detach=false', '--quiet', '--no-resolve-image', '--update-monitor', '1s']
  return {
    bed,
    edges,
    edge: (index) => {
      const found = edges[index]
      if (found === undefined)
        throw new Error(`the stack has ${edges.length} edges, asked for index ${index}`)
      return found
    },
    docker,
    create: (name, image, ...more) => docker('service', 'create', '--name', name, ...waiting, ...more, image),
    update: (name, ...more) => docker('service', 'update', ...waiting, ...more, name),
    explain: async () => {
      const logs = edges.map(({ node }) => logsOf(node))
      const swarm = [docker('node', 'ls'), docker('service', 'ls'), docker('service', 'ps', 'edge_edge')]
      const told = await Promise.allSettled([...swarm, ...logs])
      return told.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason))).join('\n\n')
    },
    settled: async () => {
      for (const edge of edges) await edge.settled()
    },
    during: async (hosts, work, { edges: asked = edges, path = '/' } = {}) => {
      await using traffics = await startTraffics(asked, hosts, path)
      await work()
      return await traffics.stop()
    },
    [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose](),
  }
}

const ofTheEdge = ['--quiet', '--filter', 'label=com.docker.swarm.service.name=edge_edge']

/** What the last three edges of a node had to say, the oldest first: the one that serves may be the third since. */
async function logsOf(node: BedNode): Promise<string> {
  const ids = (await node.docker('ps', '--all', '--last', '3', ...ofTheEdge))
    .split('\n')
    .filter((id) => id !== '')
  const logs = await Promise.all(ids.reverse().map((id) => node.docker('logs', '--tail', '60', id)))
  return [`edges of ${node.name}`, ...logs].join('\n\n')
}

function nodeEdge(node: BedNode): NodeEdge {
  const container = async () => {
    const id = await node.docker('ps', ...ofTheEdge)
    if (!/^\w+$/.test(id)) throw new Error(`expected one edge on ${node.name}, found "${id}"`)
    return id
  }
  const exec = async (...command: readonly string[]) => node.docker('exec', await container(), ...command)
  return {
    node,
    container,
    exec,
    count: async () => {
      const log = await node.docker('logs', await container())
      const told = (message: string) =>
        log.split('\n').filter((line) => line.includes(`"msg":"${message}"`)).length
      const ask = '/opt/tidegate/haproxy/ask.pl'
      const info = await exec(ask, '/run/tidegate/sockets/worker.sock', 'show info')
      return {
        reloads: told('haproxy reloaded'),
        lives: told('change applied live'),
        workerPid: /^Pid: (\d+)$/m.exec(info)?.[1] ?? '',
      }
    },
    settled: async () => {
      await eventually(async () => /^nothing/m.test(await exec('tidegate', 'plan')), atRest)
    },
  }
}

type Traffics = AsyncDisposable & { readonly stop: () => Promise<readonly Tally[]> }

async function startTraffics(
  edges: readonly NodeEdge[],
  hosts: readonly string[],
  path: string,
): Promise<Traffics> {
  const traffics: NodeTraffic[] = []
  for (const { node } of edges) {
    traffics.push(
      await node.startTraffic({
        hosts,
        path,
        clients: clientsOfAnEdge,
        pauseMs: 10,
        maxMs: slowly.timeoutMs * 2,
      }),
    )
  }
  const stop = () => Promise.all(traffics.map((traffic) => traffic.stop()))
  return {
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}
