// The four lists that make a snapshot.
// Owns which requests they are. One request each, whatever the number of services and tasks.

import type { Network, Node, Service, Task } from '../core/snapshot.ts'
import type { Docker } from './docker.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { createList, type List, type Oddity } from './list.ts'
import { keepTask, type ListedTask, readNetwork, readNode, readService, readTask } from './read-element.ts'

export type SwarmLists = {
  readonly tasks: List<ListedTask>
  readonly services: List<Service>
  readonly networks: List<Network>
  readonly nodes: List<Node>
}

/** What the lists say together. */
export type Listed = {
  readonly tasks: readonly ListedTask[]
  readonly services: readonly Service[]
  readonly networks: readonly Network[]
  readonly nodes: readonly Node[]
}

// Tasks that are meant to run, or will be in a moment: history is left on the manager, and a task that is told to stop
// is gone from the list (moby daemon/cluster/filters.go, newListTasksFilters). A job's tasks are meant to be complete.
const liveStates = ['running', 'ready']
const liveTasks = { 'desired-state': liveStates }

/** True for a task that the list of tasks shows. */
export function isLive(task: Task): boolean {
  return liveStates.includes(task.desiredState)
}

/** `known` finds a task that was told of already: the list keeps its objects. */
export function createSwarmLists(
  docker: Docker,
  endpoint: DockerEndpoint,
  onOddity: (oddity: Oddity) => void,
  known: (taskId: string) => ListedTask | undefined = () => undefined,
): SwarmLists {
  const shared = { docker, endpoint, onOddity }
  return {
    tasks: createList({
      ...shared,
      request: { path: '/tasks', filters: liveTasks },
      read: readTask,
      keep: (now, before) => keepTask(now, known(now.task.id) ?? before),
    }),
    services: createList({ ...shared, request: { path: '/services' }, read: readService }),
    networks: createList({
      ...shared,
      request: { path: '/networks', filters: { scope: ['swarm'] } },
      read: readNetwork,
    }),
    nodes: createList({ ...shared, request: { path: '/nodes' }, read: readNode }),
  }
}

/** What the lists said last; undefined until each has been answered once. */
export function listedBy(lists: SwarmLists): Listed | undefined {
  const tasks = lists.tasks.values()
  const services = lists.services.values()
  const networks = lists.networks.values()
  const nodes = lists.nodes.values()
  if (tasks === undefined || services === undefined || networks === undefined || nodes === undefined)
    return undefined
  return { tasks, services, networks, nodes }
}
