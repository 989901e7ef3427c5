// What has changed at the edge, as entries for people: a cause in one sentence, and what followed from it.
// Pure making of entries from what the loop reports. Refuses to keep them (admin/history.ts does) and to number them.

import type { Action } from './action.ts'
import { formatAddress } from './address.ts'
import { changeText } from './change-text.ts'
import { commandTexts } from './commands.ts'
import type { EdgeUpdate } from './edge-plan.ts'
import type { AgentError } from './errors.ts'
import type { Newcomer } from './newcomers.ts'
import type { ReloadReason } from './plan.ts'
import { type Problem, problemText } from './problem.ts'
import { type LivePaths, limits } from './settings.ts'
import { clean } from './text.ts'

/**
 * What an entry is about.
 *
 * | kind                    | what has happened                                                        |
 * | ----------------------- | ------------------------------------------------------------------------ |
 * | `start`, `adopt`        | the agent has started HAProxy, or taken over one that ran                |
 * | `live`, `reload`        | a change is in force                                                     |
 * | `drift`                 | somebody else had changed HAProxy; it is put right                       |
 * | `problem`, `solved`     | services have problems, or have none of these any more                   |
 * | `trouble`, `recovered`  | a step, or the engine, has failed; it works again                        |
 * | `networks`              | what the edge's own service is given has changed, or could not be changed |
 * | `haproxy`               | HAProxy died, was started again, or could not be                         |
 * | `late`                  | a task runs and accepts no connections                                   |
 */
export const historyKinds = [
  'start',
  'adopt',
  'live',
  'reload',
  'drift',
  'problem',
  'solved',
  'trouble',
  'recovered',
  'networks',
  'haproxy',
  'late',
] as const

export type HistoryKind = (typeof historyKinds)[number]

export type HistoryEntry = {
  /** Grows by one with each entry of one life of the agent. */
  readonly seq: number
  /** ISO 8601, in UTC. */
  readonly at: string
  readonly kind: HistoryKind
  /** One sentence, without a full stop. */
  readonly cause: string
  /** Why a reload; the problems one by one; the cure. Bounded. */
  readonly reasons: readonly string[]
  /** The first of the runtime commands that were sent, in order. */
  readonly commands: readonly string[]
  /** How many were sent. */
  readonly commandCount: number
  readonly durationMs?: number
  /** How many there were then. */
  readonly backends?: number
  readonly servers?: number
}

/** An entry before it has its number and its time. */
export type HistoryDraft = Omit<HistoryEntry, 'seq' | 'at'>

/** What a step has changed (reconcile's outcome). */
export type Change = {
  readonly durationMs: number
  readonly backends: number
  readonly servers: number
} & (
  | { readonly kind: 'start' | 'adopt' }
  | { readonly kind: 'live'; readonly actions: readonly Action[] }
  | { readonly kind: 'reload'; readonly reasons: readonly ReloadReason[] }
)

type Files = LivePaths

/** A change that is in force. */
export function changeEntry(change: Change, files: Files): HistoryDraft {
  const { kind, backends, servers } = change
  const facts = { durationMs: Math.round(change.durationMs * 10) / 10, backends, servers }
  if (kind === 'live')
    return { ...entry(kind, changeText(change.actions)), ...sent(change.actions, files), ...facts }
  if (kind !== 'reload') return { ...entry(kind, beginnings[kind]), ...facts }
  const texts = change.reasons.map(({ text }) => text)
  const rest = texts.length > 1 ? `, and ${texts.length - 1} more` : ''
  return { ...entry(kind, `${texts[0] ?? 'no reason given'}${rest}`, texts), ...facts }
}

const beginnings = {
  start: 'HAProxy was started',
  adopt: 'the agent has taken over the running HAProxy',
} as const

/** What somebody else had changed; `actions` put it right. */
export function driftEntry(actions: readonly Action[], files: Files): HistoryDraft {
  const backends = [...new Set(actions.flatMap((action) => ('backend' in action ? action.backend : [])))]
  const where = backendsText(backends)
  const what = `${actions.length} ${actions.length === 1 ? 'thing was' : 'things were'} not as the agent left it`
  return {
    ...entry('drift', `somebody else has changed ${where} in HAProxy: ${what}`),
    ...sent(actions, files),
  }
}

function backendsText(backends: readonly string[]): string {
  if (backends.length === 0) return 'certificates or redirects'
  return backends.length === 1 ? `backend ${backends[0]}` : `${backends.length} backends`
}

/** Problems that appeared, and those that went: one entry each, however many there are. */
export function problemEntries(
  appeared: readonly Problem[],
  gone: readonly Problem[],
): readonly HistoryDraft[] {
  const [first] = appeared
  const begun = (problem: Problem) =>
    appeared.length === 1
      ? entry('problem', `${problem.service}: ${problem.found}; expected ${problem.expected}`, [problem.hint])
      : entry('problem', `${subjects(appeared)}: ${appeared.length} problems`, appeared.map(problemText))
  const solved = () => {
    const what = gone.length === 1 ? `${gone[0]?.code} is solved` : `${gone.length} problems are solved`
    return entry(
      'solved',
      `${subjects(gone)}: ${what}`,
      gone.length === 1 ? [] : gone.map(({ service, code }) => `${service}: ${code}`),
    )
  }
  return [...(first === undefined ? [] : [begun(first)]), ...(gone.length === 0 ? [] : [solved()])]
}

function subjects(problems: readonly Problem[]): string {
  const services = [...new Set(problems.map(({ service }) => service))]
  return services.length === 1 ? (services[0] ?? '') : `${services.length} services`
}

/** A step towards HAProxy, or the engine, has failed. Its hint is the reason to look at. */
export function troubleEntry(error: AgentError): HistoryDraft {
  return entry('trouble', `${error.code}: ${error.message}`, [error.hint])
}

/** The trouble before is over. */
export function recoveredEntry(what: string, troubledMs: number): HistoryDraft {
  return { ...entry('recovered', `${what} again`), durationMs: Math.round(troubledMs) }
}

/** The edge's own service was given other networks, secrets or configs. */
export function edgeEntry({ add, remove, secrets, configs }: EdgeChange): HistoryDraft {
  const parts = [
    ...part('joins', 'network', add),
    ...part('leaves', 'network', remove),
    ...part('gets', 'secret', namesOf(secrets.add)),
    ...part('gives back', 'secret', namesOf(secrets.remove)),
    ...part('gets', 'config', namesOf(configs.add)),
    ...part('gives back', 'config', namesOf(configs.remove)),
  ]
  const last = parts.pop() ?? ''
  const all = parts.length === 0 ? last : `${parts.join(', ')} and ${last}`
  return entry('networks', `the edge ${all}, and its tasks are replaced`)
}

type EdgeChange = Pick<EdgeUpdate, 'add' | 'remove' | 'secrets' | 'configs'>

function part(verb: string, noun: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return []
  return [names.length === 1 ? `${verb} ${noun} ${names[0]}` : `${verb} ${names.length} ${noun}s`]
}

const namesOf = (objects: readonly { readonly name: string }[]) => objects.map(({ name }) => name)

/** The edge's own service could not be changed. */
export function networksTroubleEntry(error: AgentError): HistoryDraft {
  return { ...troubleEntry(error), kind: 'networks' }
}

/** What became of HAProxy's process. */
export type ProcessChange =
  | { readonly kind: 'died'; readonly pid: number }
  | { readonly kind: 'restarted'; readonly pid: number }
  | { readonly kind: 'restart-failed'; readonly error: AgentError }

/** HAProxy's process died, or was started again, or could not be. */
export function processEntry(change: ProcessChange): HistoryDraft {
  switch (change.kind) {
    case 'died':
      return entry('haproxy', `HAProxy (process ${change.pid}) died; it is started again`)
    case 'restarted':
      return entry('haproxy', `HAProxy runs again (process ${change.pid})`)
    case 'restart-failed':
      return { ...troubleEntry(change.error), kind: 'haproxy' }
  }
}

/** A task got requests though nobody has answered at its address in the time that it was given. */
export function lateEntry({ server, address, port }: Newcomer, graceMs: number): HistoryDraft {
  const place = formatAddress(address, port)
  const cause = `${server} runs and has accepted no connection at ${place} for ${graceMs / 1000} s`
  return entry('late', cause, [
    'It gets requests all the same. Look at com.docker.lb.port and at its own log.',
  ])
}

/** The longest text of an entry: an error may quote all that HAProxy said. */
const textMax = 500

function entry(kind: HistoryKind, cause: string, reasons: readonly string[] = []): HistoryDraft {
  const shown = reasons.slice(0, limits.historyReasons).map((reason) => clean(reason, textMax))
  const rest = reasons.length - shown.length
  return {
    kind,
    cause: clean(cause, textMax),
    reasons: rest > 0 ? [...shown, `and ${rest} more`] : shown,
    commands: [],
    commandCount: 0,
  }
}

function sent(actions: readonly Action[], files: Files): Pick<HistoryEntry, 'commands' | 'commandCount'> {
  const commands = actions
    .slice(0, limits.historyCommands)
    .flatMap((action) => commandTexts(action, files))
    .slice(0, limits.historyCommands)
  return { commands, commandCount: actions.length }
}
