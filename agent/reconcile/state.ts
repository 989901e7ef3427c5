// What the loop remembers between two steps, and what it was given to work with.
// Refuses to act: steps change the state, this file only names it and reads it out.

import type { Memo, SetAside } from '../core/desired.ts'
import type { EdgeNeeds } from '../core/edge-plan.ts'
import type { AgentError } from '../core/errors.ts'
import type { Observed } from '../core/observed.ts'
import type { Problem } from '../core/problem.ts'
import { emptyRouting, type Routing } from '../core/routing.ts'
import type { ReloadWish } from '../core/schedule.ts'
import type { LoopSettings, RoutingSettings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import type { Accepts, Clock, HaproxyPort, RendererPort, Report } from './ports.ts'
import type { Counters, Status } from './status.ts'

export type LoopOptions = {
  readonly haproxy: HaproxyPort
  readonly renderer: RendererPort
  /** The configuration's name among the rendered files. */
  readonly configFile: string
  readonly settings: LoopSettings & RoutingSettings
  readonly accepts: Accepts
  readonly clock: Clock
  readonly report: Report
  /** Told of each snapshot that was routed, with the networks, certificates and keys that the edge needs for it. */
  readonly routed?: (snapshot: Snapshot, needs: EdgeNeeds) => void
}

export type State = {
  snapshot: Snapshot | undefined
  /** When the oldest snapshot came that no step has looked at yet. */
  cameMs: number | undefined
  /** When the oldest snapshot came that this step answers; undefined in a step that no snapshot has asked for. */
  viewMs: number | undefined
  /** The snapshot that `wanted` was computed from. */
  routed: Snapshot | undefined
  wanted: Routing
  /** What is wanted, but for servers that do not accept connections yet. */
  routing: Routing
  /** The routing whose live changes have all gone out. */
  inForce: Routing | undefined
  memo: Memo | undefined
  setAside: SetAside
  /** Certificates that HAProxy does not take, by file, each with its words. */
  refused: ReadonlyMap<string, string>
  observed: Observed | undefined
  isDoubted: boolean
  isAdopted: boolean
  isUnsaved: boolean
  /** When the oldest change was made that the files do not tell of. */
  unsavedMs: number
  auditDueMs: number
  wish: ReloadWish | undefined
  surprises: number
  failures: number
  trouble: AgentError | undefined
  problems: readonly Problem[]
  counters: { -readonly [K in keyof Counters]: Counters[K] }
}

/** What every step is handed. */
export type Context = LoopOptions & { readonly state: State; readonly doorkeeper: Doorkeeper }

/** Before the first snapshot, and before HAProxy was looked at. */
export function initialState(): State {
  return {
    snapshot: undefined,
    cameMs: undefined,
    viewMs: undefined,
    routed: undefined,
    wanted: emptyRouting,
    routing: emptyRouting,
    inForce: undefined,
    memo: undefined,
    setAside: new Map(),
    refused: new Map(),
    observed: undefined,
    isDoubted: true,
    isAdopted: false,
    isUnsaved: false,
    unsavedMs: 0,
    auditDueMs: 0,
    wish: undefined,
    surprises: 0,
    failures: 0,
    trouble: undefined,
    problems: [],
    counters: { starts: 0, reloads: 0, liveChanges: 0, actions: 0, drifts: 0, failures: 0 },
  }
}

/** The state as others may see it. */
export function statusOf({ state, doorkeeper }: Context): Status {
  const isSettled =
    state.snapshot !== undefined &&
    state.routed === state.snapshot &&
    state.inForce === state.wanted &&
    state.trouble === undefined &&
    state.wish === undefined &&
    !state.isDoubted &&
    !state.isUnsaved &&
    isInStep(state)
  return {
    snapshot: state.routed,
    routing: state.routed === undefined ? undefined : state.routing,
    observed: state.observed,
    problems: state.problems,
    awaited: doorkeeper.awaited(),
    pendingReload: state.wish?.reasons ?? [],
    trouble: state.trouble,
    counters: { ...state.counters },
    isSettled,
  }
}

function isInStep(state: State): boolean {
  if (state.observed === undefined || state.observed.backends.size !== state.routing.backends.size)
    return false
  return [...state.observed.backends.values()].every(
    (backend) => backend.inStep && backend.closing.size === 0,
  )
}
