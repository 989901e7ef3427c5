// What an event of the engine hints at.
// Owns the filter that asks for events and the meaning of one. Refuses to believe it: an event only says what to list.

import { asJson, objectAt, textAt } from './json-read.ts'
import type { ListName } from './schedule.ts'

/**
 * Asks for the Swarm's own events (a manager sends them for services, nodes and networks, never for tasks: moby#37403),
 * and for what happens to this node's containers, some of which are tasks.
 */
export const eventFilters = {
  type: ['service', 'node', 'network', 'container'],
  event: ['create', 'update', 'remove', 'start', 'die', 'health_status'],
}

/** What an event tells: the lists that may have changed, and the service that it says is removed. */
export type Hint = { readonly lists: readonly ListName[]; readonly removedService?: string }

/** The hint of one line of `GET /events`. Throws SyntaxError for a line that is no JSON. */
export function hintOf(line: string): Hint {
  const event = asJson(JSON.parse(line))
  const actor = objectAt(event, 'Actor')
  switch (textAt(event, 'Type')) {
    case 'service':
      return {
        lists: ['services', 'tasks'],
        ...(textAt(event, 'Action') === 'remove' && { removedService: textAt(actor, 'ID') }),
      }
    case 'node':
      return { lists: ['nodes', 'tasks'] }
    case 'network':
      return { lists: textAt(event, 'scope') === 'local' ? [] : ['networks'] }
    case 'container':
      return { lists: textAt(objectAt(actor, 'Attributes'), taskLabel) === '' ? [] : ['tasks'] }
    default:
      return { lists: [] }
  }
}

/** The label that an engine puts on a task's container, and so on its events. */
const taskLabel = 'com.docker.swarm.task.id'
