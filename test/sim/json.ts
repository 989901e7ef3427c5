// The JSON text of the store's objects, made once per object.
// Owns the cache: objects are immutable, so an unchanged object has the same bytes for ever, and a list of 10,000 tasks
// costs a join. Refuses to show what is internal.

import { isDeepStrictEqual } from 'node:util'
import type { Meta, NetworkAttachment, Task } from './objects.ts'

const texts = new WeakMap<object, string>()

function cached<T extends object>(object: T, make: (object: T) => string): string {
  const known = texts.get(object)
  if (known !== undefined) return known
  const text = make(object)
  texts.set(object, text)
  return text
}

/** The object as the API shows it. */
export function textOf(object: Meta): string {
  return cached(object, (fresh) => (isTask(fresh) ? taskText(fresh) : JSON.stringify(fresh)))
}

function isTask(object: Meta): object is Task {
  return 'internal' in object
}

/** Specifications and networks are shared by many tasks: their text is made once for all of them. */
function taskText({ internal: _, Spec, NetworksAttachments, ...rest }: Task): string {
  const own = JSON.stringify(rest).slice(0, -1)
  const spec = cached(Spec, JSON.stringify)
  const attachments = NetworksAttachments?.map(attachmentText).join(',')
  const networks = attachments === undefined ? '' : `,"NetworksAttachments":[${attachments}]`
  return `${own},"Spec":${spec}${networks}}`
}

function attachmentText({ Network, Addresses }: NetworkAttachment): string {
  return `{"Network":${textOf(Network)},"Addresses":${JSON.stringify(Addresses)}}`
}

const lists = new WeakMap<readonly Meta[], Buffer>()

/** A list as the API shows it; kept for as long as the store keeps the same list. */
export function listBody(objects: readonly Meta[]): Buffer {
  const known = lists.get(objects)
  if (known !== undefined) return known
  const body = Buffer.from(`[${objects.map(textOf).join(',')}]`)
  lists.set(objects, body)
  return body
}

/** Whether two specifications say the same; the order of fields and fields that are undefined do not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(plain(a), plain(b))
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
