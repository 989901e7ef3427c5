// HAProxy as the loop asks for it, made from the sockets, the files and the process.
// Owns the order of their steps. Refuses decisions: what to apply and when to reload is the loop's.

import { mkdir } from 'node:fs/promises'
import { ownSections } from './core/backend-name.ts'
import type { ConfigFault } from './core/culprit.ts'
import { AgentError } from './core/errors.ts'
import type { Observed } from './core/observed.ts'
import type { Routing, Sources } from './core/routing.ts'
import { fileNames, type LivePaths, limits } from './core/settings.ts'
import { apply, type PemOf } from './haproxy/apply.ts'
import { capabilitiesOf, parseVersion } from './haproxy/capabilities.ts'
import { type PemSource, pruneCertificates, writeCertificates } from './haproxy/certificate-files.ts'
import { checkConfig } from './haproxy/check.ts'
import { createFiles, type Files as FileStore } from './haproxy/files.ts'
import { reload } from './haproxy/master.ts'
import { observe } from './haproxy/observe.ts'
import { createHaproxyProcess, type HaproxyProcess, type ProcessEvent } from './haproxy/process.ts'
import { type CommandCounts, createRuntime, type Runtime } from './haproxy/runtime.ts'
import { waitForWorker } from './haproxy/worker.ts'
import type { Files, FilesInPieces, HaproxyPort } from './reconcile/ports.ts'

export type HaproxyOptions = LivePaths & {
  readonly mode: 'managed' | 'attached'
  readonly binary: string
  readonly runDir: string
  readonly workerSocket: string
  readonly masterSocket: string
  /** Where certificates with their keys are had from. */
  readonly pems: PemSource
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
  await store.sweep([fileNames.config, `${fileNames.certificates}/a`])
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
    apply: (actions, signal) => apply(parts.runtime, actions, { ...options, pemOf: pemFor(parts) }, signal),
    check: (files, certificates, signal) => check(parts, files, certificates, signal),
    save: (files, sources, signal) => save(parts, files, sources, signal),
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
  const observed = await observe(runtime, { ...options, ignoreBackends: ownSections }, signal)
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

/** What surely fits into HAProxy's buffer together with its command. */
const shortPayloadBytes = 12_000

/** A PEM that HAProxy takes on its socket: with neither empty lines nor carriage returns; undefined for one too long. */
function pemFor({ options, worker }: Parts): PemOf {
  const isLong = worker !== undefined && capabilitiesOf(parseVersion(worker.version)).longPayloads
  const most = isLong ? limits.payloadBytes : shortPayloadBytes
  return ({ certificate, key }) => {
    const pem = options.pems.pem(certificate, key)?.toString('latin1').replaceAll('\r', '')
    const text = pem?.replaceAll(/\n{2,}/g, '\n').trim()
    return text === undefined || text.length > most ? undefined : text
  }
}

async function save(
  { store, options }: Parts,
  files: Files | FilesInPieces,
  sources: Sources,
  signal: AbortSignal,
): Promise<void> {
  await writeCertificates(store, options.pems, sources.certificates, signal)
  await store.write(files, signal)
  await pruneCertificates(store, options.pems, sources)
}

/**
 * Maps must stand where the candidate names them; those in use are left as they are. The list of certificates is checked
 * as it would be, under another name: of all files that the configuration names, only that can make it fail.
 */
async function check(
  parts: Parts,
  files: Files,
  certificates: Routing['certificates'],
  signal: AbortSignal,
): Promise<readonly ConfigFault[]> {
  const { options, store } = parts
  const beside = new Map(files)
  beside.delete(fileNames.config)
  for (const name of [fileNames.routes, fileNames.redirects, fileNames.certificatesList])
    if ((await store.read(name, signal)) !== undefined) beside.delete(name)
  await writeCertificates(store, options.pems, certificates, signal)
  const config = files.get(fileNames.config) ?? ''
  const list = files.get(fileNames.certificatesList)
  if (list !== undefined) beside.set(candidateList, list)
  await store.write(beside, signal)
  const { certificatesList } = options
  const result = await checkConfig(
    list === undefined || certificatesList === undefined
      ? config
      : config.replaceAll(certificatesList, store.path(candidateList)),
    { binary: options.binary, configFile: store.path(fileNames.config), timeoutMs: deadlines.checkMs },
    signal,
  ).finally(() => store.remove(candidateList))
  return result.kind === 'sound' ? [] : result.faults
}

const candidateList = 'candidate.list'

async function resume(parts: Parts, signal: AbortSignal): Promise<void> {
  const { process, store } = parts
  if (process === undefined) return
  const config = await store.read(fileNames.config, signal)
  if (config === undefined) return
  const faults = await check(parts, new Map([[fileNames.config, config]]), new Map(), signal)
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
