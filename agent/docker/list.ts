// One list of the engine, kept: asked for again, it costs what changed.
// Owns what is remembered of the last reply. Refuses to decide when it is asked for.

import { type Docker, type Request, requestText } from './docker.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { Nonsense } from './json-read.ts'
import { type ParsedList, parseList } from './list-diff.ts'
import { sameValue } from './same-value.ts'
import { badReply } from './trouble.ts'

export type List<T> = {
  /**
   * Asks the engine once. Throws AgentError, and then keeps what it had.
   * An element that says the same as before in all that is read of it keeps its object; a list of only such keeps its array.
   */
  readonly refresh: (signal: AbortSignal) => Promise<void>
  /** What the last good reply said; undefined before the first. */
  readonly values: () => readonly T[] | undefined
  /** Bytes of the last good reply. */
  readonly bytes: () => number
}

/** An element that was left out: what the list is called, the element's id, what is wrong with it. */
export type Oddity = { readonly list: string; readonly id: string; readonly found: string }

export type ListOptions<T> = {
  readonly docker: Pick<Docker, 'get'>
  readonly endpoint: DockerEndpoint
  readonly request: Request
  /** Throws Nonsense for an element that makes no sense. */
  readonly read: (element: unknown) => T
  /** The element as it is now, with the objects of what it was before; by default that itself if it says the same. */
  readonly keep?: (now: T, before: T | undefined) => T
  /** Called once for each element left out. */
  readonly onOddity: (oddity: Oddity) => void
}

/** As many left-out elements are remembered, so as not to report them again. */
const reportsMax = 1000

export function createList<T>(options: ListOptions<T>): List<T> {
  const { docker, endpoint, request } = options
  const empty = Buffer.alloc(0)
  const reported = new Set<string>()
  let last: ParsedList<T> | undefined
  const parse = (element: unknown, before: T | undefined) => readElement(options, reported, element, before)
  return {
    refresh: async (signal) => {
      const bytes = await docker.get(request, last?.bytes ?? empty, signal)
      try {
        last = parseList(bytes, last, parse)
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause
        throw badReply(
          endpoint,
          requestText(request),
          `what is not a whole JSON array (${cause.message})`,
          cause,
        )
      }
    },
    values: () => last?.values,
    bytes: () => last?.bytes.length ?? 0,
  }
}

function readElement<T>(
  { request, read, keep = keepSame, onOddity }: ListOptions<T>,
  reported: Set<string>,
  element: unknown,
  before: T | undefined,
): T | undefined {
  try {
    return keep(read(element), before)
  } catch (error) {
    if (!(error instanceof Nonsense)) throw error
    const id = idOf(element)
    if (reported.has(id)) return undefined
    if (reported.size < reportsMax) reported.add(id)
    onOddity({ list: request.path, id, found: error.message })
    return undefined
  }
}

function keepSame<T>(now: T, before: T | undefined): T {
  return before !== undefined && sameValue(before, now) ? before : now
}

function idOf(element: unknown): string {
  if (typeof element !== 'object' || element === null) return JSON.stringify(element)?.slice(0, 40) ?? ''
  const id = Object.entries(element).find(([member]) => member.toLowerCase() === 'id')?.[1]
  return typeof id === 'string' ? id : ''
}
