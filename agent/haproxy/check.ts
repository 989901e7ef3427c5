// Asks HAProxy itself whether a configuration is sound, before anything runs it.
// Owns the candidate file and the reading of HAProxy's messages. Refuses to say whose fault a line is.

import { access, rm } from 'node:fs/promises'
import { AgentError } from '../core/errors.ts'
import { deadlineFor } from './deadline.ts'
import { temporaryBeside, writeWhole } from './files.ts'
import { runProgram } from './spawn.ts'

/** One complaint of HAProxy's. */
export type Fault = {
  /** Line of the configuration, from 1; undefined where HAProxy names none. */
  readonly line: number | undefined
  /** The backend or frontend that it names; some faults come to light after the lines were read, and name only that. */
  readonly section: string | undefined
  readonly text: string
}

export type CheckResult =
  | { readonly kind: 'sound'; readonly warnings: readonly Fault[] }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] }

export type CheckOptions = {
  readonly binary: string
  /** Where the configuration will stand. The candidate is written beside it, and removed again. */
  readonly configFile: string
  readonly timeoutMs: number
}

/**
 * Runs `haproxy -c` on a configuration. The files that it names (maps, error pages) must be in place.
 * @throws AgentError `config-rejected` when HAProxy gives no verdict in time, `haproxy-missing`, `files-unwritable`
 */
export async function checkConfig(
  config: string,
  options: CheckOptions,
  signal: AbortSignal,
): Promise<CheckResult> {
  const candidate = temporaryBeside(options.configFile)
  using deadline = deadlineFor(signal, options.timeoutMs)
  try {
    await writeWhole(candidate, config, options.configFile)
    const args = ['-c', '-f', candidate]
    const { exitCode, output } = await runProgram(options.binary, args, deadline.signal)
    if (exitCode !== 0) await mustStillBe(candidate, options.configFile)
    return judge(exitCode, parseMessages(output, candidate))
  } catch (error) {
    throw deadline.isOver() && error === deadline.signal.reason ? noVerdict(options.timeoutMs, error) : error
  } finally {
    await rm(candidate, { force: true })
  }
}

/** What was deleted meanwhile says nothing about the configuration, and must not be blamed on a service. */
async function mustStillBe(candidate: string, configFile: string): Promise<void> {
  if (await isThere(candidate)) return
  throw new AgentError('files-unwritable', `${configFile} was to be checked, and its folder was emptied`, {
    hint: 'Something removes files of the run folder while the agent runs. It writes them anew.',
  })
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

function noVerdict(timeoutMs: number, cause: unknown): AgentError {
  return new AgentError('config-rejected', `haproxy -c gave no verdict within ${timeoutMs} ms`, {
    hint: 'The machine is very busy, or the configuration names something slow, as a host name to resolve.',
    cause,
  })
}

function judge(exitCode: number | undefined, messages: readonly Message[]): CheckResult {
  const of = (level: Message['level']) =>
    messages.filter((one) => one.level === level).map(({ level: _, ...fault }) => fault)
  const warnings = of('warning')
  if (exitCode === 0) return { kind: 'sound', warnings }
  const faults = of('alert')
  const how =
    exitCode === undefined ? 'haproxy -c was killed by a signal' : `haproxy -c ended with status ${exitCode}`
  return {
    kind: 'faulty',
    faults: faults.length > 0 ? faults : [{ line: undefined, section: undefined, text: how }],
    warnings,
  }
}

type Message = Fault & { readonly level: 'alert' | 'warning' | 'other' }

/** Sums of what the lines before them say. */
const summaryPattern = /^(?:Error\(s\) found in configuration file|Fatal errors found in configuration)/

/**
 * Reads HAProxy's messages; a line without a level goes on with the message before it:
 *
 *     [NOTICE]   (4321) : haproxy version is 3.0.11-1+deb13u4
 *     [ALERT]    (4321) : config : parsing [/run/tidegate/haproxy.cfg:12] : unknown keyword 'x' in 'backend' section
 *     [ALERT]    (4321) : config : [/run/tidegate/haproxy.cfg:20] : 'server web/s' : …
 *     [ALERT]    (4321) : config : Fatal errors found in configuration.
 */
function parseMessages(output: string, candidate: string): readonly Message[] {
  const messages: { level: Message['level']; text: string }[] = []
  for (const line of output.split('\n')) {
    const [, level, text] = /^\[(\w+)\]\s*(?:\(\d+\)\s*)?: (.*)$/.exec(line) ?? []
    if (level !== undefined && text !== undefined) messages.push({ level: levelOf(level), text: text.trim() })
    else if (line.trim() !== '' && messages.length > 0) extendLast(messages, line.trim())
  }
  return messages
    .map(({ level, text }) => locate(level, text, candidate))
    .filter(({ text }) => !summaryPattern.test(text))
}

function levelOf(word: string): Message['level'] {
  if (word === 'ALERT' || word === 'EMERG') return 'alert'
  return word === 'WARNING' ? 'warning' : 'other'
}

function extendLast(messages: { text: string }[], more: string): void {
  const last = messages.at(-1)
  if (last !== undefined) last.text += ` ${more}`
}

/** Takes the place `[file:line]` out of a message, wherever HAProxy put it, and the words that say nothing. */
function locate(level: Message['level'], said: string, candidate: string): Message {
  const section = /\b(?:backend|frontend|proxy) '([^']+)'/.exec(said)?.[1]
  const place = new RegExp(`(?:parsing )?\\[${escapePattern(candidate)}:(\\d+)\\](?: ?: ?)?`)
  const line = place.exec(said)?.[1]
  const text = said
    .replace(/^config : /, '')
    .replace(place, '')
    .replaceAll(candidate, 'the configuration')
    .trim()
  return { level, line: line === undefined ? undefined : Number(line), section, text }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
