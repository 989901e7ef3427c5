// When to list what next: the adaptive polling of a Swarm manager, as functions of (state, now).
// Owns the cadences. Refuses clocks, timers and sockets: the source has those. All times are milliseconds of one steady clock.
//
//   tasks      each second; each 200 ms for 10 s after a hint and while a task is on its way
//   all        each 10 s, at once when the event stream (re)opens, and after a failure
//   the rest   at once on a hint
//
// While the watch tells of every task (isFollowing), tasks are listed with all others only: the list still is the truth.

/** The lists that make a snapshot, in the order they are asked for: what refers to others comes first. */
export const listNames = ['tasks', 'services', 'networks', 'nodes', 'secrets', 'configs'] as const
export type ListName = (typeof listNames)[number]

export type Cadence = {
  readonly quietMs: number
  readonly movingMs: number
  /** How long a hint keeps the cadence up. */
  readonly hotMs: number
  /** A task that is on its way but has not changed for this long (no node fits it, say) no longer counts as moving. */
  readonly stuckMs: number
  readonly fullMs: number
  /** Hints that come in a row are answered together, this far apart. */
  readonly gapMs: number
  /** How long the engine is not believed about what is gone (judge.ts says when and why); it is asked each `quietMs`. */
  readonly doubtMs: number
}

export const defaultCadence: Cadence = {
  quietMs: 1_000,
  movingMs: 200,
  hotMs: 10_000,
  stuckMs: 60_000,
  fullMs: 10_000,
  gapMs: 50,
  doubtMs: 3_000,
}

export type Schedule = {
  /** Lists that a hint asked for and that have not been started since. */
  readonly wanted: ReadonlySet<ListName>
  readonly hotUntilMs: number
  readonly movingUntilMs: number
  readonly doubtUntilMs: number
  /** Start of the last list of tasks, and of the last round of all lists. */
  readonly tasksAtMs: number
  readonly fullAtMs: number
  /** No round starts before this. */
  readonly notBeforeMs: number
  /** Start of the round under way. */
  readonly roundAtMs: number
  /** Rounds that failed in a row. */
  readonly failures: number
  /** True while tasks are told of as they change. */
  readonly isFollowing: boolean
}

export type Step =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'list'; readonly lists: readonly ListName[] }

/** Nothing listed yet: all lists are due `graceMs` from now, sooner if the event stream opens before that. */
export function startSchedule(nowMs: number, graceMs: number): Schedule {
  return {
    wanted: new Set(),
    hotUntilMs: nowMs,
    movingUntilMs: nowMs,
    doubtUntilMs: nowMs,
    tasksAtMs: Number.NEGATIVE_INFINITY,
    fullAtMs: Number.NEGATIVE_INFINITY,
    notBeforeMs: nowMs + graceMs,
    roundAtMs: nowMs,
    failures: 0,
    isFollowing: false,
  }
}

/** True while tasks are polled at the faster cadence. */
export function isMoving(schedule: Schedule, nowMs: number): boolean {
  return nowMs < schedule.hotUntilMs || nowMs < schedule.movingUntilMs
}

/** True if the last round started while the engine was not believed about what is gone. */
export function isDoubtful(schedule: Schedule): boolean {
  return schedule.roundAtMs < schedule.doubtUntilMs
}

/** What to do now: one round of lists, asked for one after the other, or wait. */
export function nextStep(schedule: Schedule, cadence: Cadence, nowMs: number): Step {
  const fullAtMs = fullDueMs(schedule, cadence)
  const tasksAtMs = schedule.isFollowing ? Number.POSITIVE_INFINITY : tasksDueMs(schedule, cadence, nowMs)
  const hintedAtMs = schedule.wanted.size > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const untilMs = Math.max(schedule.notBeforeMs, Math.min(fullAtMs, tasksAtMs, hintedAtMs))
  if (nowMs < untilMs) return { kind: 'wait', untilMs }
  if (fullAtMs <= nowMs) return { kind: 'list', lists: listNames }
  const isWanted = (name: ListName) =>
    schedule.wanted.has(name) || (name === 'tasks' && !schedule.isFollowing)
  return { kind: 'list', lists: listNames.filter(isWanted) }
}

function tasksDueMs(schedule: Schedule, cadence: Cadence, nowMs: number): number {
  return schedule.tasksAtMs + (isMoving(schedule, nowMs) ? cadence.movingMs : cadence.quietMs)
}

// A failed round is repeated whole. While in doubt, all lists are asked for at the quiet cadence.
function fullDueMs(schedule: Schedule, cadence: Cadence): number {
  if (schedule.failures > 0) return Number.NEGATIVE_INFINITY
  const inDoubt = schedule.fullAtMs < schedule.doubtUntilMs
  return schedule.fullAtMs + (inDoubt ? cadence.quietMs : cadence.fullMs)
}

/** An event says that these lists may have changed. It does not cut a wait after a failure short. */
export function hinted(
  schedule: Schedule,
  cadence: Cadence,
  nowMs: number,
  lists: readonly ListName[],
): Schedule {
  return { ...schedule, wanted: new Set([...schedule.wanted, ...lists]), hotUntilMs: nowMs + cadence.hotMs }
}

/** The event stream has (re)opened: the engine answers, and events may have been missed. */
export function reopened(schedule: Schedule, cadence: Cadence, nowMs: number): Schedule {
  return { ...hinted(schedule, cadence, nowMs, listNames), notBeforeMs: nowMs }
}

/** A round has started: hints that come from now on ask for a further one. */
export function started(schedule: Schedule, nowMs: number, lists: readonly ListName[]): Schedule {
  const full = lists.length === listNames.length
  return {
    ...schedule,
    wanted: new Set(),
    tasksAtMs: lists.includes('tasks') ? nowMs : schedule.tasksAtMs,
    fullAtMs: full ? nowMs : schedule.fullAtMs,
    roundAtMs: nowMs,
  }
}

/** `changed` says that there was something new, `unsettled` that a task is on its way. */
export type Found = { readonly changed: boolean; readonly unsettled: boolean }

/**
 * A round has ended well.
 *
 * The next round waits for as long as this one took, so that a slow engine is asked for at most half the time.
 */
export function succeeded(schedule: Schedule, cadence: Cadence, nowMs: number, found: Found): Schedule {
  const back = schedule.failures > 0
  return {
    ...schedule,
    failures: 0,
    notBeforeMs: Math.max(schedule.roundAtMs + cadence.gapMs, nowMs + (nowMs - schedule.roundAtMs)),
    movingUntilMs: movingUntilMs(schedule, cadence, nowMs, found),
    hotUntilMs: back ? nowMs + cadence.hotMs : schedule.hotUntilMs,
    doubtUntilMs: back ? nowMs + cadence.doubtMs : schedule.doubtUntilMs,
  }
}

/** Something was found outside of rounds: the watch has told of it. */
export function told(schedule: Schedule, cadence: Cadence, nowMs: number, found: Found): Schedule {
  return { ...schedule, movingUntilMs: movingUntilMs(schedule, cadence, nowMs, found) }
}

function movingUntilMs(schedule: Schedule, cadence: Cadence, nowMs: number, found: Found): number {
  if (!found.unsettled) return nowMs
  return found.changed ? nowMs + cadence.stuckMs : schedule.movingUntilMs
}

/** The watch has begun, or ceased, to tell of every task. */
export function following(schedule: Schedule, isFollowing: boolean): Schedule {
  return schedule.isFollowing === isFollowing ? schedule : { ...schedule, isFollowing }
}

/** A round has failed: everything is asked for again, not before `waitMs` from now. */
export function failed(schedule: Schedule, nowMs: number, waitMs: number): Schedule {
  return { ...schedule, failures: schedule.failures + 1, notBeforeMs: nowMs + waitMs }
}

/** What the engine says about what is gone is not believed yet: all is asked for again until it has been so for a while. */
export function doubted(schedule: Schedule, cadence: Cadence, nowMs: number): Schedule {
  return { ...schedule, doubtUntilMs: nowMs + cadence.doubtMs }
}
