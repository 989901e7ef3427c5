// The JSON text of the store's objects, made once per object.
// Owns the cache: objects are immutable, so an unchanged object has the same bytes for ever, and a list of 10,000 tasks
// costs a join. Refuses to show what is internal.

import { isDeepStrictEqual } from 'node:util'
import type { Meta, NetworkAttachment, Task } from './objects.ts'

const texts = new WeakMap<object, string>()
const bodies = new WeakMap<Meta, Buffer>()

function cached<K extends object, V>(cache: WeakMap<K, V>, key: K, make: (key: K) => V): V {
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make(key)
  cache.set(key, made)
  return made
}

/** The object as the API shows it. */
export function bodyOf(object: Meta): Buffer {
  return cached(bodies, object, (fresh) =>
    Buffer.from(isTask(object) ? taskText(object) : JSON.stringify(fresh)),
  )
}

function isTask(object: Meta): object is Task {
  return 'internal' in object
}

/** Specifications and networks are shared by many tasks: their text is made once for all of them. */
function taskText({ internal: _, Spec, NetworksAttachments, ...rest }: Task): string {
  const own = JSON.stringify(rest).slice(0, -1)
  const spec = cached(texts, Spec, JSON.stringify)
  const attachments = NetworksAttachments?.map(attachmentText).join(',')
  const networks = attachments === undefined ? '' : `,"NetworksAttachments":[${attachments}]`
  return `${own},"Spec":${spec}${networks}}`
}

function attachmentText({ Network, Addresses }: NetworkAttachment): string {
  return `{"Network":${cached(texts, Network, JSON.stringify)},"Addresses":${JSON.stringify(Addresses)}}`
}

/**
 * A list, sorted by id, as the API shows it, in pieces: the objects whose ids begin alike share one. A change costs
 * the making of one piece, also where it moves all that follows it.
 */
export function listBody(objects: readonly Meta[]): readonly Buffer[] {
  return cached(lists, objects, () => {
    const pieces: Buffer[] = []
    for (let start = 0; start < objects.length; ) {
      const end = endOfPiece(objects, start)
      pieces.push(pieceOf(objects.slice(start, end)))
      start = end
    }
    const [first, ...rest] = pieces
    return first === undefined ? [open, close] : [open, first.subarray(comma.length), ...rest, close]
  })
}

const [open, comma, close] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')]

const lists = new WeakMap<readonly Meta[], readonly Buffer[]>()

/** By the first object of the piece. */
const pieceCache = new WeakMap<Meta, { readonly objects: readonly Meta[]; readonly body: Buffer }>()

function endOfPiece(objects: readonly Meta[], start: number): number {
  const id = objects[start]?.ID ?? ''
  let end = start + 1
  while (end < objects.length && beginAlike(objects[end]?.ID ?? '', id)) end += 1
  return end
}

function beginAlike(a: string, b: string): boolean {
  return a.charCodeAt(0) === b.charCodeAt(0) && a.charCodeAt(1) === b.charCodeAt(1)
}

/** The objects with a comma before each. */
function pieceOf(objects: readonly Meta[]): Buffer {
  const [first] = objects
  const known = first === undefined ? undefined : pieceCache.get(first)
  if (known !== undefined && isSame(known.objects, objects)) return known.body
  const body = Buffer.concat(objects.flatMap((object) => [comma, bodyOf(object)]))
  if (first !== undefined) pieceCache.set(first, { objects, body })
  return body
}

function isSame(a: readonly Meta[], b: readonly Meta[]): boolean {
  return a.length === b.length && a.every((object, index) => object === b[index])
}

/** Whether two specifications say the same; the order of fields and fields that are undefined do not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(plain(a), plain(b))
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
