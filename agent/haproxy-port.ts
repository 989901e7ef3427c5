// HAProxy as the loop asks for it, made from the sockets, the files and the process.
// Owns the order of their steps. Refuses decisions: what to apply and when to reload is the loop's.

import { mkdir } from 'node:fs/promises'
import { ownSections } from './core/backend-name.ts'
import type { ConfigFault } from './core/culprit.ts'
import { AgentError } from './core/errors.ts'
import type { Observed } from './core/observed.ts'
import { fileNames } from './core/settings.ts'
import { apply } from './haproxy/apply.ts'
import { checkConfig } from './haproxy/check.ts'
import { createFiles, type Files as FileStore } from './haproxy/files.ts'
import { reload } from './haproxy/master.ts'
import { observe } from './haproxy/observe.ts'
import { createHaproxyProcess, type HaproxyProcess, type ProcessEvent } from './haproxy/process.ts'
import { type CommandCounts, createRuntime, type Runtime } from './haproxy/runtime.ts'
import { waitForWorker } from './haproxy/worker.ts'
import type { Files, HaproxyPort } from './reconcile/ports.ts'

export type HaproxyOptions = {
  readonly mode: 'managed' | 'attached'
  readonly binary: string
  readonly runDir: string
  readonly workerSocket: string
  readonly masterSocket: string
  /** The map's path as the configuration writes it. */
  readonly routesMap: string
  readonly onEvent: (event: ProcessEvent) => void
}

export type HaproxyEdge = HaproxyPort &
  AsyncDisposable & {
    /** Takes over what runs, or starts from the files that an earlier life left; does nothing where there is neither. */
    readonly resume: (signal: AbortSignal) => Promise<void>
    /** Ends a managed HAProxy, its sessions first; leaves an attached one alone. */
    readonly stop: (signal: AbortSignal) => Promise<void>
    readonly commandsSent: () => CommandCounts
  }

/** How long each step may take before it counts as failed. A reload lasts as long as the new worker reads its files. */
const deadlines = {
  runtimeMs: 5000,
  checkMs: 30_000,
  reloadMs: 30_000,
  workerMs: 10_000,
  startMs: 15_000,
} as const

/** How long a managed HAProxy may finish its sessions when the agent is told to end. */
const stopGraceMs = 30_000

const restart = { restartMs: 200, restartMaxMs: 5000 } as const

type Parts = {
  readonly options: HaproxyOptions
  readonly runtime: Runtime
  readonly store: FileStore
  readonly process: HaproxyProcess | undefined
  isRunning: boolean
  worker: Observed['worker'] | undefined
}

/** Opens the edge. Nothing is started or written before `resume` or the loop asks for it. */
export async function createHaproxyEdge(options: HaproxyOptions): Promise<HaproxyEdge> {
  const { mode, runDir, workerSocket } = options
  await makeFolder(runDir)
  const store = createFiles({ dir: runDir })
  await store.sweep([fileNames.config, fileNames.routes])
  const parts: Parts = {
    options,
    runtime: createRuntime({ socketPath: workerSocket, timeoutMs: deadlines.runtimeMs }),
    store,
    process: mode === 'managed' ? await manage(options) : undefined,
    isRunning: mode === 'attached',
    worker: undefined,
  }
  return {
    isRunning: () => parts.isRunning,
    observe: (signal) => look(parts, signal),
    apply: (actions, signal) => apply(parts.runtime, actions, options, signal),
    check: (files, signal) => check(parts, files, signal),
    save: async (files, signal) => {
      await store.write(files, signal)
    },
    start: (signal) => start(parts, signal),
    reload: (structure, signal) => load(parts, structure, signal),
    resume: (signal) => resume(parts, signal),
    stop: (signal) => stop(parts, signal),
    commandsSent: parts.runtime.commandsSent,
    [Symbol.asyncDispose]: async () => {
      await parts.runtime[Symbol.asyncDispose]()
      await parts.process?.[Symbol.asyncDispose]()
    },
  }
}

/** HAProxy's group may look in; nobody else may. */
async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o750 })
  } catch (cause) {
    throw noFolder(dir, cause)
  }
}

function noFolder(dir: string, cause: unknown): AgentError {
  return new AgentError('files-unwritable', `the run folder ${dir} cannot be made: ${String(cause)}`, {
    hint: 'Make it, or name another one with --run-dir.',
    cause,
  })
}

function manage(options: HaproxyOptions): Promise<HaproxyProcess> {
  const { binary, runDir, workerSocket, masterSocket, onEvent } = options
  return createHaproxyProcess({
    binary,
    configFile: `${runDir}/${fileNames.config}`,
    workerSocket,
    masterSocket,
    logFile: `${runDir}/haproxy.log`,
    startTimeoutMs: deadlines.startMs,
    stopGraceMs,
    ...restart,
    onEvent,
  })
}

async function look(parts: Parts, signal: AbortSignal): Promise<Observed> {
  const { runtime, options } = parts
  const observed = await observe(
    runtime,
    { routesMap: options.routesMap, ignoreBackends: ownSections },
    signal,
  )
  if (!observed.worker.stopping) {
    parts.worker = observed.worker
    return observed
  }
  // Somebody else reloaded: this connection is still the old worker's.
  await runtime.reset()
  throw new AgentError(
    'runtime-unreachable',
    `worker ${observed.worker.pid} is stopping: HAProxy was reloaded`,
    {
      hint: 'The agent connects to the new worker.',
    },
  )
}

/** The map must stand where the candidate names it; the one in use is left as it is. */
async function check(parts: Parts, files: Files, signal: AbortSignal) {
  const { options, store } = parts
  const beside = new Map(files)
  beside.delete(fileNames.config)
  if ((await store.read(fileNames.routes, signal)) !== undefined) beside.delete(fileNames.routes)
  await store.write(beside, signal)
  const result = await checkConfig(
    files.get(fileNames.config) ?? '',
    { binary: options.binary, configFile: store.path(fileNames.config), timeoutMs: deadlines.checkMs },
    signal,
  )
  return result.kind === 'sound' ? [] : result.faults
}

async function resume(parts: Parts, signal: AbortSignal): Promise<void> {
  const { process, store } = parts
  if (process === undefined) return
  const config = await store.read(fileNames.config, signal)
  if (config === undefined) return
  const faults = await check(parts, new Map([[fileNames.config, config]]), signal)
  if (faults.length > 0) throw unsound(store.path(fileNames.config), faults)
  await process.start(signal)
  parts.isRunning = true
}

function unsound(path: string, faults: readonly ConfigFault[]): AgentError {
  const message = `${path}, left by an earlier run, does not check: ${faults.map((fault) => fault.text).join('; ')}`
  return new AgentError('config-rejected', message, {
    hint: 'HAProxy is started as soon as Docker says what to run.',
  })
}

/** An HAProxy that was found running, though the loop knew of none, still has to be given the files. */
async function start(parts: Parts, signal: AbortSignal): Promise<void> {
  const started = await parts.process?.start(signal)
  parts.isRunning = true
  if (started?.how === 'adopted') await load(parts, undefined, signal)
}

/** A worker that is told to end waits for its last session, and the agent's own connection is one. */
async function stop({ runtime, process }: Parts, signal: AbortSignal): Promise<void> {
  if (process === undefined) return
  await runtime.reset()
  await process.stop(signal)
}

async function load(parts: Parts, structure: string | undefined, signal: AbortSignal): Promise<void> {
  const { options, runtime, worker } = parts
  const master = { socketPath: options.masterSocket, timeoutMs: deadlines.reloadMs }
  const verdict = await reload(master, signal)
  if (!verdict.done) {
    const alerts = verdict.log.filter((line) => line.startsWith('[ALERT]'))
    const said = (alerts.length > 0 ? alerts : verdict.log).join('; ')
    throw new AgentError('reload-failed', `HAProxy refused to reload: ${said || 'it gave no reason'}`, {
      hint: 'What ran before goes on. Look for an address that another program listens on.',
    })
  }
  const expected = {
    ...(worker === undefined ? {} : { previousPid: worker.pid }),
    ...(structure === undefined ? {} : { structure }),
  }
  await waitForWorker(runtime, expected, deadlines.workerMs, signal)
}
