// Labels for tests that try to break out of HAProxy's files: hostile ones, and good ones that use all that they may.
// Owns the generators. Refuses to judge what comes of them.

import fc from 'fast-check'
import { ownPrefix } from '../../agent/core/labels/row.ts'
import { labelFamilies, labelTable } from '../../agent/core/labels/table.ts'
import { lb } from './builders.ts'

const evil = [
  '\n',
  '\r\n',
  '\0',
  '\u2028',
  '"',
  "'",
  '\\',
  '#',
  ' ',
  ';',
  '{',
  '}',
  '%[env(HOME)]',
  '%',
  '$HOME',
  '<%= 1 %>',
  '\n    server evil 6.6.6.6:80',
  '\nbackend evil',
  'a.local',
  '*.',
  '.',
  ',',
  '/',
  '/app',
  'é',
  '🦄',
  '\u202e',
  'vip',
  'true',
  '8080',
  'x'.repeat(300),
  '10s',
  '100/s',
  '10m',
  '200-399',
  '10.0.0.0/8',
  '2001:db8::/32',
  '31536000; includeSubDomains',
  'leastconn',
  'required',
  'v2',
  '%%',
  '%[src]',
  '~`!@$^&*()_+|<>?[]=-',
]

const hostile = fc.oneof(
  fc.array(fc.constantFrom(...evil), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constant('a.local,'.repeat(10_000)),
)

const names = [
  ...Object.values(labelTable).map((row) => row.label),
  ...Object.values(labelFamilies).flatMap(({ label }) => [`${label}X-Good`, `${label}x-also`]),
]
/** Of the labels, as the table has them. */
const examples = Object.fromEntries(Object.values(labelTable).map(({ label, example }) => [label, example]))

/** One of the labels that are acted on is hostile, or any number of them; the others are good enough to be published. */
export const hostileLabels = fc
  .oneof(
    fc.tuple(fc.constantFrom(...names), hostile).map((one) => Object.fromEntries([one])),
    fc.record(Object.fromEntries(names.map((name) => [name, hostile])), { requiredKeys: [] }),
  )
  .map((given) => lb({ hosts: 'web.local', port: 80, ...given }))

/** Good values for some of the other labels, so that each meets each. */
const neighbours = fc
  .subarray(Object.entries(examples))
  .map((given) => Object.fromEntries(given.filter(([label]) => !untouched.includes(label))))
/** What decides whether the service is published at all. */
const untouched = ['hosts', 'port', 'network', 'service_cluster'].map((label) => `com.docker.lb.${label}`)
/** Headers whose very names are hostile. */
const members = fc
  .dictionary(hostile, hostile, { maxKeys: 2 })
  .map((given) =>
    Object.fromEntries(
      Object.entries(given).map(([member, text]) => [labelFamilies.requestHeaders.label + member, text]),
    ),
  )
export const strangeLabels = fc
  .tuple(fc.dictionary(hostile, hostile, { maxKeys: 2 }).map(lb), neighbours, members)
  .map(([unknown, good, headers]) => ({ ...unknown, ...good, ...headers }))

const matching = (pattern: RegExp) => fc.stringMatching(pattern)
const time = fc
  .tuple(fc.integer({ min: 1, max: 50 }), fc.constantFrom('s', 'm'))
  .map((parts) => parts.join(''))
const flag = fc.constantFrom('true', 'false')
const network = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map((parts) => parts.join('/')),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map((parts) => parts.join('/')),
)
const networks = fc.array(network, { minLength: 1, maxLength: 120 }).map((list) => list.join())
const header = fc.oneof(
  matching(/^[ -~]{0,250}$/),
  fc.constantFrom("'", "\\'", '%', '%[src]', '"', '\\', '#', '$HOME'),
)
const path = matching(/^(?:\/[A-Za-z0-9][A-Za-z0-9._~%@:+=-]{0,8}){1,4}$/)

/** Values that each parser should let through, over the whole of what it lets through. */
const good: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ...Object.fromEntries(
    Object.entries({
      backend_mode: fc.constantFrom('task', 'vip'),
      context_root: path,
      context_root_rewrite: flag,
      sticky_session_cookie: matching(/^[A-Za-z0-9._-]{1,128}$/),
      ip_hash: flag,
      ssl_passthrough: flag,
      ssl_only: flag,
      max_fails: fc.nat(1_000_000).map(String),
      fail_timeout: fc.oneof(time, fc.nat(86_400).map(String)),
      ssl_backend: flag,
      ssl_backend_tls_verify: fc.constantFrom('none', 'required'),
    }).map(([label, values]) => [`com.docker.lb.${label}`, values]),
  ),
  ...Object.fromEntries(
    Object.entries({
      balance: fc.constantFrom('roundrobin', 'leastconn', 'random', 'source', 'uri'),
      compression: flag,
      retry_non_idempotent: flag,
      timeout_connect: time,
      timeout_server: time,
      timeout_queue: time,
      timeout_tunnel: time,
      health_check_path: matching(/^\/[A-Za-z0-9._~%@:+=/?&,-]{0,100}$/),
      health_check_status: matching(/^[1-5][0-9][0-9](,200-[2-5]99)?$/),
      health_check_host: matching(/^[a-z0-9]{1,20}(\.[a-z0-9]{1,20}){0,3}(:80)?$/),
      health_check_interval: time,
      allow: networks,
      deny: networks,
      rate_limit: matching(/^[1-9][0-9]{0,8}\/[1-9]?(s|m|h)$/),
      max_body_size: matching(/^[1-9][0-9]{0,2}[kmg]?$/),
      hsts: matching(/^[0-9]{1,10}(; includeSubDomains)?(; preload)?$/),
      proxy_protocol: fc.constantFrom('v1', 'v2'),
      weight: fc.nat(256).map(String),
      maintenance: flag,
      'request_header.X-A': header,
      'request_header.x_b': header,
      'response_header.X-C': header,
    }).map(([label, values]) => [ownPrefix + label, values]),
  ),
}

/** Any number of labels with good values. */
export const goodLabels = fc
  .record({ ...good }, { requiredKeys: [] })
  .map((given) => Object.fromEntries(Object.entries(given).map(([label, text = '']) => [label, text])))
