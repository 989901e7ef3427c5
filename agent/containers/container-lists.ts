// The two lists that make a snapshot of an engine's containers.
// Owns which requests they are. One request each, whatever the number of containers.

import type { Network } from '../core/snapshot.ts'
import type { Docker } from '../docker/docker.ts'
import type { DockerEndpoint } from '../docker/endpoint.ts'
import { isTrueAt, neededObject, neededText, textAt } from '../docker/json-read.ts'
import { createList, type Oddity } from '../docker/list.ts'
import type { Lists } from '../docker/lists.ts'
import { type Container, readContainer } from './read-container.ts'

/** What the lists say together. */
export type Listed = {
  readonly containers: readonly Container[]
  readonly networks: readonly Network[]
}

/** Those that have ended are listed as well: a service whose containers are stopped is still there. */
const all = { path: '/containers/json', query: { all: 'true' } }

export function createContainerLists(
  docker: Pick<Docker, 'get'>,
  endpoint: DockerEndpoint,
  onOddity: (oddity: Oddity) => void,
): Lists<Listed> {
  const shared = { docker, endpoint, onOddity }
  const tasks = createList({ ...shared, request: all, read: readContainer })
  const networks = createList({ ...shared, request: { path: '/networks' }, read: readNetwork })
  return {
    byName: { tasks, networks },
    listed: () => {
      const [containers, known] = [tasks.values(), networks.values()]
      return containers === undefined || known === undefined ? undefined : { containers, networks: known }
    },
  }
}

/** Networks that are none: the machine's own, and no network at all. */
const unreachable: ReadonlySet<string> = new Set(['host', 'null'])

/** A network of `GET /networks`. Throws Nonsense. */
export function readNetwork(element: unknown): Network {
  const json = neededObject(element)
  return {
    id: neededText(json, 'Id'),
    name: neededText(json, 'Name'),
    ingress: isTrueAt(json, 'Ingress') || unreachable.has(textAt(json, 'Driver')),
  }
}
