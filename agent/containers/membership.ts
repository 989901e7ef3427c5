// Which service a container is of: compose says so in labels; any other container is a service of its own.
// Owns ids and names. Refuses what the labels of the edge say.

import type { Container } from './read-container.ts'

export type Membership = {
  /** Never the same for two services: a project's name is in lower case and has no dots. */
  readonly serviceId: string
  /** As compose names the containers, without their number. */
  readonly serviceName: string
  /** Undefined for a container of its own. */
  readonly number: number | undefined
  readonly origin: 'compose' | 'container'
}

/** The part of a container, or of an event's attributes, by which it is told. */
export type Member = Pick<Container, 'name' | 'labels'>

const projectPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/
/** Labels can be anything: what is no name of compose's would end up in HAProxy's commands. */
const servicePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/

/** The service of a container. */
export function membershipOf({ name, labels }: Member): Membership {
  const project = labels['com.docker.compose.project'] ?? ''
  const service = labels['com.docker.compose.service'] ?? ''
  if (!projectPattern.test(project) || !servicePattern.test(service)) {
    return { serviceId: `Container.${name}`, serviceName: name, number: undefined, origin: 'container' }
  }
  const number = Number(labels['com.docker.compose.container-number'])
  return {
    serviceId: `${project}.${service}`,
    serviceName: `${project}-${service}`,
    number: Number.isSafeInteger(number) && number > 0 ? number : undefined,
    origin: 'compose',
  }
}

/** True for what `docker compose run` has started: it is no part of the service. */
export function isOneOff({ labels }: Member): boolean {
  return labels['com.docker.compose.oneoff']?.toLowerCase() === 'true'
}

/** The id under which a container is a task: as `docker ps` prints it. */
export function taskIdOf(containerId: string): string {
  return containerId.slice(0, 12)
}
