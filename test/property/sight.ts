// What the agent of a world can see of its Swarm, so that the monitor asks of it only what it can know.
// Owns the rules by which trouble begins and ends. Refuses to make trouble (happenings.ts).

import type { Edge } from '../support/edge.ts'
import type { Sight } from './ledger.ts'

export type SightKeeper = {
  readonly now: () => Sight
  readonly agentGoes: () => void
  readonly agentIsGone: () => void
  readonly agentComes: () => void
  /** The engine stops telling the truth, wholly or in part. */
  readonly faultBegins: (sight: 'dim' | 'blind') => void
  readonly faultEnds: () => void
  readonly eventsFail: () => void
  readonly eventsReturn: () => void
  /** What the agent sends may reach the wrong worker for so long. */
  readonly isMisled: (forMs: number) => void
}

/** An agent asks for all lists this often, events or not; and a moment for it to act. */
const relistMs = 1500

/** The deadline of a list, after which none from before a fault can come any more; and a moment. */
const listMs = 600

type State = {
  agent: 'here' | 'going' | 'gone' | 'new'
  fault: { readonly sight: 'dim' | 'blind'; readonly sinceMs: number; isFaded: boolean } | undefined
  /** When the last fault ended, by the date, while the agent has not heard from the engine since. */
  overMs: number | undefined
  isSilent: boolean
  dimUntilMs: number
}

export function createSight(edge: () => Edge | undefined): SightKeeper {
  const state: State = { agent: 'new', fault: undefined, overMs: undefined, isSilent: false, dimUntilMs: 0 }
  const dimFor = (timeMs: number) => {
    state.dimUntilMs = Math.max(state.dimUntilMs, performance.now() + timeMs)
  }
  return {
    now: () => sightOf(state, edge()),
    agentGoes: () => (state.agent = 'going'),
    agentIsGone: () => (state.agent = 'gone'),
    agentComes: () => (state.agent = 'new'),
    faultBegins: (sight) => {
      state.fault = { sight, sinceMs: performance.now(), isFaded: false }
      state.overMs = undefined
    },
    faultEnds: () => {
      if (state.fault !== undefined) state.overMs ??= Date.now()
    },
    eventsFail: () => (state.isSilent = true),
    eventsReturn: () => {
      state.isSilent = false
      dimFor(relistMs)
    },
    isMisled: dimFor,
  }
}

function sightOf(state: State, edge: Edge | undefined): Sight {
  if (state.agent === 'gone') return 'blind'
  if (state.agent === 'going' || edge === undefined) return 'dim'
  const source = edge.source.status()
  if (state.agent === 'new') {
    if (source.lastSuccessAtMs === undefined) return 'blind'
    state.agent = 'here'
  }
  if (state.overMs !== undefined && (source.lastSuccessAtMs ?? 0) > state.overMs && source.failures === 0) {
    state.fault = undefined
    state.overMs = undefined
  }
  if (state.fault !== undefined) return sightIn(state.fault, edge)
  const isDim = state.isSilent || performance.now() < state.dimUntilMs || source.isHeldBack
  return isDim || source.failures > 0 || isBusy(edge) ? 'dim' : 'well'
}

/** What is new has to wait for a reload, which takes seconds on a busy machine, or for trouble with HAProxy to end. */
function isBusy(edge: Edge): boolean {
  const { trouble, pendingReload } = edge.status()
  return trouble !== undefined || pendingReload.length > 0
}

/** What was on its way when the fault began may still arrive, and what has arrived may still have to be carried out. */
function sightIn(fault: NonNullable<State['fault']>, edge: Edge): Sight {
  if (!fault.isFaded) {
    fault.isFaded = performance.now() - fault.sinceMs > listMs && edge.status().isSettled
  }
  return fault.isFaded ? fault.sight : 'dim'
}
