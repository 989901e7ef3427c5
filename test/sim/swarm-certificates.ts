// A swarm's own certificates: a root that nobody else knows, and a manager's certificate signed by it.
// Owns the calls of openssl. For trying and testing only: the keys are as good as public.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** As PEM. */
export type SwarmCertificates = {
  readonly root: string
  readonly rootKey: string
  readonly cert: string
  readonly key: string
}

/** Makes the certificate of a node with this role, of a new swarm or of the one that is given. */
export function createSwarmCertificates(
  role = 'swarm-manager',
  swarm?: SwarmCertificates,
): SwarmCertificates {
  const dir = mkdtempSync(join(tmpdir(), 'swarm-certificates-'))
  const path = (file: string) => join(dir, file)
  const read = (file: string) => readFileSync(path(file), 'utf8')
  try {
    if (swarm === undefined) {
      certify('-subj', '/CN=swarm-ca', '-keyout', path('root-key.pem'), '-out', path('root.pem'))
    } else {
      writeFileSync(path('root.pem'), swarm.root)
      writeFileSync(path('root-key.pem'), swarm.rootKey)
    }
    const signed = ['-CA', path('root.pem'), '-CAkey', path('root-key.pem')]
    const named = ['-subj', `/OU=${role}/CN=node`, '-addext', `subjectAltName=DNS:${role},DNS:node`]
    certify(...signed, ...named, '-keyout', path('key.pem'), '-out', path('cert.pem'))
    return {
      root: read('root.pem'),
      rootKey: read('root-key.pem'),
      cert: read('cert.pem'),
      key: read('key.pem'),
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function certify(...args: readonly string[]): void {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...newKey, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
}
