// When Swarm committed what the agent then carried out: the start of the clock that the demo shows.
// Owns the record. Refuses to guess: an outcome that no commit stands behind (HAProxy's start) has no such time.

import type { Action } from '../../agent/core/action.ts'
import type { Outcome } from '../../agent/reconcile/ports.ts'
import { isRunning, isWanted, type Task } from '../sim/objects.ts'
import type { SimulatedSwarm } from '../sim/swarm.ts'

export type Commits = Disposable & {
  /** A step begins: what was committed before does not count for it. */
  readonly forget: () => void
  /** Milliseconds from the commit to the outcome; of several, from the oldest. */
  readonly sinceCommit: (outcome: Outcome) => number | undefined
}

type Moment = 'placed' | 'running' | 'leaving'
/** By moment and task id, or moment and service name: when it was first so. */
type Times = Map<string, number>

/** Watches the Swarm from now on. */
export function watchCommits(swarm: SimulatedSwarm): Commits {
  const times: Times = new Map()
  const first = (key: string) => {
    if (!times.has(key)) times.set(key, performance.now())
  }
  const unwatch = swarm.watch((change) => {
    if (change.action === 'remove') return
    if (change.kind === 'service') first('service')
    if (change.kind !== 'task') return
    for (const moment of momentsOf(change.object, change.old)) {
      first(`${moment} ${change.object.ID}`)
      first(`${moment} ${change.object.internal.serviceName}`)
    }
  })
  return {
    forget: () => times.clear(),
    sinceCommit: (outcome) => {
      const sinceMs = sinceOf(outcome, times)
      return sinceMs === undefined ? undefined : outcome.atMs - sinceMs
    },
    [Symbol.dispose]: unwatch,
  }
}

function momentsOf(task: Task, old: Task | undefined): readonly Moment[] {
  const moments: Moment[] = []
  const isPlaced = (each: Task | undefined) => (each?.NetworksAttachments ?? []).length > 0
  if (isPlaced(task) && !isPlaced(old)) moments.push('placed')
  if (isRunning(task) && !(old !== undefined && isRunning(old))) moments.push('running')
  if (!isRunning(task) && old !== undefined && isRunning(old)) moments.push('leaving')
  if (!isWanted(task) && old !== undefined && isWanted(old) && !moments.includes('leaving'))
    moments.push('leaving')
  return moments
}

function sinceOf(outcome: Outcome, times: Times): number | undefined {
  if (outcome.kind === 'reload') return times.get('service')
  if (outcome.kind !== 'live') return undefined
  const known = outcome.actions.map((action) => times.get(keyOf(action))).filter((ms) => ms !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

const momentOf: { readonly [K in Action['kind']]: Moment | 'service' | undefined } = {
  'add-server': 'placed',
  'move-server': 'placed',
  'weigh-server': 'service',
  'open-server': 'running',
  'add-route': 'service',
  'move-route': 'service',
  'remove-route': 'service',
  'close-server': 'leaving',
  // These follow from a closing, and come when the sessions are over.
  'end-sessions': undefined,
  'delete-server': undefined,
}

/** A server is named `service.slot.taskid`, or `service` where it is a virtual IP. */
function keyOf(action: Action): string {
  const moment = momentOf[action.kind]
  if (moment === undefined) return ''
  const name = 'server' in action ? action.server.split('.').at(-1) : undefined
  return moment === 'service' || name === undefined ? 'service' : `${moment} ${name}`
}
