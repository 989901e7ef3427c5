// Whether this edge does what the Swarm asks for, as far as the agent can know.
// Refuses health: an agent that is not ready is healthy, and HAProxy serves in any case.

import type { AgentFacts } from './facts.ts'

/** A view as old as this says nothing about now. */
export const staleMsMax = 30_000

/** Why the edge is not ready; empty where it is. A reload that waits for things to settle, or a server that drains, is daily work. */
export function unreadiness({ engine, edge }: AgentFacts): readonly string[] {
  const reasons: string[] = []
  if (engine.staleMs === undefined) reasons.push('the engine has not answered yet')
  else if (engine.staleMs > staleMsMax) {
    reasons.push(
      `the engine has not answered for ${Math.round(engine.staleMs / 1000)} s (${engine.trouble ?? 'it is slow'})`,
    )
  }
  if (!edge.isObserved) reasons.push('HAProxy has not been seen yet')
  if (edge.trouble !== undefined) reasons.push(`the last step towards HAProxy failed (${edge.trouble})`)
  return reasons
}
