// The containers that were told to stop: the list shows them as running until their process has ended.
// Owns how long that is believed. Refuses sockets.

import { taskIdOf } from './membership.ts'
import type { Container } from './read-container.ts'

export type Stops = {
  /** Events say that a container was told to stop. */
  readonly note: (taskId: string, nowMs: number) => void
  /** It has been started since. */
  readonly forget: (taskId: string) => void
  /** Events may have been missed. */
  readonly forgetAll: () => void
  /** Takes a list: what does not run there needs no note, and what runs on for very long was not stopped after all. */
  readonly compare: (containers: readonly Container[], nowMs: number) => void
  /** The containers, by their tasks' ids; another set whenever one comes or goes. */
  readonly all: () => ReadonlySet<string>
}

/** `docker stop` waits 10 s before it kills, and longer if asked to; a signal that is ignored is forgotten after this. */
export const stoppingMaxMs = 600_000

/** As many are remembered. */
const stopsMax = 10_000

export function createStops(): Stops {
  const since = new Map<string, number>()
  let all: ReadonlySet<string> = new Set()
  const remove = (taskId: string) => {
    if (since.delete(taskId)) all = new Set(since.keys())
  }
  return {
    note: (taskId, nowMs) => {
      if (since.has(taskId) || since.size >= stopsMax) return
      since.set(taskId, nowMs)
      all = new Set(since.keys())
    },
    forget: remove,
    forgetAll: () => {
      for (const taskId of [...since.keys()]) remove(taskId)
    },
    compare: (containers, nowMs) => {
      if (since.size === 0) return
      const running = new Set(containers.filter(isRunning).map(({ containerId }) => taskIdOf(containerId)))
      for (const [taskId, sinceMs] of [...since]) {
        if (!running.has(taskId) || nowMs - sinceMs >= stoppingMaxMs) remove(taskId)
      }
    },
    all: () => all,
  }
}

function isRunning({ state }: Container): boolean {
  return state === 'running' || state === 'paused'
}
