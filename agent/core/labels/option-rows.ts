// The labels that say how a backend treats its requests: each is an option of the backend's section.
// On a route that several services share the oldest one's options stand. A change of one is a reload.

import { type LabelRow, labelPrefix, type ReadRow, type ValuesOf } from './row.ts'
import { parseBoolean, parseCookieName } from './values.ts'

const row = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: labelPrefix + given.label })

export const optionRows = {
  contextRootRewrite: row({
    label: 'context_root_rewrite',
    type: 'true or false',
    meaning:
      'The application gets the path without the prefix of `context_root`; the bare prefix is redirected to itself with a slash behind it.',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
  stickySessionCookie: row({
    label: 'sticky_session_cookie',
    type: 'cookie name',
    meaning:
      'Requests with the same value of this cookie, which the application sets, go to the same task. Task mode only.',
    example: 'session',
    code: 'cookie-invalid',
    parse: parseCookieName,
  }),
  ipHash: row({
    label: 'ip_hash',
    type: 'true or false',
    meaning:
      "Requests of the same client address go to the same task. Task mode only; the edge must see the clients' addresses (host mode).",
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
}

/** The options that a service asks for. */
export type OptionValues = ValuesOf<typeof optionRows>

/** Reads them all. */
export function readOptionRows(read: ReadRow): OptionValues {
  return {
    contextRootRewrite: read(optionRows.contextRootRewrite),
    stickySessionCookie: read(optionRows.stickySessionCookie),
    ipHash: read(optionRows.ipHash),
  }
}
