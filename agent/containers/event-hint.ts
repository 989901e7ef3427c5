// What an event of an engine says about its containers.
// Owns the filter that asks for events and the meaning of one. A stop is the one thing that events alone tell; for the
// rest the list is the truth.

import type { EventKind, Hint } from '../docker/events.ts'
import { asJson, type Json, objectAt, textAt } from '../docker/json-read.ts'
import { membershipOf, taskIdOf } from './membership.ts'
import type { Signalled } from './stop-signal.ts'

export type ContainerHint = Hint & {
  /** A container that was told to stop, or has stopped, by its task's id. */
  readonly stopping?: string
  /** A container that got a signal which tells it to stop only if its image says so. */
  readonly signalled?: Signalled
  /** A container that has been started. */
  readonly started?: string
}

export const containerEvents: EventKind<ContainerHint> = {
  filters: {
    type: ['container', 'network'],
    event: [
      'create',
      'start',
      'kill',
      'die',
      'destroy',
      'pause',
      'unpause',
      'rename',
      'health_status',
      'connect',
      'disconnect',
      'remove',
    ],
  },
  hintOf,
}

function hintOf(line: string): ContainerHint {
  const event = asJson(JSON.parse(line))
  const action = textAt(event, 'Action')
  switch (textAt(event, 'Type')) {
    case 'container':
      return containerHint(action, objectAt(event, 'Actor'))
    case 'network':
      return { lists: action === 'connect' || action === 'disconnect' ? ['tasks'] : ['networks', 'tasks'] }
    default:
      return { lists: [] }
  }
}

/**
 * The signals that end a process, or are an image's way to say so (`STOPSIGNAL`): INT, QUIT (nginx), KILL, TERM, WINCH
 * (httpd) and RTMIN+3 (systemd). Not HUP, USR1 and USR2, which make most servers read their files again: whether one of
 * those is the container's own way (HAProxy's is USR1) the engine has to be asked.
 */
const endingSignals: ReadonlySet<string> = new Set(['2', '3', '9', '15', '28', '37'])

function containerHint(action: string, actor: Json): ContainerHint {
  const attributes = objectAt(actor, 'Attributes')
  const id = taskIdOf(textAt(actor, 'ID'))
  switch (action) {
    // The engine has just sent a signal (moby daemon/kill.go): the process is there, and may serve what it has.
    case 'kill':
      return killHint(textAt(actor, 'ID'), textAt(attributes, 'signal'))
    case 'die':
      return { lists: ['tasks'], stopping: id, ended: [id] }
    case 'destroy':
      return { lists: ['tasks'], ended: [id, serviceOf(attributes)] }
    case 'start':
      return { lists: ['tasks'], started: id }
    default:
      return { lists: ['tasks'] }
  }
}

function killHint(containerId: string, signal: string): ContainerHint {
  if (endingSignals.has(signal)) return { lists: ['tasks'], stopping: taskIdOf(containerId) }
  // An id stands in the path that is asked for.
  const isAskable = /^[0-9a-f]{12,64}$/.test(containerId) && signal !== ''
  return isAskable ? { lists: [], signalled: { containerId, signal } } : { lists: [] }
}

/** The service that may have ended with its last container. An event's attributes are the labels, and the name. */
function serviceOf(attributes: Json): string {
  const labels = Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
  return membershipOf({ name: textAt(attributes, 'name'), labels }).serviceId
}
