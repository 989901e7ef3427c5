// One step of the loop: compute the routing, look where in doubt, send what can go live, reload when it is time.
// Refuses timers and retries: loop.ts decides when to step again, by the time that a step resolves to.

import type { Action } from '../core/action.ts'
import { computeRouting } from '../core/desired.ts'
import { carryForward, nextClosingMs, type Observed, recall, routingInForce } from '../core/observed.ts'
import { type Plan, planChanges, type ReloadReason } from '../core/plan.ts'
import { problemText } from '../core/problem.ts'
import type { Routing } from '../core/routing.ts'
import { reloadDueMs, wishReload } from '../core/schedule.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { reportOutcome } from './outcome.ts'
import { refuse, reload, save, start } from './replace.ts'
import type { Context } from './state.ts'

/** How many plans in a row may fail before a reload puts things right. */
const surprisesMax = 2

const repair: ReloadReason = {
  kind: 'repair',
  text: 'HAProxy twice answered a live change in a way that was not expected',
}

/** Takes one step. Resolves to when the next is due; undefined while there is nothing to do before something happens. */
export async function step(context: Context, signal: AbortSignal): Promise<number | undefined> {
  const { state, haproxy, clock } = context
  if (state.snapshot === undefined) return undefined
  route(context, state.snapshot, signal)
  state.routing = context.doorkeeper.hold(state.wanted, state.routing, context.clock.nowMs())
  if (!haproxy.isRunning()) return start(context, signal)
  await look(context, signal)
  if (state.surprises >= surprisesMax) {
    await reload(context, [repair], signal)
    return context.clock.nowMs()
  }
  const plan = await goLive(context, signal)
  const dueMs = await considerReload(context, plan, signal)
  if (state.isUnsaved && !isOvertaken(context)) await save(context, signal)
  // A certificate was refused: what is wanted is to be worked out anew, without it.
  return state.routed === undefined ? clock.nowMs() : dueMs
}

/** How long the files may be behind while one change follows the other. */
const unsavedMsMax = 250

/** True where the next change is here already: it goes out first, and the files are written for both. */
function isOvertaken({ state, clock }: Context): boolean {
  return state.snapshot !== state.routed && clock.nowMs() - state.unsavedMs < unsavedMsMax
}

function route(context: Context, snapshot: Snapshot, signal: AbortSignal): void {
  const { state, settings, report, doorkeeper } = context
  // What a failed step was to answer is still to be answered.
  state.viewMs = state.failures > 0 ? (state.viewMs ?? state.cameMs) : state.cameMs
  state.cameMs = undefined
  if (state.routed === snapshot) return
  const { routing, networkIds, materialNames, memo } = computeRouting(
    snapshot,
    settings,
    state.setAside,
    state.memo,
    state.refused,
  )
  // What was there before the agent has been serving: only what comes later is asked.
  if (state.memo !== undefined) doorkeeper.meet(state.wanted, routing, signal)
  state.routed = snapshot
  state.wanted = routing
  state.memo = memo
  context.routed?.(snapshot, { networkIds, materialNames })
  const before = new Set(state.problems.map(problemText))
  const after = new Set(routing.problems.map(problemText))
  const appeared = routing.problems.filter((problem) => !before.has(problemText(problem)))
  const gone = state.problems.filter((problem) => !after.has(problemText(problem)))
  state.problems = routing.problems
  if (appeared.length + gone.length > 0) report.problems(appeared, gone)
}

/** Reads HAProxy again where it is in doubt, and from time to time. */
async function look(context: Context, signal: AbortSignal): Promise<void> {
  const { state, haproxy, clock, settings, report } = context
  if (!state.isDoubted && clock.nowMs() < state.auditDueMs) return
  const before = state.observed
  const read = await haproxy.observe(signal)
  state.observed = recall(read, before)
  state.isDoubted = false
  state.auditDueMs = clock.nowMs() + settings.auditMs
  const inForce = before === undefined || state.failures > 0 ? undefined : routingInForce(before)
  if (inForce === undefined) return
  const strays = planActions(planChanges(inForce, state.observed, facts(context)))
  const drift = strays.filter((action) => action.kind !== 'delete-server')
  if (drift.length === 0) return
  state.counters.drifts += 1
  report.drift(drift)
}

async function goLive(context: Context, signal: AbortSignal): Promise<Plan> {
  const { state, haproxy, clock } = context
  const { observed, routing, viewMs } = state
  if (observed === undefined) throw new Error('bug: nothing was observed')
  const startedMs = clock.nowMs()
  const plan = planChanges(routing, observed, facts(context))
  const actions = planActions(plan)
  const hasChanged = actions.some((action) => !isRepeated(action, observed))
  // Said before, not after: where a reply is lost, the change may have been made all the same.
  if (hasChanged) {
    if (!state.isUnsaved) state.unsavedMs = startedMs
    state.isUnsaved = true
  }
  const { busy, refused } =
    actions.length === 0
      ? { busy: [], refused: new Map<string, string>() }
      : await haproxy.apply(actions, signal)
  state.surprises = 0
  // Only a reload changes it.
  const { defaultCertificate } = plan.kind === 'reload' ? observed : plan.placed
  const placed = { ...withoutCertificates(plan.placed, refused), defaultCertificate }
  state.observed = carryForward(observed, placed, { actions, busy }, clock.nowMs())
  if (refused.size > 0) refuse(state, refused)
  state.inForce = routing
  if (hasChanged) {
    state.counters.liveChanges += 1
    state.counters.actions += actions.length
  }
  const times = { startedMs, viewMs }
  if (!state.isAdopted && plan.kind !== 'reload') reportOutcome(context, times, { kind: 'adopt' })
  if (hasChanged) reportOutcome(context, times, { kind: 'live', actions })
  state.isAdopted = true
  return plan
}

function withoutCertificates(placed: Routing, refused: ReadonlyMap<string, string>): Routing {
  if (refused.size === 0) return placed
  return { ...placed, certificates: new Map([...placed.certificates].filter(([file]) => !refused.has(file))) }
}

/** A server that waits for its last session is out of the files already; asking again whether it can go changes nothing. */
function isRepeated(action: Action, { backends }: Observed): boolean {
  return action.kind === 'delete-server' && backends.get(action.backend)?.closing.has(action.server) === true
}

/** Reloads when the time for it has come. Resolves to when the next step is due. */
async function considerReload(
  context: Context,
  plan: Plan,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { state, clock, settings } = context
  const reasons = plan.kind === 'reload' ? plan.reasons : []
  if (reasons.length === 0) {
    state.wish = undefined
    return nextDueMs(context)
  }
  state.wish = wishReload(state.wish, reasons, clock.nowMs())
  const dueMs = reloadDueMs(state.wish, settings)
  if (clock.nowMs() < dueMs) return Math.min(dueMs, nextDueMs(context))
  await reload(context, reasons, signal)
  return clock.nowMs()
}

function facts(context: Context) {
  const { clock, settings, renderer } = context
  return { nowMs: clock.nowMs(), drainTimeoutMs: settings.drainTimeoutMs, structureOf: renderer.structureOf }
}

function planActions(plan: Plan) {
  return plan.kind === 'nothing' ? [] : plan.actions
}

function nextDueMs({ state, doorkeeper }: Context): number {
  const closingMs = state.observed === undefined ? undefined : nextClosingMs(state.observed)
  const never = Number.POSITIVE_INFINITY
  return Math.min(state.auditDueMs, closingMs ?? never, doorkeeper.dueMs() ?? never)
}
