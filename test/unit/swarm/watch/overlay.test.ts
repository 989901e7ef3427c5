// Tasks as they were listed, with what the watch has told laid over them: which of the two stands, and what keeps its object.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TaskState } from '../../../../agent/core/snapshot.ts'
import { keepTask, type ListedTask } from '../../../../agent/swarm/read-element.ts'
import type { TaskChange } from '../../../../agent/swarm/watch/message.ts'
import { createOverlay, type Overlay } from '../../../../agent/swarm/watch/overlay.ts'

function task(
  id: string,
  version: number,
  state: TaskState = 'running',
  desiredState: TaskState = 'running',
): ListedTask {
  const fixed = { slot: 1, nodeId: 'n', attachments: [], hostPorts: [] }
  return { task: { ...fixed, id, serviceId: 's', state, desiredState }, version, containerId: '' }
}

const committed = (listed: ListedTask): TaskChange => ({ kind: 'committed', listed })
const removed = (id: string): TaskChange => ({ kind: 'removed', id })
const shown = (overlay: Overlay) => overlay.tasks().map(({ task: { id }, version }) => `${id}@${version}`)

/** An overlay over a list of these tasks. */
function over(...tasks: readonly ListedTask[]): Overlay {
  const overlay = createOverlay()
  overlay.list(tasks, overlay.mark())
  return overlay
}

test.for([
  ['a newer task', [committed(task('b', 7))], ['a@5', 'b@7', 'c@5']],
  ['a task as it is listed', [committed(task('b', 5))], ['a@5', 'b@5', 'c@5']],
  ['a late message', [committed(task('b', 4))], ['a@5', 'b@5', 'c@5']],
  ['a task that is told to stop', [committed(task('b', 7, 'running', 'shutdown'))], ['a@5', 'c@5']],
  ['a task of a service that is removed', [committed(task('b', 7, 'running', 'remove'))], ['a@5', 'c@5']],
  ['a task that waits for its turn', [committed(task('b', 7, 'ready', 'ready'))], ['a@5', 'b@7', 'c@5']],
  ['a removal', [removed('b')], ['a@5', 'c@5']],
  ['a removal, and a late message', [removed('b'), committed(task('b', 9))], ['a@5', 'c@5']],
  ['a new task', [committed(task('bb', 6))], ['a@5', 'b@5', 'bb@6', 'c@5']],
  [
    'the first and the last',
    [committed(task('0', 6)), committed(task('z', 6))],
    ['0@6', 'a@5', 'b@5', 'c@5', 'z@6'],
  ],
  ['one task twice', [committed(task('b', 7)), committed(task('b', 6))], ['a@5', 'b@7', 'c@5']],
] as const)('told of %s', ([, changes, expected]) => {
  const overlay = over(task('a', 5), task('b', 5), task('c', 5))
  overlay.tell(changes)
  expect(shown(overlay)).toEqual(expected)
})

test('of what one commit did to a task the last stands', () => {
  const overlay = over(task('a', 5))
  overlay.tell([committed(task('a', 6, 'starting')), committed(task('a', 6, 'running', 'ready'))])
  expect(overlay.tasks()[0]?.task).toMatchObject({ state: 'running', desiredState: 'ready' })
})

test('a list that was asked for before a message does not undo it, one that was asked for later does', () => {
  const overlay = over(task('a', 5))
  const before = overlay.mark()
  overlay.tell([committed(task('b', 6)), removed('a')])
  overlay.list([task('a', 5)], before)
  expect(shown(overlay)).toEqual(['b@6'])
  overlay.list([], overlay.mark())
  expect(shown(overlay)).toEqual([])
  expect(overlay.size()).toBe(0)
})

test('a list that is behind the watch is overlaid, however late it was asked for', () => {
  const overlay = over(task('a', 5), task('b', 5))
  overlay.tell([committed(task('a', 8, 'failed')), removed('b')])
  overlay.list([task('a', 5), task('b', 5)], overlay.mark())
  expect(shown(overlay)).toEqual(['a@8'])
})

test('a list that knows of a later commit, and not of a task, has seen it go', () => {
  const overlay = over(task('a', 5))
  const before = overlay.mark()
  overlay.tell([committed(task('b', 6))])
  overlay.list([task('a', 7)], before)
  expect(shown(overlay)).toEqual(['a@7'])
})

test('after the end of the stream the next list is the truth, be it older', () => {
  const overlay = over(task('a', 5))
  const before = overlay.mark()
  overlay.tell([committed(task('a', 9)), committed(task('b', 9))])
  overlay.end()
  overlay.list([task('a', 5)], before)
  expect(shown(overlay)).toEqual(['a@9', 'b@9'])
  overlay.list([task('a', 5)], overlay.mark())
  expect(shown(overlay)).toEqual(['a@5'])
})

test('remembers so many changes and no more, and says when a list has to be asked for', () => {
  const overlay = createOverlay(2)
  overlay.list([], overlay.mark())
  expect(overlay.tell([committed(task('a', 1)), committed(task('b', 1))])).toBe(true)
  expect(overlay.tell([committed(task('a', 2))])).toBe(true)
  expect(overlay.tell([committed(task('c', 2))])).toBe(false)
  expect(overlay.size()).toBe(2)
  overlay.list([task('a', 2), task('b', 1), task('c', 2)], overlay.mark())
  expect(overlay.size()).toBe(0)
})

test('a commit that changes nothing that is read keeps the task, the snapshot and the array', () => {
  const overlay = over(task('a', 5), task('b', 5))
  const before = overlay.tasks()
  overlay.tell([committed(task('a', 6))])
  expect(overlay.tasks()[0]?.task).toBe(before[0]?.task)
  const after = overlay.tasks()
  overlay.tell([removed('nosuch')])
  expect(overlay.tasks()).toBe(after)
})

test("one task's change among 10,000 looks at no other task", () => {
  const tasks = Array.from({ length: 10_000 }, (_, i) => task(String(i).padStart(25, '0'), 1))
  const looks = { count: 0 }
  const watched = tasks.map(({ task: each, ...rest }) => ({
    ...rest,
    task: new Proxy(each, {
      get: (target, member: keyof typeof each) => {
        if (member !== 'id') looks.count += 1
        return target[member]
      },
    }),
  }))
  const overlay = over(...watched)
  expect(overlay.tasks()).toHaveLength(10_000)
  overlay.tell([committed(task(tasks[5_000]?.task.id ?? '', 2, 'failed'))])
  const now = overlay.tasks()
  expect(now.filter((each, i) => each !== watched[i])).toHaveLength(1)
  expect(now[5_000]?.task.state).toBe('failed')
  // The one that changed is compared member by member.
  expect(looks.count).toBeLessThan(10)
})

// A Swarm of few tasks, each commit a version; a watch that lags behind it, ends and begins; lists under way meanwhile.

type Store = ReadonlyMap<string, ListedTask>
type Commit = { readonly store: Store; readonly changes: readonly TaskChange[] }

const ids = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const states = [
  ['starting', 'running'],
  ['running', 'running'],
  ['ready', 'ready'],
  ['running', 'shutdown'],
  ['complete', 'shutdown'],
] as const

const change = fc.record({
  id: fc.constantFrom(...ids),
  state: fc.constantFrom(...states, undefined),
})
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      changes: fc.uniqueArray(change, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reply' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
)

type World = {
  readonly overlay: Overlay
  readonly commits: Commit[]
  /** Commits told, and where the stream began; a stream that has ended begins with the next delivery. */
  told: number
  began: number | undefined
  asked: { readonly mark: number; readonly told: number; readonly began: number | undefined } | undefined
  /** The commit that the last list showed, and the stream under which it was asked for. */
  listedAt: number
  syncedTo: number | undefined
  parsed: Map<string, ListedTask>
}

/** One more commit. Ids are never used again: each new life of a letter has a number. */
function commitOf(
  last: Store,
  version: number,
  changes: readonly { id: string; state: (typeof states)[number] | undefined }[],
): Commit {
  const store = new Map(last)
  const told: TaskChange[] = []
  for (const { id: letter, state } of changes) {
    const life = [...store.keys()].find((id) => id.startsWith(letter))
    if (state === undefined) {
      if (life === undefined) continue
      store.delete(life)
      told.push(removed(life))
    } else {
      // What is told to stop is never told to run again.
      const isEnding = store.get(life ?? '')?.task.desiredState === 'shutdown'
      const [of, desired] = isEnding ? (['failed', 'shutdown'] as const) : state
      const next = task(life ?? `${letter}${version}.${told.length}`, version, of, desired)
      store.set(next.task.id, next)
      told.push(committed(next))
    }
  }
  return { store, changes: told }
}

const live = (store: Store) =>
  [...store.values()]
    .filter(({ task: { desiredState } }) => desiredState === 'running' || desiredState === 'ready')
    .sort((a, b) => (a.task.id < b.task.id ? -1 : 1))

function list(world: World, at: number, mark: number): void {
  const { overlay, parsed } = world
  const tasks = live(world.commits[at]?.store ?? new Map()).map((now) =>
    keepTask(structuredClone(now), overlay.find(now.task.id) ?? parsed.get(now.task.id)),
  )
  world.parsed = new Map(tasks.map((each) => [each.task.id, each]))
  overlay.list(tasks, mark)
  world.listedAt = at
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function take(world: World, next: Step): void {
  const { overlay, commits } = world
  switch (next.kind) {
    case 'commit':
      commits.push(commitOf(commits.at(-1)?.store ?? new Map(), commits.length, next.changes))
      break
    case 'deliver':
      if (world.began === undefined) {
        // What was committed in between is lost to the stream.
        world.began = commits.length
        world.told = commits.length - 1
      } else if (world.told < commits.length - 1) {
        world.told += 1
        overlay.tell(commits[world.told]?.changes ?? [])
      }
      break
    case 'ask':
      world.asked = { mark: overlay.mark(), told: world.told, began: world.began }
      break
    case 'reply':
      if (world.asked === undefined) break
      // A list knows at least what was told before it was asked for, and at most what is committed now.
      list(
        world,
        world.asked.told + Math.floor(next.at * (commits.length - world.asked.told)),
        world.asked.mark,
      )
      if (world.asked.began !== undefined && world.asked.began === world.began) world.syncedTo = world.began
      world.asked = undefined
      break
    case 'end':
      overlay.end()
      world.began = undefined
      world.syncedTo = undefined
      world.asked = undefined
      break
  }
}

test('shows what the store holds, whatever the order in which lists and messages come', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world: World = {
        overlay: createOverlay(),
        commits: [{ store: new Map(), changes: [] }],
        told: 0,
        began: undefined,
        asked: undefined,
        listedAt: 0,
        syncedTo: undefined,
        parsed: new Map(),
      }
      list(world, 0, 0)
      let before = world.overlay.tasks()
      for (const next of steps) {
        take(world, next)
        const now = world.overlay.tasks()
        const known = new Map(before.map((each) => [each.task.id, each.task]))
        for (const { task: each } of now) {
          const last = known.get(each.id)
          if (last !== undefined && JSON.stringify(last) === JSON.stringify(each)) expect(each).toBe(last)
        }
        before = now
        // While it follows, and has told as much as was listed, it shows exactly what it was told of last.
        if (world.syncedTo !== undefined && world.told >= world.listedAt) {
          expect(now).toEqual(live(world.commits[world.told]?.store ?? new Map()))
        }
      }
      const last = world.commits.length - 1
      list(world, last, world.overlay.mark())
      world.overlay.end()
      list(world, last, world.overlay.mark())
      expect(world.overlay.tasks()).toEqual(live(world.commits[last]?.store ?? new Map()))
      expect(world.overlay.size()).toBe(0)
    }),
    { numRuns: 1_000 },
  )
})
