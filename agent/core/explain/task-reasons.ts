// Why no task of a service can take requests, as far as Swarm's states tell.
// The engine's own message of a failure is not in a snapshot: the cure says where to read it.

import { isInRotation, isMeantToRun } from '../servers.ts'
import { type Service, type Task, type TaskState, taskStates } from '../snapshot.ts'
import { listText } from '../text.ts'
import { containerReasons } from './container-reasons.ts'
import type { Reason, ReasonCode } from './explanation.ts'
import type { Known } from './facts.ts'

/** Reasons why none of a service's tasks runs where it can be reached; empty where one is in rotation. */
export function taskReasons(service: Service, known: Known): readonly Reason[] {
  const tasks = known.tasksOf(service)
  if (tasks.some((task) => isInRotation(task, known.topology))) return []
  if (service.origin !== undefined) return containerReasons(service, tasks)
  const wanted = tasks.filter(isMeantToRun)
  return wanted.length === 0 ? noneWanted(service, tasks) : noneReady(service, wanted, tasks, known)
}

function noneWanted(service: Service, tasks: readonly Task[]): readonly Reason[] {
  const stopping = tasks.filter((task) => task.state === 'running')
  const ended = tasks.filter(hasEnded)
  if (stopping.length > 0) {
    return [
      reason(service, 'tasks-stopping', {
        found: `${someTasks(stopping)} still running, and Swarm wants ${stopping.length === 1 ? 'it' : 'them'} to end (desired state ${desiredStates(stopping)})`,
        cure: `Scale it up: docker service scale ${service.name}=1. ${psShows(service)} what ended it.`,
      }),
    ]
  }
  if (ended.length > 0) {
    return [
      reason(service, 'tasks-ended', {
        found: `${someTasks(ended)} ended (${states(ended)}), and Swarm starts no other`,
        cure: `${psShows(service)} why; then docker service update --force ${service.name}, or scale it up. Look at its restart policy.`,
      }),
    ]
  }
  const cure =
    service.mode === 'global'
      ? `A global service runs where its constraints and the nodes' availability allow: docker node ls`
      : `Scale it up: docker service scale ${service.name}=1`
  return [reason(service, 'tasks-missing', { found: 'no task at all', cure })]
}

/** What stands between a task that Swarm wants and one that runs, the worst first. */
function noneReady(
  service: Service,
  wanted: readonly Task[],
  tasks: readonly Task[],
  known: Known,
): readonly Reason[] {
  const failed = tasks.filter((task) => task.state === 'failed' || task.state === 'rejected')
  const isReplacing = (task: Task) => failed.some((each) => each.slot === task.slot)
  const failing = wanted.filter((task) => task.state !== 'running' && (hasEnded(task) || isReplacing(task)))
  const others = wanted.filter((task) => !failing.includes(task))
  const inStates = (...among: readonly TaskState[]) => others.filter((task) => among.includes(task.state))
  return [
    lostReason(service, inStates('running'), known),
    failingReason(service, failing, failed),
    pendingReason(service, inStates('new', 'pending')),
    preparingReason(service, inStates('assigned', 'accepted', 'preparing', 'ready')),
    startingReason(service, inStates('starting')),
  ].flatMap((each) => each ?? [])
}

function lostReason(service: Service, running: readonly Task[], { topology }: Known): Reason | undefined {
  if (running.length === 0) return undefined
  const names = [...new Set(running.map(({ nodeId }) => topology.nodes.get(nodeId)?.name ?? nodeId))].sort()
  return reason(service, 'node-down', {
    found: `${someTasks(running)} on ${listText(names)}, and Swarm calls the node down`,
    cure: `Bring the node back, or take it out (docker node rm): Swarm starts the task elsewhere if another node can have it. See docker node ls.`,
  })
}

function failingReason(
  service: Service,
  failing: readonly Task[],
  failed: readonly Task[],
): Reason | undefined {
  if (failing.length === 0) return undefined
  return reason(service, 'tasks-failing', {
    found: `${someTasks(failed)} ended (${states(failed)}); the next is ${states(failing)}`,
    cure: `Swarm starts it again and again. docker service ps --no-trunc ${service.name} shows the error, docker service logs ${service.name} what it wrote.`,
  })
}

function pendingReason(service: Service, tasks: readonly Task[]): Reason | undefined {
  if (tasks.length === 0) return undefined
  return reason(service, 'tasks-pending', {
    found: `${someTasks(tasks)} waiting for a node (${states(tasks)})`,
    cure: `No node suits it: constraints, resources, platform, or all of them drained. docker service ps --no-trunc ${service.name} shows which.`,
  })
}

function preparingReason(service: Service, tasks: readonly Task[]): Reason | undefined {
  if (tasks.length === 0) return undefined
  return reason(service, 'tasks-preparing', {
    found: `${someTasks(tasks)} on the way (${states(tasks)})`,
    cure: `Wait: its image is being pulled, or Swarm waits its restart delay. If this stays: docker service ps --no-trunc ${service.name}`,
  })
}

function startingReason(service: Service, tasks: readonly Task[]): Reason | undefined {
  if (tasks.length === 0) return undefined
  return reason(service, 'tasks-starting', {
    found: `${someTasks(tasks)} starting: its health check has not passed yet`,
    cure: `Wait for its HEALTHCHECK; the server opens as soon as it passes. If this stays, look at its output: docker inspect --format '{{json .State.Health}}' <container>`,
  })
}

function reason(
  service: Service,
  code: ReasonCode,
  { found, cure }: { readonly found: string; readonly cure: string },
): Reason {
  return { code, severity: 'error', service: service.name, found, expected: 'a running task', cure }
}

function hasEnded({ state }: Task): boolean {
  return taskStates.indexOf(state) > taskStates.indexOf('running')
}

/** `a task`, `3 tasks`: the verb that follows takes either. */
function someTasks(tasks: readonly Task[]): string {
  return tasks.length === 1 ? 'one task' : `${tasks.length} tasks`
}

const psShows = ({ name }: Service) => `docker service ps --no-trunc ${name} shows`
const distinct = (texts: readonly string[]) => [...new Set(texts)].sort().join(', ')
const states = (tasks: readonly Task[]) => distinct(tasks.map((task) => task.state))
const desiredStates = (tasks: readonly Task[]) => distinct(tasks.map((task) => task.desiredState))
