// The labels that say whose requests a service takes, how many, and how large.

import { parseMaterialName } from './address-values.ts'
import { parseHsts } from './header-values.ts'
import { parseRate, parseSize } from './measure-values.ts'
import { parseNetworks } from './network-values.ts'
import { type LabelRow, ownPrefix, type ValuesOf } from './row.ts'

const row = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: ownPrefix + given.label })

const nobody: readonly string[] = []

export const accessRows = {
  allow: row({
    label: 'allow',
    type: 'comma list of addresses and networks',
    meaning:
      "Only clients with these addresses are served; others get 403. The edge must see the clients' addresses (host mode).",
    example: '10.0.0.0/8,2001:db8::/32',
    default: 'everybody',
    code: 'option-invalid',
    fallback: nobody,
    parse: parseNetworks,
  }),
  deny: row({
    label: 'deny',
    type: 'comma list of addresses and networks',
    meaning: 'Clients with these addresses get 403, also those that `allow` names.',
    example: '192.0.2.7',
    default: 'nobody',
    code: 'option-invalid',
    parse: parseNetworks,
  }),
  rateLimit: row({
    label: 'rate_limit',
    type: 'requests for a time',
    meaning:
      'A client address with more requests than this gets 429, until it asks less often. Each edge counts for itself.',
    example: '100/s',
    default: 'no limit',
    code: 'option-invalid',
    parse: parseRate,
  }),
  maxBodySize: row({
    label: 'max_body_size',
    type: 'size',
    meaning: "Requests with a larger body get 413; those that do not say their body's length get 411.",
    example: '10m',
    default: 'no limit',
    code: 'option-invalid',
    parse: parseSize,
  }),
  basicAuth: row({
    label: 'basic_auth',
    type: 'name of a secret, a config or a file',
    meaning:
      'Only users in this file are served, who say name and password (basic authentication); others get 401. A line for each: `name:hash`, as `mkpasswd -m sha-512` or `htpasswd -nB` make it. Without the file nobody is served (503).',
    example: 'demo-users',
    default: 'everybody',
    code: 'users-missing',
    fallback: '',
    parse: parseMaterialName,
  }),
  hsts: row({
    label: 'hsts',
    type: 'seconds, then includeSubDomains and preload where wanted',
    meaning: 'Answers over TLS tell browsers to come by TLS alone for so long (`Strict-Transport-Security`).',
    example: '31536000; includeSubDomains',
    code: 'option-invalid',
    parse: parseHsts,
  }),
}

export type AccessValues = ValuesOf<typeof accessRows>
