// What each command does, from settings in force to an exit code.
// Owns which question goes to whom. Refuses flags (program.ts) and wording (the *-text.ts files).

import { computeRouting } from '../core/desired.ts'
import { AgentError } from '../core/errors.ts'
import type { Observed } from '../core/observed.ts'
import { planChanges } from '../core/plan.ts'
import { type Routing, sourcesOf } from '../core/routing.ts'
import { fileNames } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { listText, quote } from '../core/text.ts'
import { checkedOf, checkLines, isAtFault } from './check-text.ts'
import { count, type Paint, textOfLines } from './paint.ts'
import { planData, planLines, startData, startLines } from './plan-text.ts'
import type { CliPorts, Files } from './ports.ts'
import { awaitBackends } from './reach.ts'
import type { Settings } from './settings.ts'

/** The program's exit codes. `interrupted` is the shell's own for a program that Ctrl-C ended. */
export const exitCodes = { ok: 0, problems: 1, usage: 2, trouble: 3, interrupted: 130 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** One call of a command. */
export type Call = {
  readonly ports: CliPorts
  readonly settings: Settings
  readonly paint: Paint
  readonly signal: AbortSignal
  readonly isJson: boolean
  /** `--snapshot`: a file, or `-` for standard input; undefined for the engine. */
  readonly snapshotFile: string | undefined
}

/** `tidegate run` */
export async function run({ ports, settings, signal }: Call): Promise<ExitCode> {
  await ports.run(settings, signal)
  return exitCodes.ok
}

/** `tidegate snapshot` */
export async function snapshot(call: Call): Promise<ExitCode> {
  printJson(call, await readSnapshot(call))
  return exitCodes.ok
}

export type RenderOptions = {
  readonly file: string | undefined
  readonly outDir: string | undefined
  /** Whether to wait until the backends can be reached. */
  readonly isPatient: boolean
}

/** How long backends are waited for: an overlay network stands within a second or two. */
const reachableMs = 3000

/**
 * `tidegate render`
 * @throws AgentError `settings-invalid` where there is no such file
 */
export async function render(call: Call, options: RenderOptions): Promise<ExitCode> {
  const { ports, settings, signal, isJson } = call
  const { routing } = await route(call)
  // What is printed is seen by whoever sees the terminal: no hash of a password is.
  const files = (await ports.createRenderer(settings, options.outDir === undefined)).render(routing)
  const { problems } = routing
  if (options.outDir !== undefined) {
    const written = await ports.writeFiles(options.outDir, files, sourcesOf(routing), signal)
    if (options.isPatient) await reach(call, routing)
    if (isJson) printJson(call, { written, problems })
    else printLines(call, written.length === 0 ? ['nothing changed'] : written)
  } else if (isJson) {
    const shown =
      options.file === undefined ? files : new Map([[options.file, fileNamed(options.file, files)]])
    printJson(call, { files: Object.fromEntries(shown), problems })
  } else {
    ports.stdout(fileNamed(options.file ?? fileNames.config, files))
  }
  if (problems.length > 0 && !isJson) ports.stderr(`tidegate: ${problemsLine(problems.length)}\n`)
  return exitCodes.ok
}

async function reach({ ports, signal }: Call, routing: Routing): Promise<void> {
  const unreached = await awaitBackends(routing, ports.accepts, reachableMs, signal)
  if (unreached.length > 0)
    ports.stderr(`tidegate: no task accepts connections yet for ${listText(unreached, 20)}\n`)
}

function fileNamed(name: string, files: Files): string {
  const text = files.get(name)
  if (text !== undefined) return text
  throw new AgentError('settings-invalid', `--file is ${quote(name)}; expected a file that is rendered`, {
    hint: `There are ${listText([...files.keys()], 20)}.`,
  })
}

/** `tidegate plan` */
export async function plan(call: Call, options: { readonly isCold: boolean }): Promise<ExitCode> {
  const { ports, settings, signal, paint } = call
  const { routing } = await route(call)
  const { problems } = routing
  const observed = options.isCold ? undefined : await ports.observe(settings, signal)
  const { data, lines } =
    observed === undefined
      ? planStart(call, routing, options.isCold)
      : await planLive(call, routing, observed)
  const closing = problems.length > 0 ? [paint('yellow', problemsLine(problems.length))] : []
  if (call.isJson) printJson(call, { ...data, problems })
  else printLines(call, [...lines, ...closing])
  return exitCodes.ok
}

type Told = { readonly data: object; readonly lines: readonly string[] }

async function planLive(
  { ports, settings, paint }: Call,
  routing: Routing,
  observed: Observed,
): Promise<Told> {
  const { structureOf } = await ports.createRenderer(settings)
  const { drainTimeoutMs } = settings.loop
  const planned = planChanges(routing, observed, { nowMs: 0, drainTimeoutMs, structureOf })
  const { worker } = observed
  return {
    data: planData(planned, worker, settings.config),
    lines: planLines(planned, worker, settings.config, paint),
  }
}

function planStart({ settings, paint }: Call, routing: Routing, isCold: boolean): Told {
  const why = isCold
    ? 'not compared with a running HAProxy; a start would bring this'
    : `no HAProxy answers at ${settings.haproxy.workerSocket}; a start would bring this`
  return { data: startData(routing, why), lines: startLines(routing, why, paint) }
}

/** `tidegate check` */
export async function check(call: Call, options: { readonly isStrict: boolean }): Promise<ExitCode> {
  const { routing, services } = await route(call)
  const checked = checkedOf(routing, services)
  if (call.isJson) printJson(call, checked)
  else printLines(call, checkLines(checked, call.paint))
  return isAtFault(checked, options.isStrict) ? exitCodes.problems : exitCodes.ok
}

async function route(call: Call): Promise<{ readonly routing: Routing; readonly services: number }> {
  const read = await readSnapshot(call)
  const { routing } = computeRouting(read, call.settings.routing)
  return { routing, services: read.services.length }
}

/** The snapshot that `--snapshot` names, else the engine's. */
export async function readSnapshot({ ports, settings, signal, snapshotFile }: Call): Promise<Snapshot> {
  if (snapshotFile === undefined) return ports.readSnapshot(settings, signal)
  // Loaded when it is asked for: its library takes longer to load than most commands take.
  const { parseSnapshot } = await import('./snapshot-file.ts')
  if (snapshotFile === '-') return parseSnapshot(await ports.readStdin(signal), 'standard input')
  return parseSnapshot(await readFile(snapshotFile, ports, signal), snapshotFile)
}

async function readFile(path: string, ports: CliPorts, signal: AbortSignal): Promise<string> {
  try {
    return await ports.readFile(path, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw unreadable(path, error)
  }
}

function unreadable(path: string, cause: unknown): AgentError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new AgentError('snapshot-invalid', `${path} cannot be read: ${why}`, {
    hint: 'Name a file that `tidegate snapshot` has printed, or - for standard input.',
    cause,
  })
}

function problemsLine(problems: number): string {
  return `${count(problems, 'problem')}; see tidegate check`
}

/** Prints data for machines. */
export function printJson({ ports }: Pick<Call, 'ports'>, data: unknown): void {
  ports.stdout(`${JSON.stringify(data, undefined, 2)}\n`)
}

/** Prints lines for people. */
export function printLines({ ports }: Pick<Call, 'ports'>, lines: readonly string[]): void {
  ports.stdout(textOfLines(lines))
}
