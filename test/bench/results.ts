// The measurements as they are kept in results.json.
// Owns their shape. Refuses verdicts (aims.ts) and words (report.ts).

import { z } from 'zod'

const spread = z.object({ count: z.number(), p50: z.number(), p95: z.number(), max: z.number() })

/** Where and with what figures were taken. */
export const takenSchema = z.object({
  date: z.string(),
  commit: z.string(),
  cpu: z.string(),
  cores: z.number(),
  memoryGb: z.number(),
  kernel: z.string(),
  node: z.string(),
  haproxy: z.string(),
  /** Load average of the last minute as the measurement began: what else the machine did. */
  loadBefore: z.number(),
})

/** One stage of a change: its CPU time and its duration, in milliseconds. */
const cost = z.object({ cpuMs: spread, wallMs: spread })

/** What the measured program tells of one size. */
export const changeCase = z.object({
  tasks: z.number(),
  services: z.number(),
  listBytes: z.number(),
  /** From the engine's bytes in hand to the files rewritten. */
  inHand: cost.extend({ appliedMs: spread, commands: z.object({ min: z.number(), max: z.number() }) }),
  /** The same, with the list asked for over the engine's socket. */
  overHttp: cost.extend({ appliedMs: spread }),
  /** A list over the engine's socket in which nothing has changed. */
  quietPoll: cost,
  /** Everything done anew each time: whole parse, routing, reading HAProxy back, plan, files' texts. Nothing is applied. */
  naive: z.object({ total: cost, partsCpuMs: z.record(z.string(), z.number()) }),
})

const start = z.object({
  taken: takenSchema,
  services: z.number(),
  tasks: z.number(),
  /** One of each for every start, in milliseconds from the spawn of the agent. */
  firstAnswerMs: z.array(z.number()),
  startedLogMs: z.array(z.number()),
  agentCpuMs: z.array(z.number()),
  memoryAfterStart: z.object({ rssMb: z.number(), peakMb: z.number() }),
  quietCpuMsPerS: z.number(),
  quietForS: z.number(),
  replaced: z.object({ tasks: z.number(), durationS: z.number(), cpuMsPerTask: z.number() }),
  memoryAfterChanges: z.object({ rssMb: z.number(), peakMb: z.number() }),
  haproxyRssMb: z.number(),
})

const variant = z.object({
  name: z.string(),
  what: z.string(),
  /** One of each for every round. */
  requestsPerS: z.array(z.number()),
  cpuUsPerRequest: z.array(z.number()),
  p99Ms: z.array(z.number()),
})

const throughput = z.object({
  taken: takenSchema,
  hosts: z.number(),
  serversPerHost: z.number(),
  connections: z.number(),
  roundS: z.number(),
  variants: z.array(variant),
})

/** What top took while it drew so many pictures; of one core, from 0 to 1. */
const watched = z.object({ topCpuShare: z.number(), pictures: z.number() })

const topRound = watched.extend({ requestsPerS: z.number(), haproxyCpuUsPerRequest: z.number() })

const watch = z.object({
  taken: takenSchema,
  hosts: z.number(),
  servers: z.number(),
  /** From the spawn of the command to its end; one of each for every call. */
  statusMs: z.array(z.number()),
  statusOfOneMs: z.array(z.number()),
  versionMs: z.array(z.number()),
  /** Node alone, with nothing to do. */
  nodeMs: z.optional(z.array(z.number())),
  statusBytes: z.number(),
  connections: z.number(),
  roundS: z.number(),
  /** Without requests through HAProxy. */
  quiet: watched,
  /** Rounds while top was stopped, and rounds beside it; each is of the same time as the other of its number. */
  without: z.array(topRound),
  beside: z.array(topRound),
})

/** The page's main thread for a while. */
const pageWhile = z.object({
  /** `some`: as many rows as it shows by itself; `all`: everything asked for. */
  rows: z.enum(['some', 'all']),
  what: z.enum(['nothing', 'requests', 'changes']),
  /** Rows in the document. */
  shown: z.number(),
  /** CPU time of the main thread, of one core, from 0 to 1; and that of scripts alone. */
  busyShare: z.number(),
  scriptShare: z.number(),
  /** The longest task; 0 where none took 50 ms. */
  longestMs: z.number(),
})

const pageMemory = z.object({ heapMb: z.number(), nodes: z.number() })

const page = z.object({
  taken: takenSchema,
  hosts: z.number(),
  servers: z.number(),
  changesPerS: z.number(),
  /** From the navigation until the table stands; one of each for every opening. */
  openedMs: z.array(z.number()),
  rounds: z.array(pageWhile),
  /** From a key to the table laid out; with the rows that are shown by themselves, and with all asked for. */
  filterMs: z.array(z.number()),
  filterAllMs: z.array(z.number()),
  memoryFirst: pageMemory,
  memoryLast: pageMemory,
})

const tls = z.object({
  taken: takenSchema,
  certificates: z.number(),
  services: z.number(),
  /** From the spawn of the agent to the first answer; one of each for every start. */
  startWithoutMs: z.array(z.number()),
  startWithMs: z.array(z.number()),
  haproxyWithoutMb: z.number(),
  haproxyWithMb: z.number(),
  /** From the file in place to the first handshake that shows it, and what it took of the agent's CPU time. */
  renewedMs: z.array(z.number()),
  renewalCpuMs: z.array(z.number()),
  /** Runtime commands for one renewal. */
  commands: z.number(),
  connections: z.number(),
  roundS: z.number(),
  /** One of each for every round. */
  handshakes: z.array(z.object({ what: z.string(), perS: z.array(z.number()), cpuUs: z.array(z.number()) })),
})

const change = z.object({ taken: takenSchema, cases: z.array(changeCase) })

export const resultsSchema = z.object({
  change: z.optional(change),
  start: z.optional(start),
  throughput: z.optional(throughput),
  watch: z.optional(watch),
  page: z.optional(page),
  tls: z.optional(tls),
})

export type Taken = z.infer<typeof takenSchema>
export type Cost = z.infer<typeof cost>
export type ChangeCase = z.infer<typeof changeCase>
export type ChangeResult = z.infer<typeof change>
export type StartResult = z.infer<typeof start>
export type Variant = z.infer<typeof variant>
export type ThroughputResult = z.infer<typeof throughput>
export type TopRound = z.infer<typeof topRound>
export type WatchResult = z.infer<typeof watch>
export type PageWhile = z.infer<typeof pageWhile>
export type PageResult = z.infer<typeof page>
export type TlsResult = z.infer<typeof tls>
/** Each part is there once it was measured; parts may be from different days. */
export type Results = z.infer<typeof resultsSchema>
