// The JSON text of the store's objects, made once per object.
// Owns the cache: objects are immutable, so an unchanged object has the same bytes for ever, and a list of 10,000 tasks
// costs a join. Refuses to show what is internal.

import { isDeepStrictEqual } from 'node:util'
import type { Meta, NetworkAttachment, Task } from './objects.ts'

const texts = new WeakMap<object, string>()
const bodies = new WeakMap<Meta | readonly Meta[], Buffer>()

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

/** A list as the API shows it; kept for as long as the store keeps the same list. */
export function listBody(objects: readonly Meta[]): Buffer {
  return cached(bodies, objects, () => {
    const parts = objects.flatMap((object, index) => (index === 0 ? bodyOf(object) : [comma, bodyOf(object)]))
    return Buffer.concat([open, ...parts, close])
  })
}

const [open, comma, close] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')]

/** Whether two specifications say the same; the order of fields and fields that are undefined do not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(plain(a), plain(b))
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
