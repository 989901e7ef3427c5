// What the guest says on its second serial port: one JSON object a line, in the order of the scenario.
// Owns the shapes. Refuses to judge: the guest reports what it saw, and the test on the host says what is right.

import { z } from 'zod'

/** A real server of IP_VS: a task, by its address; weight 0 gets no new connections; `connections` since it is there. */
const server = z.object({ address: z.string(), weight: z.number(), connections: z.number() })

const failure = z.object({
  method: z.string(),
  kept: z.boolean(),
  what: z.string(),
  /** Since the change began. */
  afterMs: z.number(),
})

/** What balances a VIP: IP_VS in the network's load-balancer sandbox, found by the mark that the VIP's packets get. */
const balancing = z.object({ mark: z.number(), servers: z.array(server) })

const platform = z.object({
  step: z.literal('platform'),
  kernel: z.string(),
  engine: z.string(),
  /** The first line of /proc/net/ip_vs. */
  ipvs: z.string(),
})

const example = z.object({
  step: z.literal('example'),
  status: z.number(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  body: z.string(),
  networkId: z.string(),
  /** `docker service inspect`, `.Endpoint.VirtualIPs`. */
  virtualIps: z.array(z.object({ NetworkID: z.string(), Addr: z.string() })),
  balancing,
  /** Who answered, each of a row of requests on connections of their own. */
  instances: z.array(z.string()),
})

const change = z.object({
  step: z.literal('change'),
  name: z.string(),
  elapsedMs: z.number(),
  /** Requests that were answered with 200, by method and connection, such as `POST kept`. */
  answered: z.record(z.string(), z.number()),
  failed: z.number(),
  /** The first of them. */
  failures: z.array(failure),
  /** What the agent logged in that time, and whether HAProxy's worker is another one than before. */
  reloads: z.number(),
  liveChanges: z.number(),
  isNewWorker: z.boolean(),
  /** What `tidegate plan` said afterwards. */
  plan: z.string(),
  /** The running tasks' images afterwards. */
  images: z.array(z.string()),
  /** The versions that answered afterwards. */
  versions: z.array(z.string()),
  balancing,
})

const failed = z.object({ step: z.literal('failed'), why: z.string(), diagnosis: z.string() })
const done = z.object({ step: z.literal('done'), elapsedMs: z.number() })

export const resultShape = z.discriminatedUnion('step', [platform, example, change, failed, done])

export type Result = z.infer<typeof resultShape>
export type Change = z.infer<typeof change>
export type Balancing = z.infer<typeof balancing>
