// Parses a JSON array again and again, at the cost of what changed since the last time.
// Owns the element boundaries and the comparison of bytes. Refuses to know what an element means, and keeps no state.
//
//   last   [ {a} , {b} , {c} , {d} ]     one native comparison finds {a}, another {d}: both keep their value;
//   now    [ {a} , {B} , {d} ]           {B} alone is cut out and parsed, with {b}'s value at hand; {c} is gone.

import { findHead, type HeadIndex, headBytes, indexHeads } from './head-index.ts'
import { endOfValue, endsElement, skipSpace } from './json-scan.ts'

/** A parsed array with the bytes it came from. Unchanged elements share their value with the list it was compared to. */
export type ParsedList<T> = {
  readonly bytes: Buffer
  /** What `parse` made of the elements, without those it left out, in the order of the array. */
  readonly values: readonly T[]
  /** Element `i` is `bytes[starts[i]..ends[i])` and became `slots[i]`. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly slots: readonly (T | undefined)[]
  /** True if the elements stand in the order of their first bytes, as the engine's lists mostly do. */
  readonly isSorted: boolean
}

/**
 * Makes a value of an element, or undefined to leave it out.
 * `last` is the value of what seems to be the same element in the last list: return it where nothing that matters differs.
 */
export type ParseElement<T> = (json: unknown, last: T | undefined) => T | undefined

/** How many elements may be missing in a row before the next one is looked up instead of tried. */
const tries = 4
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d

type Walk<T> = {
  readonly bytes: Buffer
  readonly last: ParsedList<T>
  readonly parse: ParseElement<T>
  readonly starts: number[]
  readonly ends: number[]
  readonly slots: (T | undefined)[]
  /** Where the next element of `bytes` starts. */
  at: number
  /** The element of the last list that is expected there. */
  next: number
  /** Finds elements of the last list that stand elsewhere now; made when first asked for. */
  heads: HeadIndex | undefined
  /** True while what was taken so far stands in the order of its first bytes. */
  isSorted: boolean
}

/**
 * The array in `bytes`, with the value of every element whose bytes also stand in `last`.
 *
 * Returns `last` itself for equal bytes, and its `values` array where each value is the same one.
 * Throws SyntaxError for anything but one whole JSON array. Do not write to `bytes` afterwards.
 */
export function parseList<T>(
  bytes: Buffer,
  last: ParsedList<T> | undefined,
  parse: ParseElement<T>,
): ParsedList<T> {
  if (last !== undefined && (last.bytes === bytes || last.bytes.equals(bytes))) return last
  const walk = startWalk(bytes, last ?? emptyList<T>(), parse)
  if (bytes[walk.at] === closeBracket) walk.at += 1
  else while (takeElements(walk)) walk.at = skipSpace(bytes, walk.at + 1)
  const rest = skipSpace(bytes, walk.at)
  if (rest < bytes.length) throw new SyntaxError(`expected the end at byte ${rest}`)
  const { starts, ends, slots, isSorted } = walk
  return { bytes, values: keptValues(slots, walk.last), starts, ends, slots, isSorted }
}

function emptyList<T>(): ParsedList<T> {
  return { bytes: Buffer.alloc(0), values: [], starts: [], ends: [], slots: [], isSorted: true }
}

function startWalk<T>(bytes: Buffer, last: ParsedList<T>, parse: ParseElement<T>): Walk<T> {
  const at = skipSpace(bytes, 0)
  if (bytes[at] !== openBracket) throw new SyntaxError(`expected an array at byte ${at}`)
  return {
    bytes,
    last,
    parse,
    starts: [],
    ends: [],
    slots: [],
    at: skipSpace(bytes, at + 1),
    next: 0,
    heads: undefined,
    isSorted: true,
  }
}

/** Takes the run of known elements, or the one new element, at `walk.at`; true if a comma follows, false at the end. */
function takeElements<T>(walk: Walk<T>): boolean {
  if (!takeRun(walk)) takeNew(walk)
  walk.at = skipSpace(walk.bytes, walk.at)
  const byte = walk.bytes[walk.at]
  if (byte === comma) return true
  if (byte !== closeBracket) throw new SyntaxError(`expected a comma or a bracket at byte ${walk.at}`)
  walk.at += 1
  return false
}

function takeRun<T>(walk: Walk<T>): boolean {
  const { last } = walk
  const first = findNext(walk)
  if (first === undefined) return false
  const end = endOfRun(walk, first)
  const shift = walk.at - at(last.starts, first)
  walk.isSorted &&= last.isSorted && isInOrder(walk, walk.at, at(last.ends, first) + shift)
  for (let i = first; i < end; i += 1) {
    walk.starts.push(at(last.starts, i) + shift)
    walk.ends.push(at(last.ends, i) + shift)
    walk.slots.push(last.slots[i])
  }
  walk.at = at(last.ends, end - 1) + shift
  walk.next = end
  return true
}

function findNext<T>(walk: Walk<T>): number | undefined {
  const end = Math.min(walk.next + tries, walk.last.slots.length)
  for (let i = walk.next; i < end; i += 1) if (stands(walk, i, i, walk.at)) return i
  return undefined
}

// Doubles the stretch it compares while that is equal, then halves it: each byte is read about once, by memcmp.
function endOfRun<T>(walk: Walk<T>, first: number): number {
  const { last } = walk
  const shift = walk.at - at(last.starts, first)
  let end = first + 1
  let step = 1
  let growing = true
  while (step >= 1 && end < last.slots.length) {
    const until = Math.min(end + step, last.slots.length)
    const equal = stands(walk, end, until - 1, at(last.starts, end) + shift) && gapStands(walk, end, shift)
    if (equal) end = until
    else growing = false
    step = growing ? step * 2 : Math.floor(step / 2)
  }
  return end
}

/** True if the last list's elements `from..to`, with what stands between them, stand at `position` as whole elements. */
function stands<T>(walk: Walk<T>, from: number, to: number, position: number): boolean {
  const { bytes, last } = walk
  const start = at(last.starts, from)
  const end = at(last.ends, to)
  const until = position + end - start
  if (until > bytes.length || !endsElement(bytes[until])) return false
  return last.bytes.compare(bytes, position, until, start, end) === 0
}

/** True if what stands between the last list's elements `i - 1` and `i` is the same here. */
function gapStands<T>(walk: Walk<T>, i: number, shift: number): boolean {
  const from = at(walk.last.ends, i - 1)
  const to = at(walk.last.starts, i)
  return walk.last.bytes.compare(walk.bytes, from + shift, to + shift, from, to) === 0
}

function takeNew<T>(walk: Walk<T>): void {
  const { bytes, last } = walk
  const start = walk.at
  const end = endOfValue(bytes, start)
  const same = sameElement(walk, start, end)
  walk.isSorted &&= isInOrder(walk, start, end)
  walk.starts.push(start)
  walk.ends.push(end)
  walk.at = end
  if (
    same !== undefined &&
    last.bytes.compare(bytes, start, end, at(last.starts, same), at(last.ends, same)) === 0
  ) {
    walk.slots.push(last.slots[same])
    walk.next = same + 1
    return
  }
  const json: unknown = JSON.parse(bytes.toString('utf8', start, end))
  walk.slots.push(walk.parse(json, same === undefined ? undefined : last.slots[same]))
  if (same === walk.next) walk.next += 1
}

/** The last list's element that opens with the same bytes as the one at `start..end`: the expected one, or one looked up. */
function sameElement<T>(walk: Walk<T>, start: number, end: number): number | undefined {
  const { bytes, last, next } = walk
  if (last.slots.length === 0) return undefined
  if (next < last.slots.length && sameHead(walk, next, start, end)) return next
  if (last.isSorted) return searchHead(walk, start, end)
  walk.heads ??= indexHeads(last.bytes, last.starts, last.ends)
  return findHead(walk.heads, bytes, start, end, (i) => sameHead(walk, i, start, end))
}

/** True if the element at `start..end` comes after the one that was taken last. */
function isInOrder<T>({ bytes, starts, ends }: Walk<T>, start: number, end: number): boolean {
  const before = starts.at(-1)
  const endBefore = ends.at(-1)
  if (before === undefined || endBefore === undefined) return true
  return bytes.compare(bytes, before, headEnd(before, endBefore), start, headEnd(start, end)) > 0
}

/** Looks the element at `start..end` up in the last list by halving; for a list in order. */
function searchHead<T>(walk: Walk<T>, start: number, end: number): number | undefined {
  const { bytes, last } = walk
  let low = 0
  let high = last.slots.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = at(last.starts, middle)
    const otherEnd = headEnd(other, at(last.ends, middle))
    // Above zero where the last list's element comes after the one looked for.
    const order = last.bytes.compare(bytes, start, headEnd(start, end), other, otherEnd)
    if (order === 0) return middle
    if (order > 0) high = middle
    else low = middle + 1
  }
  return undefined
}

function headEnd(start: number, end: number): number {
  return Math.min(end, start + headBytes)
}

function sameHead<T>(walk: Walk<T>, i: number, start: number, end: number): boolean {
  const length = Math.min(headBytes, end - start)
  const other = at(walk.last.starts, i)
  if (other + length > at(walk.last.ends, i)) return false
  return walk.last.bytes.compare(walk.bytes, start, start + length, other, other + length) === 0
}

function keptValues<T>(slots: readonly (T | undefined)[], last: ParsedList<T>): readonly T[] {
  const values = slots.filter((slot) => slot !== undefined)
  const same = values.length === last.values.length && values.every((value, i) => value === last.values[i])
  return same ? last.values : values
}

/** A boundary that the walk itself recorded. */
function at(boundaries: readonly number[], index: number): number {
  return boundaries[index] ?? 0
}
