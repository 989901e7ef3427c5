// When a simulated Swarm has nothing left to do.
// Owns the question. Refuses to wait for the answer.

import { hasEnded, isRunning, isWanted, type Service } from '../sim/objects.ts'
import type { SimulatedSwarm } from '../sim/swarm.ts'
import { isDirty } from '../sim/tasks.ts'

/** True where every service runs what it asks for, and nothing else of it still runs on a node that can be asked. */
export function isConverged({ store }: Pick<SimulatedSwarm, 'store'>): boolean {
  // What runs on a lost node is told to stop, and cannot say that it has.
  const lost = new Set(store.list('node').flatMap((node) => (node.Status.State === 'down' ? node.ID : [])))
  return store.list('service').every((service) => {
    const tasks = store.tasksOf(service.ID)
    const wanted = tasks.filter(isWanted)
    const replicas = replicasOf(service)
    return (
      service.UpdateStatus?.State !== 'updating' &&
      (replicas === undefined || wanted.length === replicas) &&
      wanted.every((task) => isRunning(task) && !isDirty(service, task)) &&
      tasks.every((task) => isWanted(task) || hasEnded(task) || lost.has(task.NodeID ?? ''))
    )
  })
}

/** Undefined for a global service, which runs where it can. */
function replicasOf({ Spec: { Mode } }: Service): number | undefined {
  return Mode?.Global === undefined ? (Mode?.Replicated?.Replicas ?? 0) : undefined
}
