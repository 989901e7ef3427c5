// New tasks, and the questions every part of the orchestration asks about tasks.
// Owns their making (SwarmKit: orchestrator.NewTask) and what "dirty" means (orchestrator.IsTaskDirty).

import { sameJson } from './json.ts'
import { isWanted, type Service, type Task } from './objects.ts'
import type { Transaction } from './store.ts'

/** A place for one task: a slot of a replicated service, or a node of a global one. */
export type Place = { readonly slot: number } | { readonly nodeId: string }

export function placeOf(task: Task): Place {
  return task.Slot === undefined ? { nodeId: task.NodeID ?? '' } : { slot: task.Slot }
}

export function placeKey(place: Place): string {
  return 'slot' in place ? String(place.slot) : place.nodeId
}

export function createTask(
  tx: Transaction,
  service: Service,
  place: Place,
  desiredState: 'ready' | 'running',
): Task {
  return tx.create('task', {
    Labels: {},
    Spec: service.Spec.TaskTemplate,
    ServiceID: service.ID,
    ...('slot' in place ? { Slot: place.slot } : { NodeID: place.nodeId }),
    Status: { Timestamp: tx.now, State: 'new', Message: 'created', PortStatus: {} },
    DesiredState: desiredState,
    internal: {
      serviceName: service.Spec.Name,
      serviceLabels: service.Spec.Labels ?? {},
      endpoint: service.Spec.EndpointSpec,
    },
  })
}

/** True for a task that runs another specification than its service now has. Labels of the service do not count. */
export function isDirty(service: Service, task: Task): boolean {
  const same = task.Spec === service.Spec.TaskTemplate || sameJson(task.Spec, service.Spec.TaskTemplate)
  return !same || !sameJson(task.internal.endpoint, service.Spec.EndpointSpec)
}

/** The tasks that are meant to run, by place. */
export function wantedByPlace(tasks: readonly Task[]): ReadonlyMap<string, readonly Task[]> {
  const places = new Map<string, Task[]>()
  for (const task of tasks) {
    if (!isWanted(task)) continue
    const key = placeKey(placeOf(task))
    const there = places.get(key)
    if (there === undefined) places.set(key, [task])
    else there.push(task)
  }
  return places
}

export function setDesired(tx: Transaction, task: Task, desired: 'running' | 'shutdown' | 'remove'): void {
  tx.update('task', task.ID, (old) => ({ ...old, DesiredState: desired }))
}
