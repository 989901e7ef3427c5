// Keeps the edge's own service attached to the networks, and given the secrets and configs, that published services need.
//
// Every update replaces the edge's tasks, so changes are collected for a moment and made in one. The loop that routes does
// not wait for this: a service whose network or certificate is not there yet is a problem that says so.
//
// Refuses to know Docker: it sees snapshots and one function.

import type { MountChange } from '../core/edge-mounts.ts'
import type { NetworkMode } from '../core/edge-networks.ts'
import { type EdgeNeeds, type EdgePlan, type EdgeUpdate, planEdge } from '../core/edge-plan.ts'
import { type AgentError, isAgentError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Clock } from './ports.ts'
import { createWaker } from './waker.ts'

export type EdgeKeeperOptions = {
  readonly mode: NetworkMode
  /** How long a change waits for others. */
  readonly settleMs: number
  readonly retryMs: number
  /** Carries a plan out; resolves to false where it was made void by another update. */
  readonly attach: (plan: EdgeUpdate, signal: AbortSignal) => Promise<boolean>
  readonly clock: Clock
  readonly report: {
    readonly attached: (plan: EdgeUpdate) => void
    readonly notAttached: (error: AgentError, retryMs: number) => void
  }
}

export type EdgeKeeper = {
  /** Takes note of the newest snapshot and what its services need of the edge. */
  readonly consider: (snapshot: Snapshot, needs: EdgeNeeds) => void
  /** Works until the signal aborts. Rejects only for bugs. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** How long an update waits for an earlier one to end: a task that cannot start must not keep services waiting for ever. */
const untimelyMs = 120_000

export function createEdgeKeeper(options: EdgeKeeperOptions): EdgeKeeper {
  const { mode, settleMs, clock } = options
  const waker = createWaker()
  let plan: EdgePlan = { kind: 'nothing' }
  let sinceMs = 0
  /** The version that an update was already made from: until the engine shows a newer one there is nothing to do. */
  let doneVersion = -1
  const consider = (snapshot: Snapshot, needs: EdgeNeeds) => {
    const next = planEdge(snapshot, needs, mode)
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

async function tryAttach(
  options: EdgeKeeperOptions,
  plan: EdgeUpdate,
  signal: AbortSignal,
): Promise<boolean> {
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

function isSamePlan(a: EdgePlan, b: EdgePlan): boolean {
  if (a.kind === 'nothing' || b.kind === 'nothing') return a.kind === b.kind
  return textOf(a) === textOf(b)
}

function textOf({ add, remove, secrets, configs }: EdgeUpdate): string {
  const ids = (change: MountChange) => [change.add, change.remove].map((each) => each.map(({ id }) => id))
  return JSON.stringify([add, remove, ids(secrets), ids(configs)])
}
