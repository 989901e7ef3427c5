// Clients of a test bed, in the namespace where the nodes' addresses are reachable.
// Owns the process that they live in, and the talk with it. Refuses to judge: tests count what failed.

import { createInterface } from 'node:readline'
import type { z } from 'zod'
import type { Answer, Ask } from '../../support/client.ts'
import type { Tally, TrafficOptions } from '../../support/traffic.ts'
import { answerShape, type Order, replyShape, tallyShape } from './client-messages.ts'
import { allowDoors, openDoor } from './door.ts'
import { launch } from './launch.ts'
import { type BedLayout, type NodeLayout, projectDir } from './layout.ts'
import { inNamespace } from './network.ts'

export type NodeAsk = Omit<Ask, 'port' | 'agent'> & { readonly port?: number }

export type NodeTrafficOptions = Omit<TrafficOptions, 'port' | 'method'> & {
  readonly port?: number
  /** No POST. */
  readonly onlyGet?: boolean
}

/** As Traffic of test/support/traffic.ts, from another process. */
export type NodeTraffic = AsyncDisposable & {
  readonly tally: () => Promise<Tally>
  readonly during: (work: () => Promise<unknown>) => Promise<Tally>
  readonly stop: () => Promise<Tally>
}

export type Clients = AsyncDisposable & {
  /** Asks a node's published port (80) once; rejects where no whole answer arrives in time. */
  readonly ask: (node: NodeLayout, request: NodeAsk) => Promise<Answer>
  /** Steady traffic to a node's published port (80) until it is stopped or disposed of. */
  readonly startTraffic: (node: NodeLayout, options: NodeTrafficOptions) => Promise<NodeTraffic>
}

type OrderWithoutId = Order extends infer Each ? (Each extends Order ? Omit<Each, 'id'> : never) : never
type Send = (order: OrderWithoutId) => Promise<unknown>

/** Starts the clients' process. */
export async function startClients(bed: BedLayout): Promise<Clients> {
  await allowDoors(bed)
  const program = new URL('client-process.ts', import.meta.url).pathname
  const command = inNamespace(bed.clientNamespace, [process.execPath, '--import', 'tsx', program])
  const child = await launch({ cgroup: `${bed.cgroup}/clients`, command, output: 'pipe', cwd: projectDir })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('the clients have no pipes')
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  createInterface({ input: stdout }).on('line', (line) => {
    const { id, result, error } = replyShape.parse(JSON.parse(line))
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.resolve(result)
    else asked?.reject(new Error(error))
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error("the clients' process has ended"))
  })
  stdin.on('error', () => undefined)
  let last = 0
  const send: Send = (order) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      stdin.write(`${JSON.stringify({ ...order, id })}\n`)
    })
  return {
    ask: async (node, { port = 80, ...request }) => {
      const door = await openDoor(bed, node, port)
      return parse(answerShape, await send({ kind: 'ask', request: { ...request, port: door } }))
    },
    startTraffic: async (node, { port = 80, hosts, ...options }) => {
      const name = `${node.name}-${++last}`
      const door = await openDoor(bed, node, port)
      await send({ kind: 'start', name, traffic: { ...options, hosts: [...hosts], port: door } })
      return trafficOf(send, name)
    },
    [Symbol.asyncDispose]: async () => {
      stdin.end()
      await exited
    },
  }
}

function trafficOf(send: Send, name: string): NodeTraffic {
  let final: Promise<Tally> | undefined
  const tally = async () => final ?? parse(tallyShape, await send({ kind: 'tally', name }))
  const stop = () => (final ??= send({ kind: 'stop', name }).then((result) => parse(tallyShape, result)))
  return {
    tally,
    stop,
    during: async (work) => {
      const before = await tally()
      await work()
      const after = await tally()
      return {
        answered: after.answered - before.answered,
        failures: after.failures.slice(before.failures.length),
      }
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}

function parse<T>(shape: z.ZodType<T>, value: unknown): T {
  return shape.parse(value)
}
