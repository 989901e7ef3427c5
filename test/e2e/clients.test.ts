// Labels as real clients meet them, on a real Swarm: curl over HTTP/1.1, HTTP/2 and TLS, and openssl.
// What each label does in full is test/integration/labels.test.ts's subject.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { appImage, type Stack, slowly, startStack } from './stack.ts'

let stack: Stack
let dir: TempDir
let address: string

type Labels = Readonly<Record<string, string>>

const services: Readonly<
  Record<string, { readonly lb?: Labels; readonly own?: Labels; readonly replicas?: number }>
> = {
  shop: {
    lb: {
      hosts: 'shop.local,old.local',
      ssl_cert: 'all.pem',
      ssl_only: 'true',
      redirects: 'https://old.local,https://shop.local/new',
    },
    own: { hsts: '31536000', 'response_header.X-Frame-Options': 'DENY', 'response_header.Server': '' },
  },
  api: {
    lb: { hosts: 'shop.local', context_root: '/api', context_root_rewrite: 'true' },
    own: { max_body_size: '1k', compression: 'true', rate_limit: '200/1m' },
  },
  sticky: { lb: { hosts: 'sticky.local', sticky_session_cookie: 'session' }, replicas: 3 },
  pinned: { lb: { hosts: 'pinned.local', ip_hash: 'true' }, replicas: 3 },
  guarded: { lb: { hosts: 'guarded.local' }, own: { allow: '198.51.100.0/24' } },
  tuned: {
    lb: { hosts: 'tuned.local', max_fails: '2', fail_timeout: '5s', websocket_endpoints: '/ws' },
    own: {
      weight: '10',
      balance: 'leastconn',
      timeout_server: '1s',
      health_check_path: '/health',
      health_check_interval: '1s',
      'request_header.X-Environment': 'staging',
    },
  },
  away: { lb: { hosts: 'away.local' }, own: { maintenance: 'true' } },
}

beforeAll(async () => {
  dir = await tempDir()
  stack = await startStack({ name: 'tgclient', nodes: 1, managers: 1 })
  address = stack.bed.node(0).address
  const { both } = await makeCertificate({ names: ['shop.local', 'old.local', '*.local'] })
  await writeFile(join(dir.path, 'all.pem'), both)
  await stack.docker('secret', 'create', 'all.pem', join(dir.path, 'all.pem'))
  await stack.docker('network', 'create', '-d', 'overlay', 'web')
  for (const [name, { lb = {}, own = {}, replicas = 1 }] of Object.entries(services)) {
    const labels = [
      'com.docker.lb.port=8080',
      ...Object.entries(lb).map(([label, value]) => `com.docker.lb.${label}=${value}`),
      ...Object.entries(own).map(([label, value]) => `com.tidegate.lb.${label}=${value}`),
    ].flatMap((label) => ['--label', label])
    const given = ['--network', 'web', '--replicas', String(replicas), '--env', `METADATA=${name}`]
    await stack.create(name, appImage.v1, ...given, ...labels)
  }
  await eventually(async () => (await curl('https://shop.local/')).status === 200, slowly)
  await stack.settled()
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stack.explain())
})

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
}, 120_000)

type Seen = {
  readonly status: number
  readonly version: string
  readonly headers: string
  readonly body: string
}

/** What curl is answered; certificates are signed by themselves. */
async function curl(url: string, ...more: readonly string[]): Promise<Seen> {
  const { hostname } = new URL(url)
  const resolve = ['80', '443'].flatMap((port) => ['--resolve', `${hostname}:${port}:${address}`])
  const options = ['--silent', '--insecure', '--include', '--max-time', '10', ...resolve, ...more]
  const text = await stack.bed.inClientNamespace(['curl', ...options, url])
  const end = text.search(/\r?\n\r?\n/)
  const [, version = '', status = '0'] = /^HTTP\/(\S+) (\d+)/.exec(text) ?? []
  return {
    status: Number(status),
    version,
    headers: text.slice(0, end).toLowerCase(),
    body: text.slice(end).trim(),
  }
}

async function taskOf(url: string, ...more: readonly string[]): Promise<string> {
  const { status, body } = await curl(url, ...more)
  expect(status).toBe(200)
  return /"task":"(\w+)"/.exec(body)?.[1] ?? ''
}

it('no label is a problem but that of a service in maintenance', async () => {
  const told = await stack.edge(0).exec('node', '/opt/tidegate/dist/main.js', 'check', '--json')
  expect(JSON.parse(told)).toMatchObject({ problems: [{ service: 'away', code: 'in-maintenance' }] })
})

describe('TLS', () => {
  it('is spoken over HTTP/2 and HTTP/1.1, in versions 1.3 and 1.2, and in none before', async () => {
    expect(await curl('https://shop.local/', '--http2')).toMatchObject({ status: 200, version: '2' })
    expect(await curl('https://shop.local/', '--http1.1')).toMatchObject({ status: 200, version: '1.1' })
    expect(await curl('https://shop.local/', '--tls-max', '1.2')).toMatchObject({ status: 200 })
    await expect(curl('https://shop.local/', '--tls-max', '1.1')).rejects.toThrow()
  })

  it('is refused to a name without a certificate', async () => {
    const args = ['openssl', 's_client', '-connect', `${address}:443`, '-servername', 'nobody.example']
    await expect(stack.bed.inClientNamespace(args)).rejects.toThrow(/unrecognized name/)
  })

  it('ssl_only, hsts: plain HTTP is sent to TLS, where clients are told to stay', async () => {
    const plain = await curl('http://shop.local/a?b=c')
    expect([plain.status, plain.headers]).toEqual([
      308,
      expect.stringContaining('location: https://shop.local/a?b=c'),
    ])
    expect((await curl('https://shop.local/')).headers).toContain(
      'strict-transport-security: max-age=31536000',
    )
  })

  it('redirects: a host over TLS is sent elsewhere, with path and query', async () => {
    const { status, headers } = await curl('https://old.local/a?b=c')
    expect([status, headers]).toEqual([
      302,
      expect.stringContaining('location: https://shop.local/new/a?b=c'),
    ])
  })
})

describe('paths, bodies and headers', () => {
  it('context_root and its rewrite, beside another service on the host', async () => {
    const bare = await curl('https://shop.local/api?x=1')
    expect([bare.status, bare.headers]).toEqual([301, expect.stringContaining('location: /api/?x=1')])
    expect(JSON.parse((await curl('https://shop.local/api/things')).body)).toMatchObject({ metadata: 'api' })
    expect(JSON.parse((await curl('https://shop.local/other')).body)).toMatchObject({ metadata: 'shop' })
  })

  it('max_body_size: 413', async () => {
    expect((await curl('https://shop.local/api/', '--data', 'x'.repeat(2000))).status).toBe(413)
    expect((await curl('https://shop.local/api/', '--data', 'x'.repeat(900))).status).toBe(200)
  })

  it('compression: for a client that takes it', async () => {
    const { headers } = await curl('https://shop.local/api/', '--compressed')
    expect(headers).toContain('content-encoding: gzip')
    expect((await curl('https://shop.local/api/')).headers).not.toContain('content-encoding')
  })

  it('response_header and request_header', async () => {
    const { headers } = await curl('https://shop.local/')
    expect(headers).toContain('x-frame-options: deny')
    expect(headers).not.toMatch(/^server:/m)
    expect(JSON.parse((await curl('http://tuned.local/headers')).body)).toMatchObject({
      'x-environment': 'staging',
    })
  })

  it('rate_limit: 429 beyond it', async () => {
    const many = Array.from({ length: 250 }, () => ['--resolve', `shop.local:443:${address}`])
      .slice(0, 1)
      .flat()
    const urls = 'https://shop.local/api/[1-250]'
    const told = await stack.bed.inClientNamespace([
      'curl',
      ...['--silent', '--insecure', '--output', '/dev/null', '--write-out', '%{http_code}\\n', ...many, urls],
    ])
    const statuses = told.trim().split('\n')
    expect(statuses.filter((status) => status === '200').length).toBeGreaterThan(100)
    expect(statuses.at(-1)).toBe('429')
  })
})

describe('who serves', () => {
  it('sticky_session_cookie: one cookie, one task', async () => {
    const cookies = Array.from({ length: 12 }, (_, index) => `session=client-${index}`)
    const first = await Promise.all(
      cookies.map((cookie) => taskOf('http://sticky.local/', '--cookie', cookie)),
    )
    const second = await Promise.all(
      cookies.map((cookie) => taskOf('http://sticky.local/', '--cookie', cookie)),
    )
    expect(second).toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(1)
  })

  it('ip_hash: one client, one task', async () => {
    const tasks = await Promise.all(Array.from({ length: 8 }, () => taskOf('http://pinned.local/')))
    expect(new Set(tasks).size).toBe(1)
  })

  it('allow: 403 for others; maintenance: 503', async () => {
    expect((await curl('http://guarded.local/')).status).toBe(403)
    expect((await curl('http://away.local/')).status).toBe(503)
  })

  it('timeout_server: 504; a websocket is let through', async () => {
    expect((await curl('http://tuned.local/slow?ms=5000')).status).toBe(504)
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    const headers = upgrade.map((header) => `-H '${header}'`).join(' ')
    // curl stays until its time is over, and ends with a fault then.
    const command = `curl -s -i -N --http1.1 -m 2 ${headers} --resolve tuned.local:80:${address} http://tuned.local/ws || :`
    const told = await stack.bed.inClientNamespace(['sh', '-c', command])
    expect(told).toContain('101 Switching Protocols')
  })
})
