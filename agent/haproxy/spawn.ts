// Child processes. The one file in the agent that imports node:child_process.
// Owns how a program is run to its end, and how one is started that outlives the agent. Refuses shells.

import { type ChildProcess, spawn } from 'node:child_process'
import { AgentError } from '../core/errors.ts'
import { errorCode, errorText } from './socket-error.ts'

export type Outcome = {
  /** Undefined when a signal ended the program. */
  readonly exitCode: number | undefined
  /** Both streams as they came, cut at `outputLengthMax`. */
  readonly output: string
}

const outputLengthMax = 1024 * 1024

/**
 * Runs a program to its end.
 * @throws AgentError `haproxy-missing` when it cannot be started
 * @throws the signal's reason, the program being killed, when the signal is aborted first
 */
export function runProgram(binary: string, args: readonly string[], signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' })
    let output = ''
    const keep = (text: string) => {
      output += text.slice(0, outputLengthMax - output.length)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.once('error', (error) => reject(signal.aborted ? signal.reason : notStarted(binary, error)))
    child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? undefined, output }))
  })
}

export type Detached = {
  readonly pid: number
  /** Resolves when the process has ended, with how. Never rejects. */
  readonly ended: Promise<string>
}

/**
 * Starts a program that goes on when the agent is gone: in a process group of its own, with the agent's standard
 * output, and with its standard error in a file, because a pipe to the agent would break with it.
 * @throws AgentError `haproxy-missing` when it cannot be started
 */
export function startDetached(binary: string, args: readonly string[], stderrFd: number): Promise<Detached> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { detached: true, stdio: ['ignore', 'inherit', stderrFd] })
    child.once('error', (error) => reject(notStarted(binary, error)))
    child.once('spawn', () => {
      child.unref()
      resolve({ pid: child.pid ?? 0, ended: endOf(child) })
    })
  })
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit status ${code}` : signal))
  })
}

function notStarted(binary: string, error: Error): AgentError {
  const missing = errorCode(error) === 'ENOENT'
  return new AgentError('haproxy-missing', `${binary} cannot be started: ${errorText(error)}`, {
    hint: missing
      ? 'Install HAProxy 3.0 or later, or say where it is.'
      : 'Check that the file is an HAProxy that this user may execute.',
    cause: error,
  })
}
