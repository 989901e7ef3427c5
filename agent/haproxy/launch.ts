// Getting a running HAProxy: one that is there already, or a new one.
// Owns the command line, and the wait until both sockets answer. Refuses to watch what it got (process.ts).

import { AgentError, isAgentError } from '../core/errors.ts'
import { readBinaryVersion } from './binary.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { LogFile } from './log-file.ts'
import { showProcesses } from './master.ts'
import { type Identity, identify, killGroup, waitForEnd } from './pid.ts'
import { retry } from './retry.ts'
import { createRuntime } from './runtime.ts'
import { errorCode, errorText } from './socket-error.ts'
import { startDetached } from './spawn.ts'
import { askWorker, waitForWorker } from './worker.ts'

export type Sockets = { readonly masterSocket: string; readonly workerSocket: string }

export type LaunchOptions = Sockets & {
  readonly binary: string
  /** Written and checked before HAProxy is started. */
  readonly configFile: string
  /** How long HAProxy may take until both sockets answer. */
  readonly startTimeoutMs: number
}

/** A master process. `ended` resolves with true when it is gone, with false when the signal is aborted first. */
export type Running = {
  readonly identity: Identity
  readonly ended: (signal: AbortSignal) => Promise<boolean>
}

/** How long a process may take to say who it is. */
const answerTimeoutMs = 5000

/**
 * The HAProxy that an earlier agent left running; undefined if there is none.
 * @throws AgentError `haproxy-start-failed` when it answers as a master and yet cannot be taken over,
 *   `master-unreachable` when only its worker answers
 */
export async function adopt(options: LaunchOptions, signal: AbortSignal): Promise<Running | undefined> {
  const pid = await findMaster(options, signal)
  if (pid === undefined) return undefined
  const identity = await identify(pid)
  if (identity === undefined) {
    const message = `the HAProxy on ${options.masterSocket} says that it is process ${pid}, which is not here`
    throw new AgentError('haproxy-start-failed', message, {
      hint: 'It runs in another container: use attached mode, or give this agent a master socket of its own.',
    })
  }
  await waitForHaproxy(options, options.startTimeoutMs, signal)
  return { identity, ended: (letGo) => waitForEnd(identity, letGo) }
}

/**
 * A master that is loading a new configuration refuses connections until it has read it, for seconds where that is
 * large, while its worker answers all the time. To start another HAProxy then would be a disaster: both would listen on
 * the same port, and half of the requests would go to one that no agent knows.
 */
function findMaster(options: LaunchOptions, signal: AbortSignal): Promise<number | undefined> {
  const { masterSocket, workerSocket, startTimeoutMs } = options
  const attempt = async (either: AbortSignal) => {
    const pid = await masterPid(masterSocket, either)
    if (pid !== undefined || !(await isWorkerThere(workerSocket, either))) return pid
    throw new AgentError(
      'master-unreachable',
      `a worker answers on ${workerSocket}, and no master on ${masterSocket}`,
      { hint: 'If HAProxy is not reloading, end it: it was started without a master, or lost it.' },
    )
  }
  return retry(attempt, { timeoutMs: startTimeoutMs, passing: ['master-unreachable'] }, signal)
}

async function masterPid(socketPath: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const { master } = await showProcesses({ socketPath, timeoutMs: answerTimeoutMs }, signal)
    return master.pid
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw error
  }
}

/** One that is stuck is there as well. */
async function isWorkerThere(socketPath: string, signal: AbortSignal): Promise<boolean> {
  await using runtime = createRuntime({ socketPath, timeoutMs: answerTimeoutMs })
  try {
    await askWorker(runtime, signal)
    return true
  } catch (error) {
    signal.throwIfAborted()
    return !isNobodyThere(error)
  }
}

/** No socket, or one that a dead HAProxy left behind. HAProxy itself replaces such a file when it starts. */
function isNobodyThere(error: unknown): boolean {
  return isAgentError(error) && ['ENOENT', 'ECONNREFUSED'].includes(errorCode(error.cause) ?? '')
}

/**
 * Starts HAProxy in master-worker mode and waits until it serves.
 * @throws AgentError `haproxy-start-failed` with HAProxy's own lines, `haproxy-missing`, `haproxy-too-old`
 */
export async function launch(options: LaunchOptions, log: LogFile, signal: AbortSignal): Promise<Running> {
  capabilitiesOf(await readBinaryVersion(options.binary, signal))
  const logStart = await log.size()
  const args = ['-W', '-S', `${options.masterSocket},mode,600`, '-f', options.configFile]
  const { pid, ended } = await startDetached(options.binary, args, log.fd)
  // A child stays a zombie until Node has seen it end, so this is the child.
  const identity = await identify(pid)
  const death = new AbortController()
  const dead = ended.then((how) => death.abort(how))
  try {
    await waitForHaproxy(options, options.startTimeoutMs, AbortSignal.any([signal, death.signal]))
    if (identity === undefined) throw new Error('it was gone at once')
    return { identity, ended: (letGo) => Promise.race([dead.then(() => true), aborted(letGo)]) }
  } catch (error) {
    if (identity !== undefined) await killGroup(identity)
    signal.throwIfAborted()
    const what = death.signal.aborted ? `it ended with ${String(death.signal.reason)}` : errorText(error)
    throw startFailed(options, what, await log.linesFrom(logStart), error)
  }
}

/**
 * Waits until a worker answers on its socket, and its master on the other.
 * @throws AgentError `haproxy-start-failed` that names the socket, when the time is over
 */
export async function waitForHaproxy(
  sockets: Sockets,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await using runtime = createRuntime({ socketPath: sockets.workerSocket, timeoutMs })
    await waitForWorker(runtime, {}, timeoutMs, signal)
    // The master listens a moment after its worker does (3.0).
    const ask = (either: AbortSignal) =>
      showProcesses({ socketPath: sockets.masterSocket, timeoutMs }, either)
    await retry(ask, { timeoutMs, passing: ['master-unreachable'] }, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw notThere(timeoutMs, error)
  }
}

function notThere(timeoutMs: number, cause: unknown): AgentError {
  const message = `HAProxy did not answer within ${timeoutMs} ms: ${errorText(cause)}`
  return new AgentError('haproxy-start-failed', message, {
    hint: 'Start HAProxy with `-W`, `-S` and a `stats socket` at the paths that the agent is told.',
    cause,
  })
}

function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false)
    signal.addEventListener('abort', () => resolve(false), { once: true })
  })
}

function startFailed(
  { configFile }: LaunchOptions,
  what: string,
  log: readonly string[],
  cause: unknown,
): AgentError {
  const alerts = log.filter((line) => /^\[(ALERT|EMERG)\]/.test(line))
  const said = (alerts.length > 0 ? alerts : log).slice(-5)
  const message = [`HAProxy did not start from ${configFile}: ${what}`, ...said].join('\n')
  return new AgentError('haproxy-start-failed', message, {
    hint: 'HAProxy’s own lines name it: a port in use, a missing file, a limit that is too low.',
    cause,
  })
}
