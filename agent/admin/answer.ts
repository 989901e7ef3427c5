// What a request is answered with, as data, and the headers that every answer carries.
// Refuses sockets (http.ts).

import { type AgentError, isAgentError } from '../core/errors.ts'

export type Answer = {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Nothing is kept, nothing is loaded from elsewhere, nothing is read or framed by another origin. Scripts and styles are
 * files of the page's own: none stand in a document, and none in an attribute.
 */
export const commonHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Data as JSON; numbers that are no whole ones are cut to three digits behind the point. */
export function json(status: number, data: object): Answer {
  return { status, type: 'application/json', body: `${jsonText(data)}\n` }
}

/** JSON without the noise behind the third digit of a rate. */
export function jsonText(data: object): string {
  return JSON.stringify(data, (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 1000) / 1000 : value,
  )
}

export type ErrorView = {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string }
}

/** What is wrong with a request, with the cure where there is one. */
export function refusal(status: number, code: string, message: string, hint?: string): Answer {
  const view: ErrorView = { error: { code, message, ...(hint === undefined ? {} : { hint }) } }
  return json(status, view)
}

/** An operating error as the answer: HAProxy, or the engine, is away at the moment. Undefined for a bug. */
export function answerToError(error: unknown): Answer | undefined {
  return isAgentError(error) ? failure(error) : undefined
}

function failure({ code, message, hint }: AgentError): Answer {
  return refusal(503, code, message, hint)
}
