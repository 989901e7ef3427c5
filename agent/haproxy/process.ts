// HAProxy as the agent's own: started in master-worker mode, adopted, watched, started again, stopped.
// Owns the master process. Refuses to end HAProxy when the agent ends, unless it is told to: traffic outlives the agent.

import { type AgentError, assert, isAgentError } from '../core/errors.ts'
import { deadlineFor } from './deadline.ts'
import { adopt, type LaunchOptions, launch, type Running } from './launch.ts'
import { type LogFile, openLogFile } from './log-file.ts'
import { killGroup, signalProcess, waitForEnd } from './pid.ts'
import { rest } from './rest.ts'

export type ProcessOptions = LaunchOptions & {
  /** Takes HAProxy's standard error, for the agent to read. */
  readonly logFile: string
  /** How long sessions may last after `stop`, before they are cut. */
  readonly stopGraceMs: number
  /** First wait before HAProxy is started again; doubles up to `restartMaxMs` while it does not stay up. */
  readonly restartMs: number
  readonly restartMaxMs: number
  readonly onEvent: (event: ProcessEvent) => void
}

export type ProcessEvent =
  | { readonly kind: 'output'; readonly lines: readonly string[] }
  | { readonly kind: 'died'; readonly pid: number; readonly restartMs: number }
  | { readonly kind: 'restarted'; readonly pid: number }
  | { readonly kind: 'restart-failed'; readonly error: AgentError; readonly restartMs: number }

export type Started = { readonly pid: number; readonly how: 'started' | 'adopted' }

export type HaproxyProcess = AsyncDisposable & {
  /**
   * Adopts the HAProxy that answers on the master socket, or starts one, and watches it from then on. Call it once.
   * @throws AgentError `haproxy-start-failed` with what HAProxy said, `haproxy-missing`
   */
  readonly start: (signal: AbortSignal) => Promise<Started>
  /**
   * Ends HAProxy: lets sessions finish for `stopGraceMs`, then ends them, then kills. The signal cuts the grace short.
   */
  readonly stop: (signal: AbortSignal) => Promise<void>
}

type State = {
  readonly options: ProcessOptions
  readonly log: LogFile
  /** Aborted when the agent lets go of HAProxy, or stops it. */
  readonly letGo: AbortController
  running: Running | undefined
  /** The watching and the reading of the log. */
  watching: Promise<unknown>
}

const logLookMs = 200
/** How long the master may take to end its workers at SIGTERM. */
const terminateMs = 2000

/** @throws AgentError `files-unwritable` when the log file cannot be opened */
export async function createHaproxyProcess(options: ProcessOptions): Promise<HaproxyProcess> {
  const log = await openLogFile(options.logFile)
  const state: State = {
    options,
    log,
    letGo: new AbortController(),
    running: undefined,
    watching: Promise.resolve(),
  }
  return {
    start: (signal) => start(state, signal),
    stop: (signal) => stop(state, signal),
    [Symbol.asyncDispose]: async () => {
      state.letGo.abort()
      await state.watching
      await log[Symbol.asyncDispose]()
    },
  }
}

async function start(state: State, signal: AbortSignal): Promise<Started> {
  assert(state.running === undefined && !state.letGo.signal.aborted, 'HAProxy was started twice')
  const adopted = await adopt(state.options, signal)
  state.running = adopted ?? (await launch(state.options, state.log, signal))
  state.watching = Promise.all([watch(state), followLog(state)])
  return { pid: state.running.identity.pid, how: adopted === undefined ? 'started' : 'adopted' }
}

/** Starts HAProxy again from the files on disk whenever it dies, until it is let go. */
async function watch(state: State): Promise<void> {
  const { options, letGo } = state
  let waitMs = options.restartMs
  while (state.running !== undefined) {
    const { identity } = state.running
    const sinceMs = performance.now()
    if (!(await state.running.ended(letGo.signal))) return
    if (performance.now() - sinceMs > options.restartMaxMs) waitMs = options.restartMs
    options.onEvent({ kind: 'died', pid: identity.pid, restartMs: waitMs })
    // Workers end by themselves when their master is gone; one that hangs would keep the ports.
    await killGroup(identity)
    state.running = await restart(state, waitMs)
    waitMs = Math.min(options.restartMaxMs, waitMs * 2)
  }
}

async function restart(state: State, firstWaitMs: number): Promise<Running | undefined> {
  const { options, log, letGo } = state
  let waitMs = firstWaitMs
  for (;;) {
    await rest(waitMs, letGo.signal)
    if (letGo.signal.aborted) return undefined
    try {
      const running = await launch(options, log, letGo.signal)
      options.onEvent({ kind: 'restarted', pid: running.identity.pid })
      return running
    } catch (error) {
      if (letGo.signal.aborted) return undefined
      if (!isAgentError(error)) throw error
      waitMs = Math.min(options.restartMaxMs, waitMs * 2)
      options.onEvent({ kind: 'restart-failed', error, restartMs: waitMs })
    }
  }
}

async function followLog({ options, log, letGo }: State): Promise<void> {
  while (!letGo.signal.aborted) {
    await rest(logLookMs, letGo.signal)
    const lines = await log.nextLines()
    if (lines.length > 0) options.onEvent({ kind: 'output', lines })
  }
}

async function stop(state: State, signal: AbortSignal): Promise<void> {
  state.letGo.abort()
  await state.watching
  if (state.running === undefined) return
  const { identity } = state.running
  // SIGUSR1 to the master is a soft stop: no new connections, and it ends with its last worker (management guide, 4).
  await signalProcess(identity, 'SIGUSR1')
  using grace = deadlineFor(signal, state.options.stopGraceMs)
  if (await waitForEnd(identity, grace.signal)) return
  await signalProcess(identity, 'SIGTERM')
  if (await waitForEnd(identity, AbortSignal.timeout(terminateMs))) return
  await killGroup(identity)
}
