// Keeps the edge's own service attached to the networks that published services need.
//
// Every update replaces the edge's tasks, so changes are collected for a moment and made in one. The loop that routes does
// not wait for this: a service whose network is not there yet is a problem that says so.
//
// Refuses to know Docker: it sees snapshots and one function.

import { type NetworkMode, type NetworkPlan, planNetworks } from '../core/edge-networks.ts'
import { type AgentError, isAgentError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Clock } from './ports.ts'
import { createWaker } from './waker.ts'

type Update = Extract<NetworkPlan, { readonly kind: 'update' }>

export type NetworkKeeperOptions = {
  readonly mode: NetworkMode
  /** How long a change waits for others. */
  readonly settleMs: number
  readonly retryMs: number
  /** Carries a plan out; resolves to false where it was made void by another update. */
  readonly attach: (plan: Update, signal: AbortSignal) => Promise<boolean>
  readonly clock: Clock
  readonly report: {
    readonly attached: (plan: Update) => void
    readonly notAttached: (error: AgentError, retryMs: number) => void
  }
}

export type NetworkKeeper = {
  /** Takes note of the newest snapshot and the networks that its services need. */
  readonly consider: (snapshot: Snapshot, neededIds: readonly string[]) => void
  /** Works until the signal aborts. Rejects only for bugs. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** How long an update waits for an earlier one to end: a task that cannot start must not keep services waiting for ever. */
const untimelyMs = 120_000

export function createNetworkKeeper(options: NetworkKeeperOptions): NetworkKeeper {
  const { mode, settleMs, clock } = options
  const waker = createWaker()
  let plan: NetworkPlan = { kind: 'nothing' }
  let sinceMs = 0
  /** The version that an update was already made from: until the engine shows a newer one there is nothing to do. */
  let doneVersion = -1
  const consider = (snapshot: Snapshot, neededIds: readonly string[]) => {
    const next = planNetworks(snapshot, neededIds, mode)
    if (!isSamePlan(plan, next)) sinceMs = clock.nowMs()
    plan = next
    waker.wake()
  }
  return {
    consider,
    run: async (signal) => {
      while (!signal.aborted) {
        const pending = plan.kind === 'update' && plan.version > doneVersion ? plan : undefined
        const patienceMs = pending?.isUntimely === true ? Math.max(settleMs, untimelyMs) : settleMs
        const waitMs = pending === undefined ? undefined : sinceMs + patienceMs - clock.nowMs()
        if (pending === undefined || waitMs === undefined || waitMs > 0) await waker.sleep(waitMs, signal)
        else if (await tryAttach(options, pending, signal)) doneVersion = pending.version
        else await waker.sleep(options.retryMs, signal)
      }
    },
  }
}

async function tryAttach(options: NetworkKeeperOptions, plan: Update, signal: AbortSignal): Promise<boolean> {
  const { attach, report, retryMs } = options
  try {
    if (await attach(plan, signal)) report.attached(plan)
    return true
  } catch (error) {
    if (signal.aborted) return false
    if (!isAgentError(error)) throw error
    report.notAttached(error, retryMs)
    return false
  }
}

function isSamePlan(a: NetworkPlan, b: NetworkPlan): boolean {
  if (a.kind === 'nothing' || b.kind === 'nothing') return a.kind === b.kind
  return a.add.join() === b.add.join() && a.remove.join() === b.remove.join()
}
