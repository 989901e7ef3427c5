// Certificates by Docker's secrets and configs on a real Swarm: a service names them, the agent has them mounted into the
// edge, and HAProxy shows them; a new name is a new certificate.

import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { appImage, type Stack, slowly, startStack } from './stack.ts'

let stack: Stack
let dir: TempDir

const docker = (...args: readonly string[]) => stack.docker(...args)

beforeAll(async () => {
  dir = await tempDir()
  stack = await startStack({ name: 'tgcert', nodes: 1, managers: 1 })
  await docker('network', 'create', '-d', 'overlay', 'web')
  await stack.update('edge_edge', '--env-add', 'TIDEGATE_HTTPS_BIND=:443')
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stack.explain())
})

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
}, 120_000)

async function store(kind: 'secret' | 'config', name: string, text: string): Promise<void> {
  const file = join(dir.path, name)
  await writeFile(file, text)
  await docker(kind, 'create', name, file)
}

const labels = (given: Readonly<Record<string, string>>) =>
  Object.entries(given).flatMap(([name, value]) => ['--label', `com.docker.lb.${name}=${value}`])

/** What the node shows to a client that asks for the host: the certificate's fingerprint. */
async function shownFor(host: string): Promise<string> {
  const { bed } = stack
  const args = ['s_client', '-connect', `${bed.node(0).address}:443`, '-servername', host]
  const printed = await new Promise<string>((resolve, reject) => {
    const command = ['netns', 'exec', `${bed.name}-lan`, 'openssl', ...args]
    const child = execFile('ip', command, { timeout: 10_000 }, (error, stdout) => {
      if (stdout.includes('BEGIN CERTIFICATE')) resolve(stdout)
      else reject(error ?? new Error(`no certificate for ${host}`))
    })
    child.stdin?.end()
  })
  const [pem = ''] = /-----BEGIN[\s\S]*?-----END CERTIFICATE-----/.exec(printed) ?? []
  return fingerprint(pem)
}

const fingerprint = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')

const shows = (host: string, { certificate }: TestCertificate) =>
  eventually(async () => (await shownFor(host)) === fingerprint(certificate), slowly)

it('shows the certificates of a secret and of a config, which the agent has had mounted', async () => {
  const [web, shop] = await Promise.all([
    makeCertificate({ names: ['web.local'] }),
    makeCertificate({ names: ['shop.local'] }),
  ])
  await store('secret', 'web.crt', web.certificate)
  await store('secret', 'web.key', web.key)
  await store('config', 'shop.pem', shop.both)
  const network = ['--network', 'web']
  const named = { port: '8080', hosts: 'web.local', ssl_cert: 'web.crt', ssl_key: 'web.key' }
  await stack.create('web', appImage.v1, ...network, ...labels(named))
  const combined = { port: '8080', hosts: 'shop.local', ssl_cert: 'shop.pem' }
  await stack.create('shop', appImage.v1, ...network, ...labels(combined))
  await shows('web.local', web)
  await shows('shop.local', shop)
  const edge = stack.edge(0)
  const listed = await edge.exec('ls', '-ln', '/run/secrets', '/run/configs')
  expect(listed.match(/^-r--------\s+1\s+0\s+0\s.*(web\.crt|web\.key|shop\.pem)$/gm)).toHaveLength(3)
})

it('follows a label to a new secret, and takes the old one out, so that it can be removed', async () => {
  const renewed = await makeCertificate({ names: ['web.local'] })
  await store('secret', 'web-2.pem', renewed.both)
  await docker('service', 'update', '--detach=false', '--quiet', ...renaming, 'web')
  await shows('web.local', renewed)
  await eventually(async () => docker('secret', 'rm', 'web.crt', 'web.key'), slowly)
})

const renaming = [
  ...['--label-add', 'com.docker.lb.ssl_cert=web-2.pem'],
  ...['--label-rm', 'com.docker.lb.ssl_key'],
]
