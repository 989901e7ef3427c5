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
import type { Mailbox } from './mailbox.ts'
import {
  type Cadence,
  doubted,
  failed,
  hinted,
  isDoubtful,
  type ListName,
  nextStep,
  reopened,
  type Schedule,
  started,
  succeeded,
} from './schedule.ts'
import type { Tally } from './status.ts'
import { type Listed, listedBy, type SwarmLists } from './swarm-lists.ts'

export type Rounds = {
  readonly settings: AssemblySettings
  readonly cadence: Cadence
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly lists: SwarmLists
  readonly tally: Tally
  readonly onOddity: (oddity: Oddity) => void
  readonly mailbox: Mailbox<Snapshot>
  schedule: Schedule
  /** What the lists say. */
  latest: Assembly | undefined
  /** What was published of it: what is built on, since what is not believed must leave no trace. */
  believed: Assembly | undefined
  /** True while a task of the last snapshot is on its way. */
  unsettled: boolean
  /** Services whose removal events have told. */
  readonly removed: Set<string>
  /** True while all is gone and nothing but the lists says so. */
  implausible: boolean
  /** Ends the wait for the next round. */
  wake: () => void
}

/** As many removals are remembered; ids are never used again. */
const removalsMax = 10_000

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
  if (hint.kind === 'changed' && hint.lists.length > 0) {
    rounds.schedule = hinted(rounds.schedule, cadence, clock.nowMs(), hint.lists)
    if (hint.removedService !== undefined) noteRemoval(rounds.removed, hint.removedService)
    rounds.wake()
  }
}

function noteRemoval(removed: Set<string>, serviceId: string): void {
  if (removed.size >= removalsMax) removed.clear()
  removed.add(serviceId)
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
  try {
    const listed = await listAll(rounds, names, signal)
    tally.answered()
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

function judgeRound(rounds: Rounds, names: readonly ListName[], listed: Listed): void {
  const { cadence, clock, settings } = rounds
  const last = rounds.latest
  const changed = last === undefined || !sameLists(last.listed, listed)
  const latest = changed ? assemble(listed, settings, rounds.believed) : last
  rounds.latest = latest
  if (changed) rounds.unsettled = isUnsettled(latest.snapshot)
  if (latest.snapshot.networks !== last?.snapshot.networks) tellUnknownNetworks(rounds, latest.snapshot)
  const nowMs = clock.nowMs()
  rounds.schedule = succeeded(rounds.schedule, cadence, nowMs, { changed, unsettled: rounds.unsettled })
  if (changed && !names.includes('services') && namesUnknownService(last?.snapshot, latest.snapshot)) {
    rounds.schedule = hinted(rounds.schedule, cadence, nowMs, ['services'])
  }
  publish(rounds, latest)
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

function publish(rounds: Rounds, latest: Assembly): void {
  if (latest === rounds.believed) return
  doubtIfImplausible(rounds, latest.snapshot)
  if (isHeldBack(rounds)) return
  rounds.believed = latest
  rounds.tally.published()
  rounds.mailbox.put(latest.snapshot)
}

function doubtIfImplausible(rounds: Rounds, snapshot: Snapshot): void {
  const { cadence, clock, believed, removed } = rounds
  const implausible = believed !== undefined && isImplausible(believed.snapshot, snapshot, removed)
  // Once for each time it begins: what stays implausible for long enough is believed.
  if (implausible && !rounds.implausible) rounds.schedule = doubted(rounds.schedule, cadence, clock.nowMs())
  rounds.implausible = implausible
}

/** True while what the engine says lacks things that were there, and it is not believed yet. */
export function isHeldBack({ schedule, latest, believed }: Rounds): boolean {
  if (latest === undefined || latest === believed) return false
  return isDoubtful(schedule) && hasLost(believed?.snapshot, latest.snapshot)
}
