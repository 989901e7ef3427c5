// What a Swarm's lists are made into, and what the watch has to do with it.
// Owns the tasks that stand: as listed, with what the watch has told since. Refuses to ask for anything.

import type { Clock } from '../docker/clock.ts'
import { tellUnknownNetworks } from '../docker/edge.ts'
import { namesUnknownService } from '../docker/judge.ts'
import type { Oddity } from '../docker/list.ts'
import type { Compare, View } from '../docker/rounds.ts'
import { type AssemblySettings, assemble, sameLists } from './assembly.ts'
import type { ListedTask } from './read-element.ts'
import type { Listed } from './swarm-lists.ts'
import { newestOf, type Overlay } from './watch/overlay.ts'
import {
  isFollowing,
  isStalled,
  noTrust,
  stalledMs,
  type Trust,
  listed as trustListed,
} from './watch/trust.ts'

export type SwarmViewParts = {
  readonly settings: AssemblySettings
  readonly clock: Clock
  readonly onOddity: (oddity: Oddity) => void
  /** The tasks, with what the watch has told since they were listed. */
  readonly overlay: Overlay
  /** Ends the watch's stream, so that it is opened anew. */
  readonly restartWatch: (why: Error) => void
}

export type SwarmView = View<Listed> &
  Pick<SwarmViewParts, 'overlay'> & {
    /** Whether the watch can be relied on. */
    trust: Trust
  }

export function createSwarmView(parts: SwarmViewParts): SwarmView {
  const { settings, overlay, onOddity } = parts
  const view: SwarmView = {
    overlay,
    trust: noTrust,
    assemble: (listed, last) => assemble(listed, settings, last),
    isSame: sameLists,
    begin: () => {
      const asked = { mark: overlay.mark(), stream: view.trust.stream }
      return (listed, names, before) => {
        if (names.includes('tasks')) compareTasks(view, parts, asked, listed, before)
      }
    },
    layOver: (listed) => ({ ...listed, tasks: overlay.tasks() }),
    isFollowing: () => isFollowing(view.trust),
    // An event that told of a service was lost.
    outdated: (last, next) => (namesUnknownService(last, next) ? ['services'] : []),
    seen: (next, last) => {
      if (next.networks !== last?.networks)
        tellUnknownNetworks(settings.edgeNetworks, next.networks, onOddity)
    },
  }
  return view
}

/** Tasks were listed: what the watch has told before is in the list, and what the list has the watch must tell. */
function compareTasks(
  view: SwarmView,
  { clock, overlay, restartWatch }: SwarmViewParts,
  asked: { readonly mark: number; readonly stream: number },
  { tasks }: Listed,
  { base, ended }: Parameters<Compare<Listed>>[2],
): void {
  overlay.list(tasks, asked.mark)
  if (!view.trust.isOpen) return
  const shown = {
    stream: asked.stream,
    newest: newestOf(tasks),
    lacksUntold: base !== undefined && lacksUntold(base.tasks, tasks, ended),
  }
  const nowMs = clock.nowMs()
  view.trust = trustListed(view.trust, shown, nowMs)
  if (isStalled(view.trust, nowMs)) {
    restartWatch(new Error(`for ${stalledMs} ms it has not told of what the list of tasks shows`))
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
