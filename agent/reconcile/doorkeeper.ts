// Lets servers into rotation once they accept a connection, or once they have had their time, and the last ones of a
// backend out of it once another serves.
// Owns which servers are awaited, and which stay. Refuses sockets: whether one accepts is a function that it is given.

import { type LastStands, lastStands } from '../core/last-standing.ts'
import { holdBack, type Newcomer, newcomersIn } from '../core/newcomers.ts'
import type { Routing } from '../core/routing.ts'
import type { Accepts } from './ports.ts'

export type Doorkeeper = {
  /** Takes note of servers that the second routing has in rotation and the first has not. */
  readonly meet: (before: Routing, after: Routing, signal: AbortSignal) => void
  /** The routing for now: without the awaited ones where others serve, with the last ones where nobody else does. */
  readonly hold: (routing: Routing, last: Routing, nowMs: number) => Routing
  /** When to look again because a server has stayed for as long as it may; undefined where none stays. */
  readonly dueMs: () => number | undefined
  /** How many are awaited. */
  readonly awaited: () => number
}

export type DoorkeeperOptions = {
  readonly accepts: Accepts
  /** How long a server may take; 0 lets all in at once. */
  readonly graceMs: number
  /** Called after each that is let in. */
  readonly onLetIn: () => void
  /** One was let in that has not accepted a connection in its time. */
  readonly onLate: (newcomer: Newcomer, graceMs: number) => void
}

/** More are let in unasked: a flood of new tasks must not grow the agent. */
const awaitedMax = 10_000

export function createDoorkeeper(options: DoorkeeperOptions): Doorkeeper {
  const awaited = new Set<string>()
  let stands: LastStands = new Map()
  return {
    meet: (before, after, signal) => {
      if (options.graceMs === 0) return
      for (const newcomer of newcomersIn(before, after)) {
        if (awaited.size >= awaitedMax) return
        if (!awaited.has(newcomer.key)) void letIn(options, awaited, newcomer, signal)
      }
    },
    hold: (routing, last, nowMs) => {
      stands = lastStands(routing, last, stands, { awaited, nowMs })
      const staying = new Map([...stands].map(([name, { servers }]) => [name, servers]))
      return holdBack(routing, awaited, last, staying)
    },
    dueMs: () =>
      stands.size === 0 ? undefined : Math.min(...[...stands.values()].map(({ dueMs }) => dueMs)),
    awaited: () => awaited.size,
  }
}

async function letIn(
  { accepts, graceMs, onLetIn, onLate }: DoorkeeperOptions,
  awaited: Set<string>,
  newcomer: Newcomer,
  signal: AbortSignal,
): Promise<void> {
  awaited.add(newcomer.key)
  const isThere = await accepts(newcomer, graceMs, signal)
  awaited.delete(newcomer.key)
  if (signal.aborted) return
  if (!isThere) onLate(newcomer, graceMs)
  onLetIn()
}
