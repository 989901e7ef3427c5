// When an agent has caught up with a simulated Swarm.
// Owns the question. Refuses to wait (stage.ts does).

import type { SimulatedSwarm } from '../sim/swarm.ts'
import { isServiceChange } from './commits.ts'

export type Follower = Disposable & {
  /** True once the agent has listed all that was committed before `sinceMs`, and works with it. */
  readonly hasCaughtUp: (sinceMs: number) => boolean
}

/** Watches what is committed from now on, and what the agent asks for. */
export function watchFollower({ watch, api }: SimulatedSwarm): Follower {
  let changedMs = 0
  const unwatch = watch((change) => {
    if (isServiceChange(change)) changedMs = performance.now()
  })
  const listed = (route: string, sinceMs: number) =>
    api.requests.filter((request) => request.route === route && request.startedAtMs > sinceMs)
  return {
    hasCaughtUp: (sinceMs) => {
      const services = listed('GET /services', changedMs)[0]?.startedAtMs
      // The agent asks for tasks again only once it has worked in those that it got.
      return services !== undefined && listed('GET /tasks', Math.max(services, sinceMs)).length >= 2
    },
    [Symbol.dispose]: unwatch,
  }
}
