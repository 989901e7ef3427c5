// How a command that failed says so: one message and one hint on standard error, and an exit code.
// Refuses bugs: what is neither a mistake in the call nor an operating error is thrown on.

import { type AgentError, isAgentError } from '../core/errors.ts'
import { type ExitCode, exitCodes } from './commands.ts'
import type { Paint } from './paint.ts'

type Failure = {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly exitCode: ExitCode
}

/** Commander's errors, told by their codes, so that program.ts alone knows the package. */
type CallError = Error & { readonly code: string; readonly exitCode: number }

function isCallError(error: unknown): error is CallError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')
}

/** Commander's ways of saying that it has printed what was asked for. */
const answered = new Set(['commander.helpDisplayed', 'commander.version'])

/** True for an error by which commander ends after it has printed help or the version. */
export function isAnswered(error: unknown): boolean {
  return isCallError(error) && (answered.has(error.code) || isHelpAskedFor(error))
}

function isHelpAskedFor(error: CallError): boolean {
  return error.code === 'commander.help' && error.exitCode === 0
}

/**
 * What to tell of an error, as text or as JSON.
 * @throws what is no failure of the call or of the world
 */
export function tellFailure(
  error: unknown,
  { isJson, paint }: { readonly isJson: boolean; readonly paint: Paint },
): { readonly text: string; readonly exitCode: ExitCode } {
  const { code, message, hint, exitCode } = failureOf(error)
  const text = isJson
    ? JSON.stringify({ error: { code, message, hint } })
    : `${paint('red', 'tidegate')}: ${message}\n${paint('dim', 'hint')}: ${hint}`
  return { text: `${text}\n`, exitCode }
}

function failureOf(error: unknown): Failure {
  if (isCallError(error)) return usageFailure(error)
  if (isAgentError(error)) return agentFailure(error)
  throw error
}

function agentFailure({ code, message, hint }: AgentError): Failure {
  const isCallAtFault = code === 'settings-invalid' || code === 'command-refused'
  return { code, message, hint, exitCode: isCallAtFault ? exitCodes.usage : exitCodes.trouble }
}

/** Commander's message is `error: what`, and on the next line what may be meant, in brackets. */
function usageFailure(error: CallError): Failure {
  const isBare = error.code === 'commander.help'
  const [first = '', near] = error.message.replace(/^error: /, '').split('\n')
  const hint = near?.replace(/^\((.*)\)$/, '$1') ?? '`tidegate --help` lists the commands and their flags.'
  return { code: 'usage', message: isBare ? 'no command was named' : first, hint, exitCode: exitCodes.usage }
}
