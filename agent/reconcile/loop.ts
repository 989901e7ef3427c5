// The loop that keeps HAProxy in step with the newest snapshot.
//
// Invariants:
// - One step at a time; a snapshot that arrives meanwhile is looked at in the next, and only the newest counts.
// - Nothing is believed that HAProxy did not confirm: after any surprise it is read again before the next plan.
// - An error never shrinks the routing: the last one stands until a snapshot says otherwise.
// - After a change has gone live the files say the same, so that a crash, a restart or a reload comes up alike.
//
// Refuses to know Docker, sockets and files: it sees snapshots and the functions in ports.ts.

import { isAgentError } from '../core/errors.ts'
import { retryDelayMs } from '../core/schedule.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { createDoorkeeper } from './doorkeeper.ts'
import { type Context, initialState, type LoopOptions, statusOf } from './state.ts'
import type { Status } from './status.ts'
import { step } from './step.ts'
import { createWaker, type Waker } from './waker.ts'

export type Loop = {
  /** Follows snapshots until the signal aborts, also when they end before. Rejects only for bugs. */
  readonly run: (snapshots: AsyncIterable<Snapshot>, signal: AbortSignal) => Promise<void>
  readonly status: () => Status
  /** Says that HAProxy may not be what it was (it died, or was restarted): it is read again at once. */
  readonly doubt: () => void
}

/** Makes the loop; it does nothing until it runs. */
export function createLoop(options: LoopOptions): Loop {
  const waker = createWaker()
  const doorkeeper = createDoorkeeper({
    accepts: options.accepts,
    graceMs: options.settings.acceptGraceMs,
    onLetIn: waker.wake,
    onLate: options.report.late,
  })
  const context: Context = { ...options, state: initialState(), doorkeeper }
  return {
    run: (snapshots, signal) => run(context, waker, snapshots, signal),
    status: () => statusOf(context),
    doubt: () => {
      context.state.isDoubted = true
      waker.wake()
    },
  }
}

/** A bug on either side ends the other one too. */
async function run(
  context: Context,
  waker: Waker,
  snapshots: AsyncIterable<Snapshot>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const stopAll = (error: unknown) => {
    stop.abort()
    throw error
  }
  const results = await Promise.allSettled([
    follow(context, waker, snapshots, either).catch(stopAll),
    stepUntil(context, waker, either).catch(stopAll),
  ])
  for (const result of results) if (result.status === 'rejected' && !signal.aborted) throw result.reason
}

async function follow(
  context: Context,
  waker: Waker,
  snapshots: AsyncIterable<Snapshot>,
  signal: AbortSignal,
): Promise<void> {
  for await (const snapshot of snapshots) {
    if (signal.aborted) return
    context.state.snapshot = snapshot
    context.state.cameMs ??= context.clock.nowMs()
    waker.wake()
  }
}

async function stepUntil(context: Context, waker: Waker, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const dueMs = await guardedStep(context, signal)
    const waitMs = dueMs === undefined ? undefined : Math.max(0, dueMs - context.clock.nowMs())
    await waker.sleep(waitMs, signal)
  }
}

/** Takes one step; trouble is reported, and answered by a later try. Resolves to when the next step is due. */
async function guardedStep(context: Context, signal: AbortSignal): Promise<number | undefined> {
  const { state, clock, settings, report } = context
  try {
    const dueMs = await step(context, signal)
    if (state.trouble !== undefined) report.recovered()
    state.trouble = undefined
    state.failures = 0
    return dueMs
  } catch (error) {
    if (signal.aborted) return undefined
    if (!isAgentError(error)) throw error
    state.failures += 1
    state.counters.failures += 1
    state.isDoubted = true
    if (error.code === 'apply-failed') state.surprises += 1
    const retryMs = retryDelayMs(state.failures, settings)
    state.trouble = error
    report.trouble(error, retryMs)
    return clock.nowMs() + retryMs
  }
}
