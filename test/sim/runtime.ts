// What a node's container runtime does for the simulator: the small interface behind which tasks run.
// Owns the types, and the runtime that runs nothing. Refuses states of tasks (worker.ts).

import type { AppOptions } from './app.ts'

export type Listen = { readonly host: string; readonly port: number }

export type ContainerOptions = Omit<AppOptions, 'exit'> & { readonly listen: readonly Listen[] }

export type Exit = { readonly code: number }

export type ContainerSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'

export type Container = {
  readonly pid: number
  /** Resolves when the process is gone and its sockets are closed. Never rejects. */
  readonly exited: Promise<Exit>
  readonly healthy: () => boolean
  readonly signal: (name: ContainerSignal) => void
}

export type Runtime = AsyncDisposable & {
  /** Resolves once the process listens. Rejects if it cannot. */
  readonly start: (options: ContainerOptions) => Promise<Container>
}

export const runtimeKinds = ['in-process', 'process', 'none'] as const

/**
 * `in-process`: cheap servers in the simulator's own process; `process`: a real child process a task, killed with
 * real signals; `none`: nothing runs and nothing listens, for the biggest benches.
 */
export type RuntimeKind = (typeof runtimeKinds)[number]

/** A runtime of containers that only pretend to run. */
export function createEmptyRuntime(): Runtime {
  return {
    start: () => Promise.resolve(createEmptyContainer()),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function createEmptyContainer(): Container {
  let exit: (how: Exit) => void = () => undefined
  const exited = new Promise<Exit>((resolve) => (exit = resolve))
  return {
    pid: 0,
    exited,
    healthy: () => true,
    signal: (name) => {
      if (name === 'SIGTERM') exit({ code: 0 })
      if (name === 'SIGKILL') exit({ code: 137 })
    },
  }
}
