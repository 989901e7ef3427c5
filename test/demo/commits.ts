// When Swarm committed what the agent then carried out: the start of the clock that the demo shows.
// Owns the record. Refuses to guess: an outcome that no commit stands behind (HAProxy's start) has no such time.

import type { Action } from '../../agent/core/action.ts'
import type { Outcome } from '../../agent/reconcile/ports.ts'
import { isRunning, isWanted, type Task } from '../sim/objects.ts'
import type { Change } from '../sim/store.ts'
import type { SimulatedSwarm } from '../sim/swarm.ts'

export type Commits = Disposable & {
  /** Milliseconds from the commit to the outcome; of several, from the oldest. */
  readonly sinceCommit: (outcome: Outcome) => number | undefined
}

type Moment = 'placed' | 'running' | 'leaving'
/** By moment and task id, or moment and service name, or `service`: when it was last so. */
type Times = Map<string, number>

/** Watches the Swarm from now on. */
export function watchCommits(swarm: SimulatedSwarm): Commits {
  const times: Times = new Map()
  const unwatch = swarm.watch((change) => {
    const nowMs = performance.now()
    if (isServiceChange(change)) times.set('service', nowMs)
    if (change.kind !== 'task' || change.action === 'remove') return
    const { ID, internal } = change.object
    for (const moment of momentsOf(change.object, change.old)) {
      times.set(`${moment} ${ID}`, nowMs)
      times.set(`${moment} ${internal.serviceName}`, nowMs)
    }
  })
  return {
    sinceCommit: (outcome) => {
      const sinceMs = sinceOf(outcome, times)
      return sinceMs === undefined ? undefined : outcome.atMs - sinceMs
    },
    [Symbol.dispose]: unwatch,
  }
}

/** What an operator can change of a service, and its virtual IPs; not the progress of an update. */
export function isServiceChange(change: Change): boolean {
  if (change.kind !== 'service') return false
  const { action, object, old } = change
  return action !== 'update' || object.Spec !== old?.Spec || object.Endpoint !== old.Endpoint
}

function momentsOf(task: Task, old: Task | undefined): readonly Moment[] {
  const isPlaced = (each: Task) => (each.NetworksAttachments ?? []).length > 0
  const became = (is: (each: Task) => boolean) => is(task) && !(old !== undefined && is(old))
  const ceased = (is: (each: Task) => boolean) => !is(task) && old !== undefined && is(old)
  return [
    ...(became(isPlaced) ? (['placed'] as const) : []),
    ...(became(isRunning) ? (['running'] as const) : []),
    // A task that never ran leaves when it is no longer wanted.
    ...(ceased(isRunning) || (ceased(isWanted) && !isRunning(task)) ? (['leaving'] as const) : []),
  ]
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
  'check-server': 'placed',
  'open-server': 'running',
  'add-route': 'service',
  'move-route': 'service',
  'remove-route': 'service',
  'add-certificate': 'service',
  'remove-certificate': 'service',
  'add-redirect': 'service',
  'turn-redirect': 'service',
  'remove-redirect': 'service',
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
