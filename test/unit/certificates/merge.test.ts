import { expect, test } from 'vitest'
import { withMaterials } from '../../../agent/certificates/merge.ts'
import type { Material, Snapshot } from '../../../agent/core/snapshot.ts'
import { service, snapshot } from '../../support/builders.ts'
import { eventually } from '../../support/eventually.ts'

/** What somebody else says, as a stream, until the signal aborts or it is ended. */
function stream<T>() {
  const waiting: T[] = []
  let wake = () => {}
  let isEnded = false
  let failure: Error | undefined
  const follow = async function* (signal: AbortSignal): AsyncIterable<T> {
    signal.addEventListener('abort', () => wake())
    while (!signal.aborted) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (failure !== undefined) throw failure
      else if (isEnded) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  const say = (value: T) => {
    waiting.push(value)
    wake()
  }
  const end = (error?: Error) => {
    failure = error
    isEnded = true
    wake()
  }
  return { follow, say, end, isRead: () => waiting.length === 0 }
}

const material = (name: string): Material => ({ name, from: 'folder', digest: name })
const swarm = (...names: readonly string[]) => snapshot({ services: names.map((name) => service({ name })) })
const told = ({ services, materials }: Snapshot) => ({
  services: services.map(({ name }) => name),
  materials: materials?.map(({ name }) => name),
})

function world(waitMs?: number) {
  const snapshots = stream<Snapshot>()
  const lists = stream<readonly Material[]>()
  const stop = new AbortController()
  const merged = withMaterials(snapshots.follow, lists, waitMs)(stop.signal)[Symbol.asyncIterator]()
  const next = async () => {
    const { done, value } = await merged.next()
    return done === true ? 'end' : told(value)
  }
  return { snapshots, lists, stop, merged, next }
}

test('says nothing before the first snapshot, and nothing before the first look', async () => {
  const { snapshots, lists, next } = world()
  const first = next()
  lists.say([material('a')])
  await eventually(lists.isRead)
  snapshots.say(swarm('web'))
  expect(await first).toEqual({ services: ['web'], materials: ['a'] })
  const other = world()
  const late = other.next()
  other.snapshots.say(swarm('web'))
  await eventually(other.snapshots.isRead)
  other.lists.say([])
  expect(await late).toEqual({ services: ['web'], materials: [] })
})

test('goes on without materials where the first look takes too long', async () => {
  const { snapshots, lists, next } = world(20)
  snapshots.say(swarm('web'))
  expect(await next()).toEqual({ services: ['web'], materials: undefined })
  lists.say([material('a')])
  expect(await next()).toEqual({ services: ['web'], materials: ['a'] })
})

test('says the newest of both whenever either changes', async () => {
  const { snapshots, lists, next } = world()
  snapshots.say(swarm('web'))
  lists.say([])
  expect(await next()).toEqual({ services: ['web'], materials: [] })
  lists.say([material('a')])
  expect(await next()).toEqual({ services: ['web'], materials: ['a'] })
  snapshots.say(swarm('web', 'shop'))
  expect(await next()).toEqual({ services: ['web', 'shop'], materials: ['a'] })
})

test('a slow reader misses what was overtaken, and never the newest', async () => {
  const { snapshots, lists, next } = world()
  snapshots.say(swarm('web'))
  lists.say([])
  await next()
  for (const name of ['a', 'b', 'c']) snapshots.say(swarm(name))
  for (const name of ['x', 'y']) lists.say([material(name)])
  await eventually(() => snapshots.isRead() && lists.isRead())
  expect(await next()).toEqual({ services: ['c'], materials: ['y'] })
})

test('ends with the snapshots, after the last of them', async () => {
  const { snapshots, lists, next } = world()
  snapshots.say(swarm('web'))
  snapshots.end()
  lists.say([])
  expect(await next()).toEqual({ services: ['web'], materials: [] })
  expect(await next()).toBe('end')
})

test('ends when told to, and when its reader leaves', async () => {
  const { stop, next } = world()
  const last = next()
  stop.abort()
  expect(await last).toBe('end')
  const { snapshots, lists, merged } = world()
  snapshots.say(swarm('web'))
  lists.say([])
  await merged.next()
  await merged.return?.()
})

test('a bug on either side is no silence', async () => {
  const { snapshots, next } = world()
  const first = next()
  snapshots.end(new Error('bug: snapshots'))
  await expect(first).rejects.toThrow('bug: snapshots')
  const other = world()
  const second = other.next()
  other.lists.end(new Error('bug: materials'))
  await expect(second).rejects.toThrow('bug: materials')
})
