// The rounds of lists: when the schedule says so, ask; judge what came; publish what is new and believed.
// Owns the running state of a source. Refuses to stop for trouble with the engine: the last snapshot stands until a better one.

import { assert, isAgentError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { type Assembly, type AssemblySettings, assemble, sameLists } from './assembly.ts'
import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import { unknownNetworks } from './edge.ts'
import type { EventHint } from './events.ts'
import { hasLost, isImplausible, isUnsettled, namesUnknownService } from './judge.ts'
import type { Oddity } from './list.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'
import type { ListedTask } from './read-element.ts'
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
} from './schedule.ts'
import type { Tally } from './status.ts'
import { type Listed, listedBy, type SwarmLists } from './swarm-lists.ts'
import { newestOf, type Overlay } from './watch/overlay.ts'
import {
  isFollowing,
  isStalled,
  noTrust,
  stalledMs,
  type Trust,
  listed as trustListed,
} from './watch/trust.ts'

/** What the rounds work with. */
export type RoundsParts = {
  readonly settings: AssemblySettings
  readonly cadence: Cadence
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly lists: SwarmLists
  readonly tally: Tally
  readonly onOddity: (oddity: Oddity) => void
  /** The tasks, with what the watch has told since they were listed. */
  readonly overlay: Overlay
  /** Ends the watch's stream, so that it is opened anew. */
  readonly restartWatch: (why: Error) => void
}

export type Rounds = RoundsParts & {
  readonly mailbox: Mailbox<Snapshot>
  trust: Trust
  schedule: Schedule
  /** What the last whole round listed. */
  base: Listed | undefined
  /** What the lists and the watch say. */
  latest: Assembly | undefined
  /** What was published of it: what is built on, since what is not believed must leave no trace. */
  believed: Assembly | undefined
  /** True while a task of the last snapshot is on its way. */
  unsettled: boolean
  /** Services and tasks whose end was told, by an event or by the watch. */
  readonly ended: Set<string>
  /** True while all is gone and nothing but the lists says so. */
  implausible: boolean
  /** Ends the wait for the next round. */
  wake: () => void
}

/** Rounds that have not begun; the first one waits `graceMs` for the event stream. */
export function createRounds(parts: RoundsParts, graceMs: number): Rounds {
  return {
    ...parts,
    mailbox: createMailbox(),
    trust: noTrust,
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
export async function pollLists(rounds: Rounds, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const step = nextStep(rounds.schedule, rounds.cadence, rounds.clock.nowMs())
    if (step.kind === 'wait') await waitUntil(rounds, step.untilMs, signal)
    else await doRound(rounds, step.lists, signal)
  }
}

/** Takes an event's hint: the next round may be due now. */
export function heedHint(rounds: Rounds, hint: EventHint): void {
  const { cadence, clock, tally } = rounds
  tally.heard(hint)
  if (hint.kind === 'opened') {
    rounds.schedule = reopened(rounds.schedule, cadence, clock.nowMs())
    rounds.wake()
  }
  if (hint.kind !== 'changed') return
  if (hint.removedService !== undefined) noteEnd(rounds.ended, hint.removedService)
  // Of tasks the watch tells more, and sooner.
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

/** Asks for the lists one after the other, and returns what all of them say. Throws AgentError. */
export async function listAll(
  { lists, tally }: Pick<Rounds, 'lists' | 'tally'>,
  names: readonly ListName[],
  signal: AbortSignal,
): Promise<Listed> {
  for (const name of names) {
    await lists[name].refresh(signal)
    tally.listed(lists[name].bytes())
  }
  const listed = listedBy(lists)
  // The first round is a full one, and is repeated whole until it succeeds.
  assert(listed !== undefined, 'a list is used before it was read')
  return listed
}

async function waitUntil(rounds: Rounds, untilMs: number, signal: AbortSignal): Promise<void> {
  const cut = new AbortController()
  const end = () => cut.abort()
  signal.addEventListener('abort', end)
  rounds.wake = end
  await rounds.clock.sleep(untilMs - rounds.clock.nowMs(), cut.signal)
  rounds.wake = () => {}
  signal.removeEventListener('abort', end)
}

async function doRound(rounds: Rounds, names: readonly ListName[], signal: AbortSignal): Promise<void> {
  const { clock, tally, random } = rounds
  rounds.schedule = started(rounds.schedule, clock.nowMs(), names)
  const asked = { mark: rounds.overlay.mark(), stream: rounds.trust.stream }
  try {
    const listed = await listAll(rounds, names, signal)
    tally.answered()
    if (names.includes('tasks')) compareTasks(rounds, listed, asked)
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

/** Tasks were listed: what the watch has told before is in the list, and what the list has the watch must tell. */
function compareTasks(
  rounds: Rounds,
  { tasks }: Listed,
  asked: { readonly mark: number; readonly stream: number },
): void {
  const { overlay, clock, base, ended } = rounds
  overlay.list(tasks, asked.mark)
  if (!rounds.trust.isOpen) return
  const shown = {
    stream: asked.stream,
    newest: newestOf(tasks),
    lacksUntold: base !== undefined && lacksUntold(base.tasks, tasks, ended),
  }
  const nowMs = clock.nowMs()
  rounds.trust = trustListed(rounds.trust, shown, nowMs)
  if (isStalled(rounds.trust, nowMs)) {
    rounds.restartWatch(new Error(`for ${stalledMs} ms it has not told of what the list of tasks shows`))
  }
}

function lacksUntold(
  before: readonly ListedTask[],
  now: readonly ListedTask[],
  told: ReadonlySet<string>,
): boolean {
  if (before === now) return false
  const there = new Set(now.map(({ task }) => task.id))
  return before.some(({ task }) => !there.has(task.id) && !told.has(task.id))
}

function judgeRound(rounds: Rounds, names: readonly ListName[], listed: Listed): void {
  const { cadence, clock, overlay } = rounds
  const last = rounds.latest?.snapshot
  rounds.base = listed
  const found = look(rounds, { ...listed, tasks: overlay.tasks() })
  const nowMs = clock.nowMs()
  rounds.schedule = following(succeeded(rounds.schedule, cadence, nowMs, found), isFollowing(rounds.trust))
  const next = rounds.latest?.snapshot
  if (found.changed && !names.includes('services') && next !== undefined && namesUnknownService(last, next)) {
    rounds.schedule = hinted(rounds.schedule, cadence, nowMs, ['services'])
  }
  publish(rounds)
}

/** Makes the latest snapshot of what is there. */
export function look(rounds: Rounds, listed: Listed): Found {
  const { settings, latest: last } = rounds
  const isSame = last !== undefined && sameLists(last.listed, listed)
  const latest = isSame ? last : assemble(listed, settings, rounds.believed)
  const changed = latest.snapshot !== last?.snapshot
  rounds.latest = latest
  if (changed) rounds.unsettled = isUnsettled(latest.snapshot)
  if (latest.snapshot.networks !== last?.snapshot.networks) tellUnknownNetworks(rounds, latest.snapshot)
  return { changed, unsettled: rounds.unsettled }
}

function tellUnknownNetworks({ settings, onOddity }: Rounds, snapshot: Snapshot): void {
  for (const id of unknownNetworks(settings.edgeNetworks, snapshot.networks)) {
    onOddity({
      list: '/networks',
      id,
      found: 'the edge is said to stand on it, but there is no such network',
    })
  }
}

/** Publishes the latest snapshot if it is another one and believed. */
export function publish(rounds: Rounds): void {
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

function doubtIfImplausible(rounds: Rounds, snapshot: Snapshot): void {
  const { cadence, clock, believed, ended } = rounds
  const implausible = believed !== undefined && isImplausible(believed.snapshot, snapshot, ended)
  // Once for each time it begins: what stays implausible for long enough is believed.
  if (implausible && !rounds.implausible) rounds.schedule = doubted(rounds.schedule, cadence, clock.nowMs())
  rounds.implausible = implausible
}

/** True while what the engine says lacks things that were there, and it is not believed yet. */
export function isHeldBack({ schedule, latest, believed, ended }: Rounds): boolean {
  if (latest === undefined || latest.snapshot === believed?.snapshot) return false
  return isDoubtful(schedule) && hasLost(believed?.snapshot, latest.snapshot, ended)
}
