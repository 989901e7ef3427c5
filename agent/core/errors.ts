// Operating errors: trouble with the world around the agent, each with a stable code, a cause and a hint.
// Owns the catalogue. Refuses problems of services (problem.ts) and bugs, which are plain exceptions and end the process.

export const errorCodes = [
  'admin-unreachable',
  'admin-unusable',
  'apply-failed',
  'certificates-unreadable',
  'command-refused',
  'config-rejected',
  'docker-bad-reply',
  'docker-not-manager',
  'docker-refused',
  'docker-unreachable',
  'files-unwritable',
  'haproxy-missing',
  'haproxy-start-failed',
  'haproxy-too-old',
  'master-bad-reply',
  'master-unreachable',
  'reload-failed',
  'runtime-bad-reply',
  'runtime-unreachable',
  'settings-invalid',
  'snapshot-invalid',
  'template-failed',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** An operating error. The message is a sentence that carries the offending value; `hint` says what to do about it. */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly code: ErrorCode
  readonly hint: string

  constructor(
    code: ErrorCode,
    message: string,
    details: { readonly hint: string; readonly cause?: unknown },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
  }
}

/** True for an operating error, of the given code if one is given. */
export function isAgentError(error: unknown, code?: ErrorCode): error is AgentError {
  return error instanceof AgentError && (code === undefined || error.code === code)
}

/** Ends the process's current work because the code itself is wrong. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`)
}
