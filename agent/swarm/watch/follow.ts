// SwarmKit's watch, opened again and again.
// Owns the stream, its end, and the deadline until its first message. Refuses to say what follows from what it tells.

import type { AgentError } from '../../core/errors.ts'
import { backoffMs } from '../../docker/backoff.ts'
import type { Clock } from '../../docker/clock.ts'
import { DeadlineError } from '../../docker/deadline.ts'
import type { Docker } from '../../docker/docker.ts'
import { callWatch } from './call.ts'
import { readMessage, type Told, watchedKinds } from './message.ts'
import { troubleOfWatch } from './trouble.ts'
import { readTrustRoot } from './trust-root.ts'

export type WatchNotice =
  /** The stream stands: what happens from now on is told. */
  | { readonly kind: 'opened' }
  /** One commit. */
  | ({ readonly kind: 'told' } & Told)
  /** The stream has ended or did not open; `failures` counts such attempts in a row. */
  | {
      readonly kind: 'closed'
      readonly trouble: AgentError
      readonly wasOpen: boolean
      readonly failures: number
    }

export type WatchOptions = {
  readonly socketPath: string
  readonly docker: Pick<Docker, 'get'>
  readonly clock: Clock
  readonly random: () => number
  /** Until the first message, with which the stream stands. */
  readonly deadlineMs: number
}

export type Watch = {
  /** What the watch tells until `signal` is aborted. Never throws for the engine: that is `closed`, and tried again. */
  readonly notices: (signal: AbortSignal) => AsyncIterable<WatchNotice>
  /** Ends the stream, which then is opened anew. */
  readonly restart: (why: Error) => void
}

/** A stream that stood for so long was a good one: the next attempt waits no longer than the first. */
const steadyMs = 10_000

/** Does nothing until its notices are asked for; one iteration at a time. */
export function createWatch(options: WatchOptions): Watch {
  let life = new AbortController()
  return {
    notices: (signal) =>
      attempts(options, signal, () => {
        life = new AbortController()
        return life
      }),
    restart: (why) => life.abort(why),
  }
}

async function* attempts(
  options: WatchOptions,
  signal: AbortSignal,
  begin: () => AbortController,
): AsyncIterable<WatchNotice> {
  const { clock, random, socketPath } = options
  let failures = 0
  while (!signal.aborted) {
    const life = begin()
    const end = () => life.abort(signal.reason)
    signal.addEventListener('abort', end)
    const startedAtMs = clock.nowMs()
    let wasOpen = false
    try {
      for await (const notice of readStream(options, life)) {
        wasOpen = true
        yield notice
      }
    } catch (cause) {
      failures = clock.nowMs() - startedAtMs >= steadyMs && wasOpen ? 1 : failures + 1
      if (!signal.aborted)
        yield { kind: 'closed', trouble: troubleOfWatch(cause, socketPath), wasOpen, failures }
    } finally {
      signal.removeEventListener('abort', end)
      life.abort()
    }
    await clock.sleep(backoffMs(failures, random()), signal)
  }
}

async function* readStream(
  { socketPath, docker, deadlineMs }: WatchOptions,
  life: AbortController,
): AsyncIterable<WatchNotice> {
  const late = new DeadlineError(`no first message within ${deadlineMs} ms`)
  let isOpen = false
  const timer = setTimeout(() => life.abort(late), deadlineMs)
  try {
    // Asked for each time: the root may have been rotated, and the node demoted.
    const trustRoot = await readTrustRoot(docker, life.signal)
    for await (const bytes of callWatch({ socketPath, trustRoot, kinds: watchedKinds }, life.signal)) {
      clearTimeout(timer)
      const told = readMessage(bytes)
      if (!isOpen) yield { kind: 'opened' }
      isOpen = true
      if (told.tasks.length > 0 || told.lists.length > 0) yield { kind: 'told', ...told }
    }
  } catch (error) {
    throw life.signal.aborted ? life.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
  throw new Error('the engine ended the stream')
}
