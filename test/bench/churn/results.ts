// The measurements as they are kept in churn.json.
// Owns their shape. Refuses verdicts (aims.ts) and words (report.ts).

import { z } from 'zod'
import { takenSchema as taken } from '../results.ts'

/** Milliseconds; `never` counts those that were not seen at all. */
const delays = z.object({
  count: z.number(),
  p50: z.number(),
  p99: z.number(),
  max: z.number(),
  never: z.number(),
})

/** Milliseconds from Swarm's commit to the server being open, and closed. */
const propagated = z.object({ name: z.string(), what: z.string(), opened: delays, closed: delays })

/** Contenders that ran at the same time, on the same commits. */
const propagationGroup = z.object({ commits: z.number(), contenders: z.array(propagated) })

const propagation = z.object({ taken, replicas: z.number(), groups: z.array(propagationGroup) })

/** What traffic noticed of one scenario. */
export const lossRow = z.object({
  scenario: z.string(),
  contender: z.string(),
  what: z.string(),
  durationS: z.number(),
  requests: z.number(),
  failed: z.number(),
  reloads: z.number(),
  /** Cut before their task was sent SIGTERM. */
  websocketsCut: z.number(),
  downloadsCut: z.number(),
  /** Ended with their task, as they must where it does not wait for them. */
  endedWithTask: z.number(),
  /** What failed most often, in the client's words. */
  mostly: z.string(),
})

const loss = z.object({
  taken,
  websockets: z.number(),
  downloads: z.number(),
  rows: z.array(lossRow),
})

const memory = z.object({ rssMb: z.number(), peakMb: z.number() })

const storm = z.object({
  taken,
  tasks: z.number(),
  flapping: z.number(),
  durationS: z.number(),
  /** Servers that Swarm opened or closed meanwhile. */
  changes: z.number(),
  opened: delays,
  closed: delays,
  cpuMsPerS: z.number(),
  commandsPerChange: z.number(),
  reloads: z.number(),
  agentBefore: memory,
  agentAfter: memory,
  haproxyBefore: memory,
  haproxyAfter: memory,
})

/** What a process holds. */
const held = z.object({ descriptors: z.number(), rssMb: z.number() })

const soak = z.object({
  taken,
  seed: z.number(),
  durationS: z.number(),
  operations: z.number(),
  agentKills: z.number(),
  haproxyKills: z.number(),
  requests: z.number(),
  /** Failed while HAProxy was dead, from its kill until it answers again. */
  failedWithHaproxy: z.number(),
  /** Failed at any other time. */
  failedGracefully: z.number(),
  mostly: z.string(),
  /** How long HAProxy did not answer after a kill. */
  outages: delays,
  /** How long nobody followed the Swarm after a kill of the agent. */
  absences: delays,
  /** Differences between what HAProxy runs at the end and what a fresh one runs from the files. */
  differences: z.number(),
  /** Servers at the end for which there is no running task. */
  leakedServers: z.number(),
  oldWorkers: z.number(),
  /** The last part, without kills; what is held was looked at before and after it, both times at rest and without traffic. */
  calmS: z.number(),
  agentBefore: held,
  agentAfter: held,
  haproxyBefore: held,
  haproxyAfter: held,
})

export const churnSchema = z.object({
  propagation: z.optional(propagation),
  loss: z.optional(loss),
  storm: z.optional(storm),
  soak: z.optional(soak),
})

export type Delays = z.infer<typeof delays>
export type Propagated = z.infer<typeof propagated>
export type PropagationResult = z.infer<typeof propagation>
export type LossRow = z.infer<typeof lossRow>
export type LossResult = z.infer<typeof loss>
export type StormResult = z.infer<typeof storm>
export type Held = z.infer<typeof held>
export type SoakResult = z.infer<typeof soak>
/** Each part is there once it was measured; parts may be from different days. */
export type ChurnResults = z.infer<typeof churnSchema>
