// The log: JSON lines, facts as fields, a constant message.
// The only file that knows pino. Refuses to be asked what was logged: history and metrics have sources of their own.

import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import { type Action, subject } from './core/action.ts'
import type { AgentError } from './core/errors.ts'
import type { Problem } from './core/problem.ts'
import type { Outcome, Report } from './reconcile/ports.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a line says besides its message. Names end in their unit where they have one. */
export type Facts = Readonly<Record<string, unknown>>

/** One line a call. The message is a constant phrase in lower case, so that lines can be counted by it. */
export type Log = {
  readonly [L in LogLevel]: (facts: Facts, message: string) => void
} & {
  /** A log whose lines name the part of the agent that they come from. */
  readonly child: (part: string) => Log
}

/** Makes the log. `stream` takes whole lines; standard output unless given. */
export function createLog(options: { readonly level: LogLevel; readonly stream?: DestinationStream }): Log {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  }
  return logOf(options.stream === undefined ? pino(settings) : pino(settings, options.stream))
}

function logOf(logger: Logger): Log {
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => logger.error(facts, message),
    child: (part) => logOf(logger.child({ part })),
  }
}

/** How many problems, actions or reasons go into the log at a time; the rest is counted. */
const listMax = 20

/**
 * Turns what the loop reports into lines: one for each change, one for each problem when it appears and when it goes,
 * one for each trouble (tries that end alike are left to `debug`), one when it is over.
 */
export function createReport(log: Log): Report {
  let trouble: { readonly sameness: string; tries: number } | undefined
  return {
    outcome: (outcome) => log.info(outcomeFacts(outcome), outcomeMessages[outcome.kind]),
    problems: (appeared, gone) => {
      for (const problem of appeared.slice(0, listMax))
        log.warn(problemFacts(problem), 'service has a problem')
      for (const { code, service, label } of gone.slice(0, listMax))
        log.info({ code, service, label }, 'problem solved')
      const rest = { appeared: appeared.length - listMax, gone: gone.length - listMax }
      if (rest.appeared > 0) log.warn({ problems: rest.appeared }, 'more services have problems')
      if (rest.gone > 0) log.info({ problems: rest.gone }, 'more problems solved')
    },
    trouble: (error, retryMs) => {
      const sameness = `${error.code}\0${error.message}`
      const isNew = trouble?.sameness !== sameness
      trouble = { sameness, tries: (trouble?.tries ?? 0) + 1 }
      log[isNew ? 'error' : 'debug']({ ...errorFacts(error), tries: trouble.tries, retryMs }, 'step failed')
    },
    recovered: () => {
      log.info({ tries: trouble?.tries ?? 0 }, 'recovered')
      trouble = undefined
    },
    late: ({ server, address, port }, graceMs) =>
      log.warn({ server, address, port, graceMs }, 'task does not accept connections'),
    drift: (actions) => log.warn(actionFacts(actions), 'live state had drifted'),
  }
}

const outcomeMessages: { readonly [K in Outcome['kind']]: string } = {
  start: 'haproxy started',
  adopt: 'haproxy adopted',
  live: 'change applied live',
  reload: 'haproxy reloaded',
}

function outcomeFacts(outcome: Outcome): Facts {
  const { kind, durationMs, backends, servers } = outcome
  const facts = { kind, durationMs: Math.round(durationMs * 10) / 10, backends, servers }
  if (outcome.kind === 'live') return { ...facts, ...actionFacts(outcome.actions) }
  if (outcome.kind !== 'reload') return facts
  const { reasons } = outcome
  return {
    ...facts,
    reasons: reasons.slice(0, listMax).map((reason) => reason.text),
    reasonCount: reasons.length,
  }
}

/** How many of each kind, and the first of them one by one. */
function actionFacts(actions: readonly Action[]): Facts {
  const kinds: Record<string, number> = {}
  for (const { kind } of actions) kinds[kind] = (kinds[kind] ?? 0) + 1
  const changes = actions.slice(0, listMax).map((action) => `${action.kind} ${subject(action)}`)
  return { actions: actions.length, kinds, changes }
}

function problemFacts({ code, severity, service, label, found, expected, hint }: Problem): Facts {
  return { code, severity, service, label, found, expected, hint }
}

/** An operating error as fields; its cause is told where the message does not end with it already. */
export function errorFacts(error: AgentError): Facts {
  const { code, message, hint, cause } = error
  const why = cause instanceof Error ? cause.message : undefined
  return { code, error: message, hint, ...(why === undefined || message.includes(why) ? {} : { cause: why }) }
}
