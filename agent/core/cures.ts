// How its owner changes a service: what the hints of problems tell to do.
// A service of a Swarm is updated, one of compose is changed in its file, and a container of its own is made anew.
// Refuses to know what is wrong.

import type { Service } from './snapshot.ts'

type Changed = Pick<Service, 'name' | 'origin' | 'labels'>

/** Adds a label, or changes it. */
export function labelCure(service: Changed, label: string, value: string): string {
  if (service.origin === 'compose')
    return `Add it to the labels of ${inCompose(service)} in the compose file (${label}: "${value}"), then docker compose up -d.`
  if (service.origin === 'container')
    return `Labels of a container are for life: make ${service.name} anew, with --label ${label}=${value}`
  return `Add it: docker service update --label-add ${label}=${value} ${service.name}`
}

/** Gives a label another value; a part of a sentence. */
export function relabelCure(service: Changed, label: string, value: string): string {
  if (service.origin === 'compose')
    return `set ${label}: "${value}" in the labels of ${inCompose(service)} in the compose file, then docker compose up -d`
  if (service.origin === 'container') return `make ${service.name} anew, with --label ${label}=${value}`
  return `docker service update --label-add ${label}=${value} ${service.name}`
}

/** Takes a label away; a part of a sentence. */
export function unlabelCure(service: Changed, label: string): string {
  if (service.origin === 'compose')
    return `remove it from the labels of ${inCompose(service)} in the compose file, then docker compose up -d`
  if (service.origin === 'container') return `make ${service.name} anew, without the label`
  return `docker service update --label-rm ${label} ${service.name}`
}

/** Attaches the service to a network. */
export function attachCure(service: Changed, network: string): string {
  if (service.origin === 'compose')
    return `Add ${network} to the networks of ${inCompose(service)} in the compose file, then docker compose up -d.`
  if (service.origin === 'container') return `Attach it: docker network connect ${network} ${service.name}`
  return `Attach it: docker service update --network-add ${network} ${service.name}`
}

/** Has the edge share one of the service's networks. Outside of a Swarm nobody does that by himself. */
export function shareCure(service: Changed, network: string | undefined): string {
  const name = network ?? '<network>'
  if (service.origin === undefined)
    return 'The edge attaches itself within seconds, unless its setting `networks` says otherwise; by hand: docker service update --network-add <network> <edge service>'
  return `Add ${name} to the networks of the edge in its compose file, as an external one (external: true, name: ${name}) where another project has made it, then docker compose up -d; or at once: docker network connect ${name} <edge container>`
}

/** What brings all containers of a service to the same labels. */
export function renewCure(service: Changed): string {
  return service.origin === 'compose'
    ? `Those of the oldest stand. Make the others like it: docker compose up -d --force-recreate ${inCompose(service)}`
    : 'Those of the oldest stand.'
}

/** Starts containers of a service that has none that runs. */
export function startCure(service: Changed): string {
  return service.origin === 'compose'
    ? `Start it: docker compose up -d ${inCompose(service)}`
    : `Start it: docker start ${service.name}`
}

/** The command that shows what the service's tasks have written. */
export function logsCure(service: Changed): string {
  if (service.origin === 'compose') return `docker compose logs ${inCompose(service)}`
  return service.origin === 'container'
    ? `docker logs ${service.name}`
    : `docker service logs ${service.name}`
}

/** The name that the service has in its compose file. */
function inCompose({ name, labels }: Changed): string {
  return labels['com.docker.compose.service'] ?? name
}
