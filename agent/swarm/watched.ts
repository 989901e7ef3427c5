// What the rounds make of the watch: tasks are told rather than listed, and the other lists are asked for when they change.
// Owns what follows from each notice. Refuses to rely on a stream that owes what the lists show (watch/trust.ts).

import { noteEnd, type Rounds } from '../docker/rounds.ts'
import { following, hinted, listNames, reopened } from '../docker/schedule.ts'
import type { Listed } from './swarm-lists.ts'
import type { SwarmView } from './view.ts'
import type { WatchNotice } from './watch/follow.ts'
import type { TaskChange, Told } from './watch/message.ts'
import { leftTask } from './watch/overlay.ts'
import { closed, isFollowing, opened, told } from './watch/trust.ts'

/** Takes a notice of the watch. What it tells of tasks is published when `applyTold` is called, which this asks for. */
export function heedWatch(
  rounds: Rounds<Listed>,
  view: SwarmView,
  notice: WatchNotice,
  askToApply: () => void,
): void {
  const { cadence, clock, tally, schedule } = rounds
  tally.watched(notice)
  switch (notice.kind) {
    case 'opened':
      view.trust = opened(view.trust)
      rounds.schedule = reopened(rounds.schedule, cadence, clock.nowMs())
      break
    case 'told':
      takeTold(rounds, view, notice)
      if (notice.tasks.length > 0) askToApply()
      break
    case 'closed':
      if (!notice.wasOpen) return
      view.overlay.end()
      view.trust = closed(view.trust)
      rounds.schedule = hinted(rounds.schedule, cadence, clock.nowMs(), listNames)
      break
  }
  rounds.schedule = following(rounds.schedule, isFollowing(view.trust))
  if (rounds.schedule !== schedule) rounds.wake()
}

function takeTold(rounds: Rounds<Listed>, view: SwarmView, { tasks, lists, removedServices }: Told): void {
  const { cadence, clock } = rounds
  for (const id of removedServices) noteEnd(rounds.ended, id)
  for (const id of tasks.map(leftTask)) if (id !== undefined) noteEnd(rounds.ended, id)
  view.trust = told(view.trust, newestOfChanges(tasks))
  const isTaken = view.overlay.tell(tasks)
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
