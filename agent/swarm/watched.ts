// What the rounds make of the watch: tasks are told rather than listed, and the other lists are asked for when they change.
// Owns what follows from each notice. Refuses to rely on a stream that owes what the lists show (watch/trust.ts).

import { look, noteEnd, publish, type Rounds } from './rounds.ts'
import { following, hinted, listNames, reopened, told as toldSchedule } from './schedule.ts'
import type { WatchNotice } from './watch/follow.ts'
import type { TaskChange, Told } from './watch/message.ts'
import { leftTask } from './watch/overlay.ts'
import { closed, isFollowing, opened, told } from './watch/trust.ts'

/** Takes a notice of the watch. What it tells of tasks is published when `applyTold` is called, which this asks for. */
export function heedWatch(rounds: Rounds, notice: WatchNotice, askToApply: () => void): void {
  const { cadence, clock, tally, overlay, schedule } = rounds
  tally.watched(notice)
  switch (notice.kind) {
    case 'opened':
      rounds.trust = opened(rounds.trust)
      rounds.schedule = reopened(rounds.schedule, cadence, clock.nowMs())
      break
    case 'told':
      takeTold(rounds, notice)
      if (notice.tasks.length > 0) askToApply()
      break
    case 'closed':
      if (!notice.wasOpen) return
      overlay.end()
      rounds.trust = closed(rounds.trust)
      rounds.schedule = hinted(rounds.schedule, cadence, clock.nowMs(), listNames)
      break
  }
  rounds.schedule = following(rounds.schedule, isFollowing(rounds.trust))
  if (rounds.schedule !== schedule) rounds.wake()
}

function takeTold(rounds: Rounds, { tasks, lists, removedServices }: Told): void {
  const { cadence, clock, overlay } = rounds
  for (const id of removedServices) noteEnd(rounds.ended, id)
  for (const id of tasks.map(leftTask)) if (id !== undefined) noteEnd(rounds.ended, id)
  rounds.trust = told(rounds.trust, newestOfChanges(tasks))
  const isTaken = overlay.tell(tasks)
  const wanted = isTaken ? lists : listNames
  if (wanted.length > 0) rounds.schedule = hinted(rounds.schedule, cadence, clock.nowMs(), wanted)
}

function newestOfChanges(tasks: readonly TaskChange[]): number {
  let newest = 0
  for (const change of tasks) {
    if (change.kind === 'committed') newest = Math.max(newest, change.listed.version)
  }
  return newest
}

/** Publishes what the watch has told since, all of it as one change. */
export function applyTold(rounds: Rounds): void {
  const { base, overlay, cadence, clock } = rounds
  if (base === undefined) return
  const found = look(rounds, { ...base, tasks: overlay.tasks() })
  rounds.schedule = toldSchedule(rounds.schedule, cadence, clock.nowMs(), found)
  publish(rounds)
  if (!rounds.schedule.isFollowing) rounds.wake()
}
