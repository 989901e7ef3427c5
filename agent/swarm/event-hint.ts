// What an event of the engine hints at.
// Owns the filter that asks for events and the meaning of one. Refuses to believe it: an event only says what to list.

import type { EventKind, Hint } from '../docker/events.ts'
import { asJson, objectAt, textAt } from '../docker/json-read.ts'

/**
 * Asks for the Swarm's own events (a manager sends them for services, nodes, networks, secrets and configs, never for
 * tasks: moby#37403), and for what happens to this node's containers, some of which are tasks.
 */
export const swarmEvents: EventKind = {
  filters: {
    type: ['service', 'node', 'network', 'secret', 'config', 'container'],
    event: ['create', 'update', 'remove', 'start', 'die', 'health_status'],
  },
  hintOf,
}

function hintOf(line: string): Hint {
  const event = asJson(JSON.parse(line))
  const actor = objectAt(event, 'Actor')
  switch (textAt(event, 'Type')) {
    case 'service':
      return {
        lists: ['services', 'tasks'],
        ...(textAt(event, 'Action') === 'remove' && { ended: [textAt(actor, 'ID')] }),
      }
    case 'node':
      return { lists: ['nodes', 'tasks'] }
    case 'network':
      return { lists: textAt(event, 'scope') === 'local' ? [] : ['networks'] }
    case 'secret':
      return { lists: ['secrets'] }
    case 'config':
      return { lists: ['configs'] }
    case 'container':
      return { lists: textAt(objectAt(actor, 'Attributes'), taskLabel) === '' ? [] : ['tasks'] }
    default:
      return { lists: [] }
  }
}

/** The label that an engine puts on a task's container, and so on its events. */
const taskLabel = 'com.docker.swarm.task.id'
