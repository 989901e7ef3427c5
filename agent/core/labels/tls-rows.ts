// The labels that say how a service's hosts speak TLS, and which requests are sent elsewhere.

import { parseMaterialName, parseRedirects } from './address-values.ts'
import { type LabelRow, labelPrefix, type ValuesOf } from './row.ts'
import { parseBoolean } from './values.ts'

const row = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: labelPrefix + given.label })

export const tlsRows = {
  redirects: row({
    label: 'redirects',
    type: 'list of from,to pairs, separated by semicolons',
    meaning:
      "Requests for one of the service's hosts are redirected (302), with their path and query, to another address.",
    example: 'http://old.demo.local,https://demo.local',
    code: 'redirect-invalid',
    parse: parseRedirects,
  }),
  sslCert: row({
    label: 'ssl_cert',
    type: 'name of a secret, a config or a file',
    meaning:
      "The certificate for the service's hosts, its chain behind it; with the private key in the same file, or beside it by `ssl_key`.",
    example: 'demo.local.pem',
    code: 'certificate-missing',
    parse: parseMaterialName,
  }),
  sslKey: row({
    label: 'ssl_key',
    type: 'name of a secret, a config or a file',
    meaning: 'The private key of the certificate, where that is in another file.',
    example: 'demo.local.key',
    code: 'certificate-missing',
    parse: parseMaterialName,
  }),
  sslPassthrough: row({
    label: 'ssl_passthrough',
    type: 'true or false',
    meaning:
      "TLS connections for the service's hosts go to its tasks as they are: the tasks have the certificate. The hosts are not served by plain HTTP.",
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
}

export type TlsValues = ValuesOf<typeof tlsRows>
