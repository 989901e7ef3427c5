// A program in a process of its own: its lines, its messages, its end.
// Owns the child. Refuses to know what it says: lines are text, messages are unknown.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

export type Child = AsyncDisposable & {
  readonly pid: number
  readonly onLine: (listener: (line: string) => void) => void
  readonly onMessage: (listener: (message: unknown) => void) => void
  readonly send: (message: object) => void
  /** Resolves when it is gone, whatever the reason. */
  readonly ended: Promise<void>
  /** SIGKILL, and gone. */
  readonly kill: () => Promise<void>
}

export type ChildOptions = {
  readonly file: string
  readonly args: readonly string[]
}

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** How long a program may take to end by itself once its channel is closed. */
const endTimeoutMs = 8000

/**
 * Starts a program. It is a group of its own, so that Ctrl-C reaches the bench alone; a TypeScript file is loaded as it
 * stands. The end of the channel tells it that the bench is gone.
 */
export function startChild({ file, args }: ChildOptions): Child {
  const loading = file.endsWith('.ts') ? ['--import', loader] : []
  const child = spawn(process.execPath, [...loading, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  })
  const ended = endOf(child)
  if (child.stdout === null) throw new Error('a child without an output')
  const lines = createInterface({ input: child.stdout })
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    pid: child.pid ?? 0,
    onLine: (listener) => void lines.on('line', listener),
    onMessage: (listener) => void child.on('message', listener),
    send: (message) => void child.send(message),
    ended,
    kill,
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect()
      const late = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs)
      await ended
      clearTimeout(late)
    },
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  // A program that could not be started tells of it, and never exits.
  await Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined)
}

/** What a promise resolves to; rejects as soon as the child is gone. */
export function whileAlive<T>(child: Child, what: string, work: Promise<T>): Promise<T> {
  const died = child.ended.then(() => Promise.reject(new Error(`${what} has ended`)))
  died.catch(() => undefined)
  return Promise.race([work, died])
}
