// The engine's event stream, opened again and again.
// Owns the connection, its silence and its end. Refuses to say what changed: an event is a hint, the list is the truth.

import type { AgentError } from '../core/errors.ts'
import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { Docker, Request } from './docker.ts'
import { readLines } from './lines.ts'
import type { ListName } from './schedule.ts'

/** What an event tells. */
export type Hint = {
  /** The lists that may have changed. */
  readonly lists: readonly ListName[]
  /** Ids of services and tasks that it says have ended. */
  readonly ended?: readonly string[]
}

/** Which events a source asks for, and what one line of `GET /events` hints at. */
export type EventKind<H extends Hint = Hint> = {
  readonly filters: Readonly<Record<string, readonly string[]>>
  /** Throws SyntaxError for a line that is no JSON. */
  readonly hintOf: (line: string) => H
}

export type EventHint<H extends Hint = Hint> =
  | { readonly kind: 'opened' }
  | ({ readonly kind: 'changed' } & H)
  | { readonly kind: 'closed'; readonly trouble: AgentError }

export type EventOptions<H extends Hint> = {
  readonly docker: Docker
  readonly kind: EventKind<H>
  readonly clock: Clock
  readonly random: () => number
  /** A stream that says nothing for so long is opened anew: it may be half-open, or moby's own watch may have ended. */
  readonly silentMs: number
}

/** A stream that stood for so long was a good one: the next attempt waits no longer than the first. */
const steadyMs = 10_000
const lineBytesMax = 1024 * 1024

/** What the events hint at, until `signal` is aborted. Never throws for the engine: that is `closed`, and tried again. */
export async function* followEvents<H extends Hint>(
  options: EventOptions<H>,
  signal: AbortSignal,
): AsyncIterable<EventHint<H>> {
  const { docker, clock, random, kind } = options
  const request = { path: '/events', filters: kind.filters }
  let failures = 0
  while (!signal.aborted) {
    const life = new AbortController()
    const end = () => life.abort(signal.reason)
    signal.addEventListener('abort', end)
    const startedAtMs = clock.nowMs()
    try {
      yield* readStream(options, request, life)
    } catch (cause) {
      if (!signal.aborted) yield { kind: 'closed', trouble: docker.trouble(cause, request) }
    } finally {
      signal.removeEventListener('abort', end)
      life.abort()
    }
    failures = clock.nowMs() - startedAtMs >= steadyMs ? 1 : failures + 1
    await clock.sleep(backoffMs(failures, random()), signal)
  }
}

async function* readStream<H extends Hint>(
  { docker, silentMs, kind }: EventOptions<H>,
  request: Request,
  life: AbortController,
): AsyncIterable<EventHint<H>> {
  const stream = await docker.follow(request, life.signal)
  yield { kind: 'opened' }
  const silent = new Error(`the event stream said nothing for ${silentMs} ms`)
  const timer = setTimeout(() => life.abort(silent), silentMs)
  try {
    for await (const line of readLines(stream, lineBytesMax)) {
      timer.refresh()
      yield { kind: 'changed', ...kind.hintOf(line) }
    }
  } catch (error) {
    throw life.signal.reason === silent ? silent : error
  } finally {
    clearTimeout(timer)
  }
  throw new Error('the engine ended the event stream')
}
