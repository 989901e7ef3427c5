// When a task's server was first seen open, and when closed after that, by HAProxy's own word.
// Owns the looks, one at a time. A contender's line is the reason to look, and its time counts for the servers that it
// names, if HAProxy confirms it; any other server counts from the moment at which HAProxy's answer was here.

import { setTimeout as wait } from 'node:timers/promises'
import { type OpenServers, readOpenServers } from './haproxy.ts'
import { type ContenderLog, changed, namedIn } from './log.ts'

/** Times since the epoch; a task's server that was never seen so has none. */
export type Seen = { openMs?: number; closedMs?: number }

export type Observer = AsyncDisposable & {
  /** By task id. */
  readonly seen: ReadonlyMap<string, Seen>
  /** Looks now; resolves to the task ids whose servers are open. */
  readonly look: () => Promise<ReadonlySet<string>>
}

export type ObserverOptions = {
  readonly socketPath: string
  readonly log: ContenderLog
  /** Looks no oftener than this. A look at many servers is work for the measured HAProxy. */
  readonly gapMs?: number
  /** Looks at these backends only. */
  readonly backends?: readonly string[]
}

/** A server's name ends in its task's id. */
export function taskOf(server: string): string {
  return server.slice(server.lastIndexOf('.') + 1)
}

/** A worker that is being replaced may close the connection without an answer. */
const retryMs = 20

export function createObserver({ socketPath, log, gapMs = 0, backends }: ObserverOptions): Observer {
  const seen = new Map<string, Seen>()
  const told = new Map<string, number>()
  const stop = new AbortController()
  let open: OpenServers = new Set()
  let isWanted = false
  let working: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  const lookOnce = async () => {
    const now = await readOpenServers(socketPath, backends)
    note(seen, { before: open, now, told, atMs: Date.now() })
    open = now
  }
  const inTurn = () => {
    last = last.catch(() => undefined).then(lookOnce)
    return last
  }
  const work = async () => {
    while (isWanted && !stop.signal.aborted) {
      isWanted = false
      try {
        await inTurn()
      } catch {
        isWanted = true
        await wait(retryMs)
      }
      if (gapMs > 0) await wait(gapMs)
    }
    working = undefined
  }
  log.onLine((line) => {
    if (!changed.has(line.msg)) return
    for (const { server, is } of namedIn(line)) told.set(`${is} ${server}`, line.atMs)
    isWanted = true
    working ??= work()
  })
  return {
    seen,
    look: async () => {
      await inTurn()
      return new Set([...open].map(taskOf))
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await working
      await last.catch(() => undefined)
    },
  }
}

type Look = {
  readonly before: OpenServers
  readonly now: OpenServers
  /** When the contender said so of a server: `open name`, `closed name`. */
  readonly told: ReadonlyMap<string, number>
  readonly atMs: number
}

/** Takes down what is new since the last look. Only the first opening and the closing after it count. */
export function note(seen: Map<string, Seen>, { before, now, told, atMs }: Look): void {
  for (const server of now) {
    if (before.has(server) || seen.has(taskOf(server))) continue
    seen.set(taskOf(server), { openMs: told.get(`open ${server}`) ?? atMs })
  }
  for (const server of before) {
    const facts = seen.get(taskOf(server))
    if (now.has(server) || facts === undefined || facts.closedMs !== undefined) continue
    facts.closedMs = told.get(`closed ${server}`) ?? atMs
  }
}
