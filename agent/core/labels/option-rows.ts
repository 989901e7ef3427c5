// The labels that say how a backend treats its requests: each is an option of the backend's section.
// On a route that several services share the oldest one's options stand. A change of one is a reload.

import { type AccessValues, accessRows } from './access-rows.ts'
import { parseChoice } from './choice-values.ts'
import { type LabelRow, labelPrefix, ownPrefix, type ValuesOf } from './row.ts'
import { type TimingValues, timingRows } from './timing-rows.ts'
import { parseBoolean, parseCookieName } from './values.ts'

const interlock = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: labelPrefix + given.label })
const own = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: ownPrefix + given.label })

const handlingRows = {
  contextRootRewrite: interlock({
    label: 'context_root_rewrite',
    type: 'true or false',
    meaning:
      'The application gets the path without the prefix of `context_root`; the bare prefix is redirected to itself with a slash behind it.',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
  sslOnly: interlock({
    label: 'ssl_only',
    type: 'true or false',
    meaning: 'Plain HTTP requests for the service are redirected to TLS (308).',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
  stickySessionCookie: interlock({
    label: 'sticky_session_cookie',
    type: 'cookie name',
    meaning:
      'Requests with the same value of this cookie, which the application sets, go to the same task. Task mode only.',
    example: 'session',
    code: 'cookie-invalid',
    parse: parseCookieName,
  }),
  ipHash: interlock({
    label: 'ip_hash',
    type: 'true or false',
    meaning:
      "Requests of the same client address go to the same task. Task mode only; the edge must see the clients' addresses (host mode).",
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
  balance: own({
    label: 'balance',
    type: 'roundrobin, leastconn, random, source or uri',
    meaning:
      'How a request finds its task: in turn, where the fewest connections are, by chance, or always the same one for a client address or for a path. Task mode only.',
    example: 'leastconn',
    default: 'roundrobin',
    code: 'option-invalid',
    parse: parseChoice(
      ['roundrobin', 'leastconn', 'random', 'source', 'uri'],
      'Leave the label out for turns.',
    ),
  }),
  retryNonIdempotent: own({
    label: 'retry_non_idempotent',
    type: 'true or false',
    meaning:
      'A POST, PUT, PATCH or DELETE too is sent to another task where one ends with the request in its hands. The application must bear to get it twice.',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
  compression: own({
    label: 'compression',
    type: 'true or false',
    meaning: 'Text that the application sends uncompressed goes to clients that take it as gzip.',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
}

export const optionRows = { ...handlingRows, ...timingRows, ...accessRows }

/** The options that a service asks for, but for headers. */
export type OptionValues = ValuesOf<typeof handlingRows> & TimingValues & AccessValues
