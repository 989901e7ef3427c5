// Certificates for tests, made by `openssl`: self-signed, each with an EC key of its own.
// Owns the commands. Refuses authorities: what is tested is which certificate is served, not whether it is trusted.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tempDir } from './temp-dir.ts'

const run = promisify(execFile)

export type CertificateFacts = {
  /** DNS names; the first one is the common name too. */
  readonly names: readonly string[]
  /** How long it holds from its start on; 90 unless given. */
  readonly days?: number
  /** When it begins to hold; an hour ago unless given. */
  readonly from?: Date
  /** An EC key on P-256 unless given: any other that `openssl genpkey` makes, as its options. */
  readonly key?: readonly string[]
  /** Names in the certificate's subject only, as before there were alternative names. */
  readonly hasCommonNameOnly?: boolean
}

/** PEM, each with its last line ended. */
export type TestCertificate = { readonly certificate: string; readonly key: string; readonly both: string }

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const defaultKey = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']

/** Makes a certificate, in some 20 ms. */
export async function makeCertificate(facts: CertificateFacts): Promise<TestCertificate> {
  const { names, days = 90, from = new Date(Date.now() - hourMs) } = facts
  await using dir = await tempDir()
  const path = (name: string) => join(dir.path, name)
  await writeFile(path('ca.cnf'), authority(dir.path))
  await writeFile(path('index'), '')
  const alternative = names.map((name) => `DNS:${name}`).join(',')
  await run('openssl', ['genpkey', ...(facts.key ?? defaultKey), '-out', path('key')])
  await run('openssl', [
    ...['req', '-new', '-key', path('key'), '-out', path('csr')],
    ...['-subj', `/CN=${names[0] ?? ''}`],
    ...(facts.hasCommonNameOnly === true ? [] : ['-addext', `subjectAltName=${alternative}`]),
  ])
  // `openssl req -x509` takes no start before OpenSSL 3.4.
  await run('openssl', [
    ...['ca', '-batch', '-selfsign', '-notext', '-config', path('ca.cnf')],
    ...['-keyfile', path('key'), '-in', path('csr'), '-out', path('certificate')],
    ...['-startdate', timeOf(from), '-enddate', timeOf(new Date(from.getTime() + days * dayMs))],
  ])
  const [certificate, key] = await Promise.all([
    readFile(path('certificate'), 'utf8'),
    readFile(path('key'), 'utf8'),
  ])
  return { certificate, key, both: certificate + key }
}

/** GeneralizedTime: of the years beyond 2049 too. */
function timeOf(date: Date): string {
  return `${date.toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')}Z`
}

/** The least that `openssl ca` asks for. */
function authority(dir: string): string {
  return `[ca]
default_ca = self
[self]
database = ${dir}/index
new_certs_dir = ${dir}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`
}
