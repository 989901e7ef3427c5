// Which task had which address, and until when it could answer.
// Owns the history of tasks that the simulated Swarm told of. Pure.

import type { Commit } from './delays.ts'

export type TaskCommit = Commit & { readonly address: string }

export type Ledger = {
  readonly take: (commit: TaskCommit) => void
  readonly commits: () => readonly TaskCommit[]
  /** Ids of the tasks that run now and are meant to. */
  readonly running: () => ReadonlySet<string>
  /** When Swarm decided to stop the task that had the address at a time, or it ended; undefined while it runs on. */
  readonly stoppedMs: (address: string, atMs: number) => number | undefined
}

export function createLedger(): Ledger {
  const commits: TaskCommit[] = []
  const running = new Set<string>()
  return {
    take: (commit) => {
      commits.push(commit)
      if (commit.is === 'running') running.add(commit.id)
      else running.delete(commit.id)
    },
    commits: () => commits,
    running: () => running,
    stoppedMs: (address, atMs) => {
      const began = commits.findLast(
        (each) => each.address === address && each.is === 'running' && each.atMs <= atMs,
      )
      return commits.find((each) => each.id === began?.id && each.is === 'stopping')?.atMs
    },
  }
}

/** Something that was open for long, and was cut. Times since the epoch. */
export type Cut = { readonly address: string; readonly openedMs: number; readonly atMs: number }

/**
 * True where it was cut although its task could still have served it: before the SIGTERM, which comes `warningMs` after
 * the decision at the earliest.
 */
export function isCutAlive({ address, openedMs, atMs }: Cut, ledger: Ledger, warningMs: number): boolean {
  const stoppedMs = ledger.stoppedMs(address, openedMs)
  return stoppedMs === undefined || atMs < stoppedMs + warningMs
}
