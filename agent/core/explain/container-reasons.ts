// Why no container of a service can take requests, outside of a Swarm: nobody starts another one by himself.
// What a container's state is as a task's, containers/assembly.ts says.

import { logsCure, startCure } from '../cures.ts'
import type { Service, Task } from '../snapshot.ts'
import type { Reason, ReasonCode } from './explanation.ts'

/** The reasons of a service of which no container is in rotation, the worst first. */
export function containerReasons(service: Service, tasks: readonly Task[]): readonly Reason[] {
  const stopping = tasks.filter(({ desiredState }) => desiredState === 'shutdown')
  const meant = tasks.filter((task) => !stopping.includes(task))
  const reasons = stages.flatMap(({ states, code, found, cure }) => {
    const those = meant.filter(({ state }) => states.includes(state))
    return those.length === 0 ? [] : [reasonOf(service, code, found(someContainers(those)), cure(service))]
  })
  if (reasons.length > 0) return reasons
  if (stopping.length > 0) {
    const found = `${someContainers(stopping)} told to stop, and still running`
    return [reasonOf(service, 'tasks-stopping', found, startCure(service))]
  }
  return [reasonOf(service, 'tasks-missing', 'no container that runs', startCure(service))]
}

type Stage = {
  readonly states: readonly Task['state'][]
  readonly code: ReasonCode
  readonly found: (containers: string) => string
  readonly cure: (service: Service) => string
}

/** What stands between a container and the rotation. */
const stages: readonly Stage[] = [
  {
    states: ['pending'],
    code: 'tasks-failing',
    found: (containers) => `${containers} ended, and waiting to be restarted`,
    cure: (service) => `It ends again and again. ${logsCure(service)} shows what it wrote.`,
  },
  {
    states: ['ready'],
    code: 'tasks-preparing',
    found: (containers) => `${containers} created, and not started`,
    cure: startCure,
  },
  {
    states: ['starting'],
    code: 'tasks-starting',
    found: (containers) => `${containers} not healthy, or paused`,
    cure: () =>
      "The server opens as soon as its health check passes. If this stays, look at the check's output: docker inspect --format '{{json .State.Health}}' <container>; a paused one goes on by docker unpause.",
  },
]

function reasonOf(service: Service, code: ReasonCode, found: string, cure: string): Reason {
  return {
    code,
    severity: 'error',
    service: service.name,
    found,
    expected: 'a running, healthy container',
    cure,
  }
}

function someContainers(tasks: readonly Task[]): string {
  return tasks.length === 1 ? 'one container' : `${tasks.length} containers`
}
