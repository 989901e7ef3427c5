// The lists that make a snapshot.
// Owns which requests they are. One request each, whatever the number of services and tasks; secrets and configs only
// where a service names one (mounted-lists.ts).

import type { Network, Node, Service, Task } from '../core/snapshot.ts'
import type { Docker } from '../docker/docker.ts'
import type { DockerEndpoint } from '../docker/endpoint.ts'
import { createList, type Oddity } from '../docker/list.ts'
import type { Lists } from '../docker/lists.ts'
import { createMountedLists, type ListedMounted } from './mounted-lists.ts'
import { keepTask, type ListedTask, readNetwork, readNode, readService, readTask } from './read-element.ts'

/** What the lists say together. */
export type Listed = ListedMounted & {
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
): Lists<Listed> {
  const shared = { docker, endpoint, onOddity }
  const tasks = createList({
    ...shared,
    request: { path: '/tasks', filters: liveTasks },
    read: readTask,
    keep: (now, before: ListedTask | undefined) => keepTask(now, known(now.task.id) ?? before),
  })
  const services = createList({ ...shared, request: { path: '/services' }, read: readService })
  const networks = createList({
    ...shared,
    request: { path: '/networks', filters: { scope: ['swarm'] } },
    read: readNetwork,
  })
  const nodes = createList({ ...shared, request: { path: '/nodes' }, read: readNode })
  const mounted = createMountedLists(shared)
  return {
    byName: {
      tasks,
      services: {
        bytes: services.bytes,
        refresh: async (signal) => {
          await services.refresh(signal)
          await mounted.heed(services.values() ?? [], signal)
        },
      },
      networks,
      nodes,
      get secrets() {
        return mounted.secrets()
      },
      get configs() {
        return mounted.configs()
      },
    },
    listed: () => {
      const listed = together(tasks.values(), services.values(), networks.values(), nodes.values())
      return listed === undefined ? undefined : { ...listed, ...mounted.listed() }
    },
  }
}

function together(
  tasks: readonly ListedTask[] | undefined,
  services: readonly Service[] | undefined,
  networks: readonly Network[] | undefined,
  nodes: readonly Node[] | undefined,
): Listed | undefined {
  if (tasks === undefined || services === undefined || networks === undefined || nodes === undefined)
    return undefined
  return { tasks, services, networks, nodes }
}
