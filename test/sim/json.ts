// The JSON text of the store's objects, made once per object.
// Owns the cache: objects are immutable, so an unchanged object has the same bytes for ever, and a list of 10,000 tasks
// costs a join. Refuses to show what is internal.

import { isDeepStrictEqual } from 'node:util'
import type { Meta } from './objects.ts'

const texts = new WeakMap<object, string>()

/** The object as the API shows it. */
export function textOf(object: Meta): string {
  const known = texts.get(object)
  if (known !== undefined) return known
  const text = JSON.stringify({ ...object, internal: undefined })
  texts.set(object, text)
  return text
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

/** Whether two values of JSON say the same; the order of fields and fields that are undefined do not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(plain(a), plain(b))
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
