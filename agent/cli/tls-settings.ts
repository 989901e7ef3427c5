// The settings of TLS, rows of the settings' table.
// Refuses all others (settings-table.ts).

import { bindAddress } from './address-kinds.ts'
import { choice, cipherList, integer, listOf, orWord, path } from './setting-kinds.ts'
import type { SettingRow, SettingValues } from './setting-values.ts'

/** Mozilla's "intermediate" list: forward secrecy and authenticated encryption only (Server Side TLS, 5.7). */
const ciphers =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305'
const ciphersuites = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/** In the folder of the runtime socket: HAProxy hands itself connections that it has looked at the server name of. */
export const tlsSocketName = 'tls.sock'

const fixed = (text: string) => ({ words: text, text: () => text })

export type TlsSettingKey = Extract<
  keyof SettingValues,
  'https-bind' | 'https-port' | 'certificates' | `tls-${string}`
>

export const tlsSettings: { readonly [K in TlsSettingKey]: SettingRow<SettingValues[K]> } = {
  'https-bind': {
    group: 'TLS',
    kind: orWord('off', [], listOf(bindAddress)),
    default: fixed('off'),
    meaning: 'Where HAProxy listens for TLS; `off`: nowhere. The image says `:443`.',
  },
  'https-port': {
    group: 'TLS',
    kind: integer(1, 65_535),
    default: fixed('443'),
    meaning: 'The port that clients reach it at, for redirects from plain HTTP.',
  },
  certificates: {
    group: 'TLS',
    kind: orWord('off', undefined, path),
    default: fixed('off'),
    meaning:
      'A folder of certificates and keys in PEM, in one file (`a.pem`) or two (`a.crt`, `a.key`). Each is shown for the names in it, and can be named by `com.docker.lb.ssl_cert`; what changes in the folder goes live.',
  },
  'tls-min-version': {
    group: 'TLS',
    kind: choice('TLSv1.2', 'TLSv1.3'),
    default: fixed('TLSv1.2'),
    meaning: 'The oldest version of TLS that is spoken.',
  },
  'tls-ciphers': {
    group: 'TLS',
    kind: orWord('modern', ciphers, cipherList),
    default: fixed('modern'),
    meaning:
      'The ciphers of TLS 1.2, as OpenSSL names them. `modern`: with forward secrecy and authenticated encryption only.',
  },
  'tls-ciphersuites': {
    group: 'TLS',
    kind: orWord('modern', ciphersuites, cipherList),
    default: fixed('modern'),
    meaning: 'The ciphers of TLS 1.3.',
  },
}
