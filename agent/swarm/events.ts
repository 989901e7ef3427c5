// The engine's event stream, opened again and again.
// Owns the connection, its silence and its end. Refuses to say what changed: an event is a hint, the list is the truth.

import type { AgentError } from '../core/errors.ts'
import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { Docker } from './docker.ts'
import { eventFilters, type Hint, hintOf } from './event-hint.ts'
import { readLines } from './lines.ts'

export type EventHint =
  | { readonly kind: 'opened' }
  | ({ readonly kind: 'changed' } & Hint)
  | { readonly kind: 'closed'; readonly trouble: AgentError }

export type EventOptions = {
  readonly docker: Docker
  readonly clock: Clock
  readonly random: () => number
  /** A stream that says nothing for so long is opened anew: it may be half-open, or moby's own watch may have ended. */
  readonly silentMs: number
}

/** A stream that stood for so long was a good one: the next attempt waits no longer than the first. */
const steadyMs = 10_000
const lineBytesMax = 1024 * 1024
const request = { path: '/events', filters: eventFilters }

/** What the events hint at, until `signal` is aborted. Never throws for the engine: that is `closed`, and tried again. */
export async function* followEvents(options: EventOptions, signal: AbortSignal): AsyncIterable<EventHint> {
  const { docker, clock, random } = options
  let failures = 0
  while (!signal.aborted) {
    const life = new AbortController()
    const end = () => life.abort(signal.reason)
    signal.addEventListener('abort', end)
    const startedAtMs = clock.nowMs()
    try {
      yield* readStream(options, life)
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

async function* readStream(
  { docker, silentMs }: EventOptions,
  life: AbortController,
): AsyncIterable<EventHint> {
  const stream = await docker.follow(request, life.signal)
  yield { kind: 'opened' }
  const silent = new Error(`the event stream said nothing for ${silentMs} ms`)
  const timer = setTimeout(() => life.abort(silent), silentMs)
  try {
    for await (const line of readLines(stream, lineBytesMax)) {
      timer.refresh()
      yield { kind: 'changed', ...hintOf(line) }
    }
  } catch (error) {
    throw life.signal.reason === silent ? silent : error
  } finally {
    clearTimeout(timer)
  }
  throw new Error('the engine ended the event stream')
}
