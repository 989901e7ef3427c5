// The agent as its users run it: a process of its own, with its log kept.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'

export type AgentProcess = AsyncDisposable & {
  readonly child: ChildProcess
  /** Its log so far: one parsed line each. */
  readonly log: readonly LogLine[]
  /** Waits for a log line with this message. */
  readonly logged: (message: string, timeoutMs?: number) => Promise<LogLine>
  readonly kill: (signal: NodeJS.Signals) => Promise<void>
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: unknown }

const sources = ['--import', 'tsx', fileURLToPath(new URL('../../agent/main.ts', import.meta.url))]

/** Starts `tidegate run` with these settings, by flag name; from the sources unless Node is to run something else. */
export function startAgentProcess(
  flags: Readonly<Record<string, string>>,
  program: readonly string[] = sources,
): AgentProcess {
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
  const child = spawn(process.execPath, [...program, 'run', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const log: LogLine[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null) log.push({ ...parsed })
  })
  const ended = once(child, 'exit')
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return {
    child,
    log,
    logged: (message, timeoutMs = 15_000) =>
      eventually(() => log.find((line) => line.msg === message), { timeoutMs }),
    kill,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) await kill('SIGTERM')
    },
  }
}
