// When there is nothing left to do: for a simulated Swarm, and for an agent that follows it.
// Owns the questions. Refuses to wait (stage.ts does).

import { hasEnded, isRunning, isWanted, type Service } from '../sim/objects.ts'
import type { SimulatedSwarm } from '../sim/swarm.ts'
import { isDirty } from '../sim/tasks.ts'
import { isServiceChange } from './commits.ts'

/** True where every replicated service runs what it asks for, and nothing else of it still runs. */
export function isConverged({ store }: Pick<SimulatedSwarm, 'store'>): boolean {
  return store.list('service').every((service) => {
    const tasks = store.tasksOf(service.ID)
    const wanted = tasks.filter(isWanted)
    return (
      service.UpdateStatus?.State !== 'updating' &&
      wanted.length === replicasOf(service) &&
      wanted.every((task) => isRunning(task) && !isDirty(service, task)) &&
      tasks.every((task) => isWanted(task) || hasEnded(task))
    )
  })
}

function replicasOf(service: Service): number {
  return service.Spec.Mode?.Replicated?.Replicas ?? 0
}

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
