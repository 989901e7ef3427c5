// The labels that say how the edge treats the tasks of one service: each is on the service's own servers, also where
// several services share a backend. A change is live: servers with other keywords take the place of those that there are.

import { parseChoice } from './choice-values.ts'
import { parseNginxTime, parseNumber, parseTime } from './measure-values.ts'
import { type LabelRow, labelPrefix, ownPrefix, type ValuesOf } from './row.ts'
import { parseBoolean } from './values.ts'

const interlock = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: labelPrefix + given.label })
const own = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: ownPrefix + given.label })

export const serverRows = {
  maxFails: interlock({
    label: 'max_fails',
    type: 'number',
    meaning:
      'After so many failed connections in a row HAProxy looks whether a task is well, and takes it out of rotation if not. `0`: never. Task mode only.',
    example: '3',
    default: '1',
    code: 'option-invalid',
    parse: parseNumber({ least: 0, most: 1_000_000 }, '3'),
  }),
  failTimeout: interlock({
    label: 'fail_timeout',
    type: "nginx's time",
    meaning:
      'How long after a task was taken out of rotation, or looked at in vain, HAProxy looks again. `0`: it is never taken out. Task mode only.',
    example: '10s',
    default: '2s',
    code: 'option-invalid',
    parse: parseNginxTime,
  }),
  healthCheckInterval: own({
    label: 'health_check_interval',
    type: 'time with its unit',
    meaning: 'How often HAProxy looks whether a task in rotation is well. Task mode only.',
    example: '10s',
    default: '60s; 5s with `health_check_path`',
    code: 'option-invalid',
    parse: parseTime({ least: 100, most: 3_600_000 }),
  }),
  sslBackend: interlock({
    label: 'ssl_backend',
    type: 'true or false',
    meaning: 'The tasks are spoken to by TLS, with the host of the request as server name.',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
  sslBackendTlsVerify: interlock({
    label: 'ssl_backend_tls_verify',
    type: 'none or required',
    meaning:
      "Whether the tasks' certificates must be signed by an authority that the edge knows, for the host of the request.",
    example: 'required',
    default: 'none',
    code: 'option-invalid',
    fallback: 'required',
    parse: parseChoice(['none', 'required'], 'Until then certificates are verified.'),
  }),
  proxyProtocol: own({
    label: 'proxy_protocol',
    type: 'v1 or v2',
    meaning: "The tasks are told the client's address by the PROXY protocol. They must expect it.",
    example: 'v2',
    code: 'option-invalid',
    parse: parseChoice(['v1', 'v2'], 'Leave the label out for none.'),
  }),
  weight: own({
    label: 'weight',
    type: 'number',
    meaning:
      "The share of each task of this service, beside those of others on the same route: `0` for no new requests. In vip mode the share of the service's virtual IP.",
    example: '10',
    default: '1',
    code: 'option-invalid',
    parse: parseNumber({ least: 0, most: 256 }, '10'),
  }),
  maintenance: own({
    label: 'maintenance',
    type: 'true or false',
    meaning:
      'The service gets no new requests, though everything else about it stays: other services on its routes take them, and where there is none clients get 503.',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
} as const

export type ServerValues = ValuesOf<typeof serverRows>
