// What a whole history may have cost: reloads, drift, requests.
// Owns the sums at the end. Refuses to look at HAProxy.

import type { ReloadReason } from '../../agent/core/plan.ts'
import type { Happening } from './steps.ts'
import type { World } from './world.ts'

/** Each can make or end a backend, or change what the design ties to a reload: at most one reload each. */
const reloading: readonly Happening['kind'][] = ['deploy', 'remove', 'label', 'networks', 'certificate']

/** After these HAProxy need not be what the agent left. */
const upsetting: readonly Happening['kind'][] = ['kill', 'disturb', 'foreign-reload', 'agent']

/** What must have happened for a reason to be one. */
const causes: { readonly [K in ReloadReason['kind']]: readonly Happening['kind'][] } = {
  'backend-added': reloading,
  'backend-removed': reloading,
  'network-changed': ['networks'],
  'mode-changed': ['label'],
  'options-changed': ['label'],
  'default-certificate-changed': ['certificate', 'deploy', 'label', 'remove'],
  // An agent that takes over does not know which certificate was the default.
  'structure-changed': ['certificate'],
  repair: ['disturb', 'foreign-reload', 'kill'],
}

/** Every reload had a cause, there were no more than causes, and nothing drifted by itself. */
export function judgeReloads(world: World): void {
  const outcomes = world.edges.flatMap((edge) => edge.told.outcomes)
  const reloads = outcomes.flatMap((outcome) => (outcome.kind === 'reload' ? [outcome] : []))
  for (const { kind, text } of reloads.flatMap((reload) => reload.reasons)) {
    if (sum(world, causes[kind]) === 0) throw new Error(`a reload without a cause: ${kind}, ${text}`)
  }
  const most = sum(world, reloading) + sum(world, upsetting)
  if (reloads.length > most) throw new Error(`${reloads.length} reloads for at most ${most} causes`)
  const drifts = world.edges.flatMap((edge) => edge.told.drifts)
  if (drifts.length > sum(world, upsetting)) {
    throw new Error(
      `HAProxy was not as it had been left, with nobody's hand in it: ${JSON.stringify(drifts)}`,
    )
  }
}

function sum({ happened }: World, kinds: readonly Happening['kind'][]): number {
  return kinds.reduce((total, kind) => total + (happened.get(kind) ?? 0), 0)
}

/** A request under way when HAProxy is killed is lost; so are those that come until there is one again. */
const aroundMs = 300

/** Nothing was done to the anchor: no request to it may fail while HAProxy lives. */
export function judgeTraffic({ traffic, monitor, killsMs }: World): void {
  const { answered, failures } = traffic.tally()
  // A worker that was on its way out when it was killed leaves no gap, and had requests of its own.
  const outages = [...monitor.outages(), ...killsMs.map((atMs) => ({ fromMs: atMs, untilMs: atMs }))]
  const isExcused = (atMs: number) =>
    outages.some(({ fromMs, untilMs }) => fromMs - aroundMs < atMs && atMs < untilMs + aroundMs)
  const unexplained = failures.filter(({ atMs }) => !isExcused(atMs))
  if (unexplained.length > 0) throw new Error(`requests to the anchor failed: ${JSON.stringify(unexplained)}`)
  if (answered < 10) throw new Error(`only ${answered} requests to the anchor were answered`)
}
