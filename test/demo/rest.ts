// When a simulated Swarm has nothing left to do.
// Owns the question. Refuses to wait (stage.ts does).

import { hasEnded, isRunning, isWanted, type Service } from '../sim/objects.ts'
import type { SimulatedSwarm } from '../sim/swarm.ts'
import { isDirty } from '../sim/tasks.ts'

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
