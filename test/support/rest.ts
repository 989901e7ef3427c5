// Waiting until a simulated Swarm and the edge in front of it have both come to rest.
// Rest is seen, not guessed: every service of the Swarm runs what it asks for and nothing else, nothing was committed for a
// while, the agent has listed all that since, and HAProxy runs what that list asks for.

import type { AgentStatus } from '../../agent/agent.ts'
import type { SimulatedSwarm } from '../sim/swarm.ts'
import { isConverged } from './converged.ts'
import type { Edge } from './edge.ts'
import { eventually } from './eventually.ts'

export type Rest = Disposable & {
  /** Resolves to the agent's status at rest. */
  readonly of: (edge: Edge, timeoutMs?: number) => Promise<AgentStatus>
}

/** Longer than it takes until what was just done (a kill, a lost node) shows in the store. */
const quietMs = 450

export function watchRest(swarm: SimulatedSwarm): Rest {
  let changedMs = performance.now()
  const unwatch = swarm.watch(() => {
    changedMs = performance.now()
  })
  return {
    of: async (edge, timeoutMs = 20_000) => {
      // What was just done may not have reached the store yet.
      changedMs = performance.now()
      await eventually(() => performance.now() - changedMs > quietMs && isConverged(swarm), { timeoutMs })
      const listed = edge.source.status().lists
      await eventually(() => hasListed(edge, listed), { timeoutMs })
      return edge.settled(timeoutMs)
    },
    [Symbol.dispose]: unwatch,
  }
}

/** Not while the source does not believe yet that something is gone. */
function hasListed(edge: Edge, listed: number): boolean {
  const { lists, isHeldBack } = edge.source.status()
  return lists >= listed + 3 && !isHeldBack
}
