// A real Swarm on this machine: an engine a node, each in a network namespace of its own, and overlays across them.
// Owns what tests use. Refuses to be partly there: creating it gives all of it, or nothing and the reason.

import { existsSync, readdirSync } from 'node:fs'
import type { Answer } from '../../support/client.ts'
import {
  type Clients,
  type NodeAsk,
  type NodeTraffic,
  type NodeTrafficOptions,
  startClients,
} from './clients.ts'
import { docker } from './docker.ts'
import { powerOff, startEngine, stopEngine } from './engine.ts'
import { makeFootholds } from './footholds.ts'
import { ensureImages, type ImageName, seedImages } from './images.ts'
import { launch } from './launch.ts'
import { type BedLayout, layOut, type NodeLayout, projectDir } from './layout.ts'
import { inNamespace, layCables, setCable } from './network.ts'
import { ensurePrograms } from './programs.ts'
import { run, succeeds } from './run.ts'
import { foundSwarm } from './swarm.ts'
import { sweep } from './sweep.ts'

export type TestBedOptions = {
  /** 1 to 9; `node1` is always a manager. */
  readonly nodes: number
  /** How many of the nodes are managers, the first ones. Default 1; with 3 the Swarm outlives the loss of one. */
  readonly managers?: number
  /** Tells test beds on one machine apart: 1 to 8 lower-case letters and digits. */
  readonly name?: string
  /** Whether the nodes get the image of the edge; default true. */
  readonly edge?: boolean
  /** Whether they get the image of compose's demo; default false. */
  readonly demo?: boolean
  /** Whether the engines form a Swarm; default true. */
  readonly swarm?: boolean
  /** Hears what takes time, and what is installed. */
  readonly say?: (line: string) => void
}

export type BedNode = {
  readonly name: string
  /** Reachable from the clients and the other nodes. */
  readonly address: string
  /** The engine's unix socket. */
  readonly socket: string
  /** The docker client against this node; resolves to what it printed. */
  readonly docker: (...args: readonly string[]) => Promise<string>
  /** One request to a published port (80) of this node. */
  readonly ask: (request: NodeAsk) => Promise<Answer>
  /** Steady traffic to a published port (80) of this node. */
  readonly startTraffic: (options: NodeTrafficOptions) => Promise<NodeTraffic>
  /** Stops dockerd as `systemctl stop docker` does: its containers are stopped first. */
  readonly stop: () => Promise<void>
  /** Loses the node at once, as a power cut does: dockerd and all of its containers. */
  readonly powerOff: () => Promise<void>
  /** Starts dockerd again; it rejoins by itself, a moment after this resolves. */
  readonly start: () => Promise<void>
  /** Pulls the node's network cable: everything on it runs on, and reaches nobody. */
  readonly cutOff: () => Promise<void>
  readonly reconnect: () => Promise<void>
}

export type TestBed = AsyncDisposable & {
  readonly name: string
  readonly nodes: readonly BedNode[]
  /** The node of this number; throws where there is none. */
  readonly node: (index: number) => BedNode
  /** Loads a tar file of `docker save` into every node. */
  readonly loadImage: (tar: string) => Promise<void>
  /** Runs a command where the nodes' addresses are reachable; resolves to what it printed. */
  readonly inClientNamespace: (command: readonly string[]) => Promise<string>
  /** Ends the clients and leaves the Swarm running; disposing of the test bed removes every trace. */
  readonly letGo: () => Promise<void>
}

const defaultName = 'tgtest'

/** Starts a test bed, in place of one of the same name. Needs root; the first time it builds the images. */
export async function createTestBed(options: TestBedOptions): Promise<TestBed> {
  const { nodes, managers = 1, name = defaultName, swarm = true, say = () => undefined } = options
  const bed = layOut(name, nodes)
  await ensurePrograms(say)
  await sweep(bed)
  try {
    await makeFootholds(bed)
    await ensureImages(bed, imagesFor(options), say)
    await layCables(bed)
    await Promise.all(
      bed.nodes.map(async (node) => {
        await seedImages(bed, node)
        await startEngine(node)
      }),
    )
    if (swarm) {
      await foundSwarm(bed.nodes, managers)
      await provideVips(bed, say)
    }
    return await attach(bed)
  } catch (error) {
    await sweep(bed)
    throw error
  }
}

function imagesFor({ edge = true, demo = false }: TestBedOptions): readonly ImageName[] {
  return ['application', ...(edge ? (['edge'] as const) : []), ...(demo ? (['demo'] as const) : [])]
}

/** Takes up a test bed that runs, such as that of `npm run swarm:up` (name `tg`); undefined if there is none. */
export async function openTestBed(name: string = defaultName): Promise<TestBed | undefined> {
  const { runDir } = layOut(name, 0)
  if (!existsSync(runDir)) return undefined
  const nodes = readdirSync(runDir).filter((entry) => /^node\d$/.test(entry))
  return nodes.length === 0 ? undefined : attach(layOut(name, nodes.length))
}

/** Removes every trace of a test bed, also of one that crashed halfway; there need not be one. */
export async function removeTestBed(name: string = defaultName): Promise<void> {
  await sweep(layOut(name, 0))
}

async function provideVips(bed: BedLayout, say: (line: string) => void): Promise<void> {
  await succeeds('modprobe', ['ip_vs'])
  if (existsSync('/proc/net/ip_vs')) return
  say('this kernel has no IP_VS: a stand-in gives the VIPs a data plane (test/e2e/swarm/vip-stand-in.ts)')
  const program = new URL('vip-stand-in-process.ts', import.meta.url).pathname
  await launch({
    cgroup: `${bed.cgroup}/vips`,
    command: [process.execPath, '--import', 'tsx', program, bed.name, `${bed.nodes.length}`],
    output: { file: `${bed.runDir}/vips.log` },
    cwd: projectDir,
  })
}

async function attach(bed: BedLayout): Promise<TestBed> {
  const clients = await startClients(bed)
  const nodes = bed.nodes.map((node) => bedNode(bed, node, clients))
  return {
    name: bed.name,
    nodes,
    node: (index) => {
      const found = nodes[index]
      if (found === undefined)
        throw new Error(`the test bed has ${nodes.length} nodes, asked for index ${index}`)
      return found
    },
    loadImage: async (tar) => {
      await Promise.all(nodes.map((node) => node.docker('load', '--quiet', '--input', tar)))
    },
    inClientNamespace: (command) => {
      const [file = '', ...args] = inNamespace(bed.clientNamespace, command)
      return run(file, args)
    },
    letGo: async () => {
      await clients[Symbol.asyncDispose]()
    },
    [Symbol.asyncDispose]: async () => {
      await clients[Symbol.asyncDispose]()
      await sweep(bed)
    },
  }
}

function bedNode(bed: BedLayout, node: NodeLayout, clients: Clients): BedNode {
  return {
    name: node.name,
    address: node.address,
    socket: node.socket,
    docker: (...args) => docker(node, args),
    ask: (request) => clients.ask(node, request),
    startTraffic: (options) => clients.startTraffic(node, options),
    stop: () => stopEngine(node),
    powerOff: () => powerOff(node),
    start: () => startEngine(node),
    cutOff: () => setCable(bed, node, 'down'),
    reconnect: () => setCable(bed, node, 'up'),
  }
}
