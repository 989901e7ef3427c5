// Lets servers into rotation once they accept a connection, or once they have had their time.
// Owns which servers are awaited. Refuses sockets: whether one accepts is a function that it is given.

import { holdBack, type Newcomer, newcomersIn } from '../core/newcomers.ts'
import type { Routing } from '../core/routing.ts'
import type { Accepts } from './ports.ts'

export type Doorkeeper = {
  /** Takes note of servers that the second routing has in rotation and the first has not. */
  readonly meet: (before: Routing, after: Routing, signal: AbortSignal) => void
  /** The routing for now: without the awaited ones, where others serve. */
  readonly hold: (routing: Routing, last: Routing) => Routing
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
  return {
    meet: (before, after, signal) => {
      if (options.graceMs === 0) return
      for (const newcomer of newcomersIn(before, after)) {
        if (awaited.size >= awaitedMax) return
        if (!awaited.has(newcomer.key)) void letIn(options, awaited, newcomer, signal)
      }
    },
    hold: (routing, last) => holdBack(routing, awaited, last),
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
