// The tasks: as they were listed, with what the watch has told since laid over them.
// Owns which of the two is newer, by Swarm's version of each task. Refuses clocks and sockets.
//
//   listed    watch tells      what stands
//   a@5       a@7              a@7      the list is older
//   a@5       a@4              a@5      a late message is no news
//   b@5       b@8 to stop      -        a task that is told to stop is in no list either
//   c@5       c removed        -        for good: ids are never used again
//   -         d@9              d@9      made since the list, unless the list was asked for later, or knows of @9 or newer

import { compareText } from '../../core/text.ts'
import { keepTask, type ListedTask } from '../read-element.ts'
import { isLive } from '../swarm-lists.ts'
import type { TaskChange } from './message.ts'

/** A moment in the order of what was told. */
export type Mark = number

export type Overlay = {
  /** The moment now; a list that is asked for after it knows all that was told before. */
  readonly mark: () => Mark
  /** Takes a list that was asked for at `mark`; what it knows better is forgotten. */
  readonly list: (tasks: readonly ListedTask[], mark: Mark) => void
  /** Takes what one message told. False if it was too much to remember: then a list has to be asked for. */
  readonly tell: (changes: readonly TaskChange[]) => boolean
  /** The stream has ended: the next list that is asked for from now on is the truth, whatever was told before. */
  readonly end: () => void
  /**
   * The tasks that stand, sorted by id if the list was. What says the same as before in all that is read of it keeps
   * its object, and the array if each has. A change costs one walk over the tasks, and no look into them.
   */
  readonly tasks: () => readonly ListedTask[]
  /** What stands for a task, be it in the list or told. */
  readonly find: (id: string) => ListedTask | undefined
  /** How many tasks differ from the list, or did when they were told. */
  readonly size: () => number
}

/** Told of one task. Without `listed` it is in no list any more; a removal is newer than every version. */
type Entry = { readonly at: Mark; readonly version: number; readonly listed: ListedTask | undefined }

type State = {
  readonly entries: Map<string, Entry>
  readonly entriesMax: number
  listed: readonly ListedTask[]
  /** `listed` by id; made when first asked for. */
  byId: ReadonlyMap<string, ListedTask> | undefined
  tasks: readonly ListedTask[]
  /** Tasks that were told of since `tasks` was made. */
  readonly untaken: Set<string>
  /** True if `tasks` has to be made of the list again. */
  isStale: boolean
  now: Mark
  endedAt: Mark
}

/** As many tasks are remembered between two lists: several times what one Swarm is meant to hold. */
const changesMax = 50_000

export function createOverlay(entriesMax: number = changesMax): Overlay {
  const state: State = {
    entries: new Map(),
    entriesMax,
    listed: [],
    byId: undefined,
    tasks: [],
    untaken: new Set(),
    isStale: false,
    now: 0,
    endedAt: 0,
  }
  return {
    mark: () => state.now,
    list: (tasks, mark) => takeList(state, tasks, mark),
    tell: (changes) => {
      state.now += 1
      return changes.map((change) => tellOne(state, change)).every((isTaken) => isTaken)
    },
    end: () => {
      state.endedAt = state.now
    },
    tasks: () => {
      if (state.isStale || state.untaken.size > 0) state.tasks = sameOrNew(state.tasks, layOver(state))
      state.untaken.clear()
      state.isStale = false
      return state.tasks
    },
    find: (id) => find(state, id),
    size: () => state.entries.size,
  }
}

function find(state: State, id: string): ListedTask | undefined {
  if (state.entries.size === 0) return state.byId?.get(id)
  return state.entries.get(id)?.listed ?? indexOf(state).get(id)
}

function indexOf(state: State): ReadonlyMap<string, ListedTask> {
  state.byId ??= new Map(state.listed.map((each) => [each.task.id, each]))
  return state.byId
}

function tellOne(state: State, change: TaskChange): boolean {
  const id = change.kind === 'removed' ? change.id : change.listed.task.id
  const version = change.kind === 'removed' ? Number.POSITIVE_INFINITY : change.listed.version
  if (!isNews(state, id, version)) return true
  if (!state.entries.has(id) && state.entries.size >= state.entriesMax) return false
  const last = find(state, id)
  const live = liveTask(change)
  state.entries.set(id, { at: state.now, version, listed: live && keepTask(live, last) })
  state.untaken.add(id)
  return true
}

function isNews(state: State, id: string, version: number): boolean {
  const before = state.entries.get(id)
  // One commit may change a task twice: of what is told with the same version the last stands.
  if (before !== undefined) return version >= before.version
  const listed = indexOf(state).get(id)
  return listed === undefined || version > listed.version
}

/** The id of a task that is in no list any more. */
export function leftTask(change: TaskChange): string | undefined {
  if (change.kind === 'removed') return change.id
  return isLive(change.listed.task) ? undefined : change.listed.task.id
}

function liveTask(change: TaskChange): ListedTask | undefined {
  return change.kind === 'committed' && isLive(change.listed.task) ? change.listed : undefined
}

function takeList(state: State, tasks: readonly ListedTask[], mark: Mark): void {
  if (tasks !== state.listed) {
    state.listed = tasks
    state.byId = undefined
    state.isStale = true
  }
  if (state.entries.size === 0) return
  const newest = newestOf(tasks)
  for (const [id, entry] of state.entries) {
    if (isOutdated(entry, indexOf(state).get(id), { mark, newest, endedAt: state.endedAt })) {
      state.entries.delete(id)
      state.isStale = true
    }
  }
}

type Reply = { readonly mark: Mark; readonly newest: number; readonly endedAt: Mark }

function isOutdated(entry: Entry, listed: ListedTask | undefined, reply: Reply): boolean {
  if (entry.at <= Math.min(reply.mark, reply.endedAt)) return true
  if (listed !== undefined) return entry.version <= listed.version
  // Versions are the store's: a list with one as new as this comes from a store that has known of this, and shows it no more.
  return entry.at <= reply.mark || entry.version <= reply.newest
}

/** The newest version among tasks; 0 without any. */
export function newestOf(tasks: readonly ListedTask[]): number {
  let newest = 0
  for (const { version } of tasks) if (version > newest) newest = version
  return newest
}

function layOver({ entries, listed, tasks, untaken, isStale }: State): readonly ListedTask[] {
  const ids = isStale ? [...entries.keys()] : [...untaken]
  const told = ids.flatMap((id) => entries.get(id)?.listed ?? [])
  const isTold = isStale ? entries : untaken
  return merge(
    (isStale ? listed : tasks).filter(({ task }) => !isTold.has(task.id)),
    told.sort(byId),
  )
}

const byId = (a: ListedTask, b: ListedTask) => compareText(a.task.id, b.task.id)

/** Puts a task where its id's place is in the list, so that the next list only confirms it. */
function merge(tasks: readonly ListedTask[], told: readonly ListedTask[]): readonly ListedTask[] {
  const merged: ListedTask[] = []
  let next = 0
  for (const task of tasks) {
    for (let one = told[next]; one !== undefined && byId(one, task) < 0; one = told[next]) {
      merged.push(one)
      next += 1
    }
    merged.push(task)
  }
  for (const one of told.slice(next)) merged.push(one)
  return merged
}

function sameOrNew(before: readonly ListedTask[], now: readonly ListedTask[]): readonly ListedTask[] {
  return before.length === now.length && now.every((task, i) => task === before[i]) ? before : now
}
