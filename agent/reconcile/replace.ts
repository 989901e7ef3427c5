// Giving HAProxy a whole new configuration: by a reload, or by the start that it begins with.
// Refuses to decide when: step.ts does.

import { refusedByFault, rejectedProblem } from '../core/culprit.ts'
import { adopt, routingInForce } from '../core/observed.ts'
import type { ReloadReason } from '../core/plan.ts'
import type { Problem } from '../core/problem.ts'
import { type Routing, sourcesOf } from '../core/routing.ts'
import { reportOutcome } from './outcome.ts'

import { findCulprits } from './set-aside.ts'
import type { Context, State } from './state.ts'

/** Reloads with the routing that is wanted now. Does nothing but set a service, or a certificate, aside where its part is refused. */
export async function reload(
  context: Context,
  reasons: readonly ReloadReason[],
  signal: AbortSignal,
): Promise<void> {
  const { state, haproxy, renderer, clock } = context
  const times = { startedMs: clock.nowMs(), viewMs: state.wish?.firstMs }
  const { routing } = state
  if (!(await prepare(context, signal))) return
  try {
    await haproxy.reload(renderer.structureOf(routing), signal)
  } catch (error) {
    // The old worker goes on: the files must say what it runs, not what it was to become.
    await save(context, signal)
    throw error
  }
  state.counters.reloads += 1
  await embrace(context, routing, signal)
  reportOutcome(context, times, { kind: 'reload', reasons })
}

/** Starts HAProxy with the routing that is wanted now. */
export async function start(context: Context, signal: AbortSignal): Promise<number> {
  const { state, haproxy, clock } = context
  const times = { startedMs: clock.nowMs(), viewMs: state.viewMs }
  const { routing } = state
  if (await prepare(context, signal)) {
    await haproxy.start(signal)
    state.counters.starts += 1
    await embrace(context, routing, signal)
    reportOutcome(context, times, { kind: 'start' })
  }
  return clock.nowMs()
}

/** Takes what HAProxy runs after a reload or a start for what was rendered; the next plan compares it in full. */
async function embrace(context: Context, routing: Routing, signal: AbortSignal): Promise<void> {
  const { state, haproxy, clock, settings } = context
  state.wish = undefined
  state.surprises = 0
  state.isUnsaved = false
  state.isAdopted = true
  state.isDoubted = true
  state.observed = adopt(await haproxy.observe(signal), routing)
  state.isDoubted = false
  state.auditDueMs = clock.nowMs() + settings.auditMs
}

/** Checks and saves the files for the routing. False where a service had to be set aside: then the routing is another. */
async function prepare(context: Context, signal: AbortSignal): Promise<boolean> {
  const { state, haproxy, renderer, configFile } = context
  const files = renderer.render(state.routing)
  const sources = sourcesOf(state.routing)
  const { certificates } = sources
  const faults = await haproxy.check(files, certificates, signal)
  if (faults.length === 0) {
    await haproxy.save(files, sources, signal)
    return true
  }
  const refused = refusedByFault(faults, certificates)
  if (refused.size > 0) {
    refuse(state, refused)
    return false
  }
  const check = (candidate: typeof files) => haproxy.check(candidate, new Map(), signal)
  const culprits = await findCulprits(state.routing, faults, { render: renderer.render, check, configFile })
  setAside(state, culprits)
  return false
}

/** Leaves certificates out from now on that HAProxy does not take. */
export function refuse(state: State, refused: ReadonlyMap<string, string>): void {
  state.refused = new Map([...state.refused, ...refused])
  state.routed = undefined
}

function setAside(state: State, culprits: ReadonlyMap<string, string>): void {
  const next = new Map<string, { readonly version: number; readonly problem: Problem }>()
  for (const service of state.snapshot?.services ?? []) {
    const text = culprits.get(service.id)
    const before = state.setAside.get(service.id)
    if (text === undefined && before?.version === service.version) next.set(service.id, before)
    if (text !== undefined)
      next.set(service.id, { version: service.version, problem: rejectedProblem(service, text) })
  }
  state.setAside = next
  state.routed = undefined
}

/** Writes the files for what runs. Left undone while something runs that only a reload will settle. */
export async function save(context: Context, signal: AbortSignal): Promise<void> {
  const { state, haproxy, renderer } = context
  const inForce = state.observed === undefined ? undefined : routingInForce(state.observed)
  if (inForce === undefined) return
  await haproxy.save(renderer.renderLive(inForce), sourcesOf(inForce), signal)
  state.isUnsaved = false
}
