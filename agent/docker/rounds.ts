// The rounds of lists: when the schedule says so, ask; judge what came; publish what is new and believed.
// Owns the running state of a source. Refuses to know what is listed (the view does), and to stop for trouble with the
// engine: the last snapshot stands until a better one.

import { assert, isAgentError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { EventHint } from './events.ts'
import { hasLost, isImplausible, isUnsettled } from './judge.ts'
import type { Lists } from './lists.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'
import {
  type Cadence,
  doubted,
  type Found,
  failed,
  following,
  hinted,
  isDoubtful,
  type ListName,
  nextStep,
  reopened,
  type Schedule,
  started,
  startSchedule,
  succeeded,
  told,
} from './schedule.ts'
import type { Tally } from './status.ts'

/** A snapshot with the lists that it was made of. */
export type Assembly<L> = { readonly listed: L; readonly snapshot: Snapshot }

/** What a source makes of its lists. */
export type View<L> = {
  /** The lists' snapshot. What did not change keeps its objects, and the snapshot if nothing did. */
  readonly assemble: (listed: L, last: Assembly<L> | undefined) => Assembly<L>
  /** True if nothing was listed anew, so that there is nothing to assemble. */
  readonly isSame: (a: L, b: L) => boolean
  /** Called as a round begins; what it gives is called with what the round has listed, before that is looked at. */
  readonly begin: () => Compare<L>
  /** The lists, with what was told since laid over them. */
  readonly layOver: (listed: L) => L
  /** True while every change of a task is told. */
  readonly isFollowing: () => boolean
  /** Lists that `next` shows to be out of date: it names what they lack. */
  readonly outdated: (last: Snapshot | undefined, next: Snapshot) => readonly ListName[]
  /** Another snapshot, be it believed or not, after `last`. */
  readonly seen: (next: Snapshot, last: Snapshot | undefined) => void
}

/** Compares what a round has listed with what stood before it. */
export type Compare<L> = (
  listed: L,
  names: readonly ListName[],
  before: { readonly base: L | undefined; readonly ended: ReadonlySet<string> },
) => void

/** What the rounds work with. */
export type RoundsParts<L> = {
  readonly cadence: Cadence
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly lists: Lists<L>
  readonly tally: Tally
  readonly view: View<L>
}

export type Rounds<L> = RoundsParts<L> & {
  readonly mailbox: Mailbox<Snapshot>
  schedule: Schedule
  /** What the last whole round listed. */
  base: L | undefined
  /** What the lists say, and what was told since. */
  latest: Assembly<L> | undefined
  /** What was published of it: what is built on, since what is not believed must leave no trace. */
  believed: Assembly<L> | undefined
  /** True while a task of the last snapshot is on its way. */
  unsettled: boolean
  /** Services and tasks whose end was told. */
  readonly ended: Set<string>
  /** True while all is gone and nothing but the lists says so. */
  implausible: boolean
  /** Ends the wait for the next round. */
  wake: () => void
}

/** Rounds that have not begun; the first one waits `graceMs` for the event stream. */
export function createRounds<L>(parts: RoundsParts<L>, graceMs: number): Rounds<L> {
  return {
    ...parts,
    mailbox: createMailbox(),
    schedule: startSchedule(parts.clock.nowMs(), graceMs),
    base: undefined,
    latest: undefined,
    believed: undefined,
    unsettled: false,
    ended: new Set(),
    implausible: false,
    wake: () => {},
  }
}

/** As many ends are remembered; ids are never used again. */
const endsMax = 20_000

/** Polls until `signal` is aborted. Throws for bugs only. */
export async function pollLists<L>(rounds: Rounds<L>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const step = nextStep(rounds.schedule, rounds.cadence, rounds.clock.nowMs())
    if (step.kind === 'wait') await waitUntil(rounds, step.untilMs, signal)
    else await doRound(rounds, step.lists, signal)
  }
}

/** Takes an event's hint: the next round may be due now. */
export function heedHint<L>(rounds: Rounds<L>, hint: EventHint): void {
  const { cadence, clock, tally } = rounds
  tally.heard(hint)
  if (hint.kind === 'opened') {
    rounds.schedule = reopened(rounds.schedule, cadence, clock.nowMs())
    rounds.wake()
  }
  if (hint.kind !== 'changed') return
  for (const id of hint.ended ?? []) noteEnd(rounds.ended, id)
  // Of tasks that are followed more is told, and sooner.
  const lists = hint.lists.filter((name) => name !== 'tasks' || !rounds.schedule.isFollowing)
  if (lists.length === 0) return
  rounds.schedule = hinted(rounds.schedule, cadence, clock.nowMs(), lists)
  rounds.wake()
}

/** Remembers that a service or a task is told to have ended, the oldest such no longer once there are too many. */
export function noteEnd(ended: Set<string>, id: string): void {
  if (ended.size >= endsMax) for (const oldest of ended) if (ended.delete(oldest)) break
  ended.add(id)
}

/** Publishes what was told since the last round, all of it as one change. */
export function applyTold<L>(rounds: Rounds<L>): void {
  const { base, view, cadence, clock } = rounds
  if (base === undefined) return
  const found = look(rounds, view.layOver(base))
  rounds.schedule = told(rounds.schedule, cadence, clock.nowMs(), found)
  publish(rounds)
  if (!rounds.schedule.isFollowing) rounds.wake()
}

/** Asks for the lists one after the other, and returns what all of them say. Throws AgentError. */
export async function listAll<L>(
  { lists, tally }: Pick<Rounds<L>, 'lists' | 'tally'>,
  names: readonly ListName[],
  signal: AbortSignal,
): Promise<L> {
  for (const name of names) {
    const list = lists.byName[name]
    if (list === undefined) continue
    await list.refresh(signal)
    tally.listed(list.bytes())
  }
  const listed = lists.listed()
  // The first round is a full one, and is repeated whole until it succeeds.
  assert(listed !== undefined, 'a list is used before it was read')
  return listed
}

async function waitUntil<L>(rounds: Rounds<L>, untilMs: number, signal: AbortSignal): Promise<void> {
  const cut = new AbortController()
  const end = () => cut.abort()
  signal.addEventListener('abort', end)
  rounds.wake = end
  await rounds.clock.sleep(untilMs - rounds.clock.nowMs(), cut.signal)
  rounds.wake = () => {}
  signal.removeEventListener('abort', end)
}

async function doRound<L>(rounds: Rounds<L>, names: readonly ListName[], signal: AbortSignal): Promise<void> {
  const { clock, tally, random } = rounds
  rounds.schedule = started(rounds.schedule, clock.nowMs(), names)
  const compare = rounds.view.begin()
  try {
    const listed = await listAll(rounds, names, signal)
    tally.answered()
    compare(listed, names, rounds)
    judgeRound(rounds, names, listed)
  } catch (error) {
    if (signal.aborted) return
    if (!isAgentError(error)) throw error
    tally.failed(error)
    rounds.schedule = failed(
      rounds.schedule,
      clock.nowMs(),
      backoffMs(rounds.schedule.failures + 1, random()),
    )
  }
}

function judgeRound<L>(rounds: Rounds<L>, names: readonly ListName[], listed: L): void {
  const { cadence, clock, view } = rounds
  const last = rounds.latest?.snapshot
  rounds.base = listed
  const found = look(rounds, view.layOver(listed))
  const nowMs = clock.nowMs()
  rounds.schedule = following(succeeded(rounds.schedule, cadence, nowMs, found), view.isFollowing())
  const next = rounds.latest?.snapshot
  if (found.changed && next !== undefined) {
    const wanted = view.outdated(last, next).filter((name) => !names.includes(name))
    if (wanted.length > 0) rounds.schedule = hinted(rounds.schedule, cadence, nowMs, wanted)
  }
  publish(rounds)
}

/** Makes the latest snapshot of what is there. */
function look<L>(rounds: Rounds<L>, listed: L): Found {
  const { view, latest: last, believed } = rounds
  const isSame = last !== undefined && view.isSame(last.listed, listed)
  const latest = isSame ? last : view.assemble(listed, believed)
  const changed = latest.snapshot !== last?.snapshot
  rounds.latest = latest
  if (changed) {
    rounds.unsettled = isUnsettled(latest.snapshot)
    view.seen(latest.snapshot, last?.snapshot)
  }
  return { changed, unsettled: rounds.unsettled }
}

/** Publishes the latest snapshot if it is another one and believed. */
function publish<L>(rounds: Rounds<L>): void {
  const { latest, believed } = rounds
  if (latest === undefined) return
  if (latest.snapshot === believed?.snapshot) {
    rounds.implausible = false
    return
  }
  doubtIfImplausible(rounds, latest.snapshot)
  if (isHeldBack(rounds)) return
  rounds.believed = latest
  rounds.tally.published()
  rounds.mailbox.put(latest.snapshot)
}

function doubtIfImplausible<L>(rounds: Rounds<L>, snapshot: Snapshot): void {
  const { cadence, clock, believed, ended } = rounds
  const implausible = believed !== undefined && isImplausible(believed.snapshot, snapshot, ended)
  // Once for each time it begins: what stays implausible for long enough is believed.
  if (implausible && !rounds.implausible) rounds.schedule = doubted(rounds.schedule, cadence, clock.nowMs())
  rounds.implausible = implausible
}

/** True while what the engine says lacks things that were there, and it is not believed yet. */
export function isHeldBack<L>({ schedule, latest, believed, ended }: Rounds<L>): boolean {
  if (latest === undefined || latest.snapshot === believed?.snapshot) return false
  return isDoubtful(schedule) && hasLost(believed?.snapshot, latest.snapshot, ended)
}
