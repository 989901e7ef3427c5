// TLS on a real HAProxy: which certificate is shown to whom, and that certificates come and go without a reload.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { ask } from '../support/client.ts'
import { type Edge, freePort, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { freshCertificates } from '../support/fresh-haproxy.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { askHttp2, askTls, shakeHands } from '../support/tls-client.ts'

let dir: TempDir
let swarm: SimulatedSwarm
let edge: Edge
let folder: string
let tlsPort: number
let first: TestCertificate

const labels = (given: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`com.docker.lb.${name}`, value]))

beforeAll(async () => {
  dir = await tempDir()
  folder = join(dir.path, 'certs')
  await mkdir(folder)
  first = await makeCertificate({ names: ['web.local', '*.web.local'] })
  await put('web.pem', first.both)
  swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  await swarm.createNetwork('demo')
  create('web', { hosts: 'web.local,*.web.local' })
  create('other', { hosts: 'other.local' })
  tlsPort = await freePort()
  edge = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'run'),
    flags: { 'https-bind': `127.0.0.1:${tlsPort}`, 'https-port': String(tlsPort), certificates: folder },
  })
  await edge.settled()
}, 30_000)

afterAll(async () => {
  await edge?.[Symbol.asyncDispose]()
  await swarm?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
})

function create(name: string, given: Readonly<Record<string, string>>): void {
  swarm.createService({ name, replicas: 2, networks: ['demo'], port: 8080, labels: labels(given) })
}

/** As a good tool writes: whole, under another name, and then moved. */
async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${name}.new`), text)
  await rename(join(folder, `.${name}.new`), join(folder, name))
}

const shown = async (host: string | undefined) => {
  const handshake = await shakeHands(tlsPort, host)
  return handshake.kind === 'shown' ? handshake.commonName : handshake.kind
}

/** Waits for what a host is shown; resolves to how many reloads that has cost. */
async function showing(host: string, expected: string, change: () => unknown): Promise<number> {
  const before = edge.status().counters.reloads
  await change()
  await eventually(async () => (await shown(host)) === expected, { timeoutMs: 10_000 })
  await edge.settled()
  return edge.status().counters.reloads - before
}

/** Removes a service, and waits until HAProxy has nothing of it any more. */
async function gone(name: string): Promise<void> {
  // What a reload has just begun is known as somebody's only once it was looked at.
  await edge.settled()
  swarm.removeService(name)
  const isThere = () =>
    [...(edge.status().observed?.backends.values() ?? [])].some(({ source }) =>
      source?.services.some((service) => service.name === name),
    )
  await eventually(() => !isThere(), { timeoutMs: 10_000 })
  await edge.settled()
}

const problemsOf = (service: string) =>
  edge
    .status()
    .problems.filter((problem) => problem.service === service)
    .map(({ code }) => code)

describe('certificates in the folder', () => {
  test('a certificate is shown for the names in it, to nobody else, and over HTTP/2 too', async () => {
    expect(await shown('web.local')).toBe('web.local')
    expect(await shown('a.web.local')).toBe('web.local')
    expect(await shown('other.local')).toBe('refused')
    expect(await shown(undefined)).toBe('refused')
    expect(await askHttp2(tlsPort, 'web.local')).toBe(200)
  })

  test('tasks learn that the client came by TLS, and plain HTTP goes on', async () => {
    const secure = await askTls({ port: tlsPort, host: 'web.local', path: '/headers' })
    expect(JSON.parse(secure.body)).toMatchObject({
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
    })
    const plain = await ask({ port: edge.port, host: 'web.local', path: '/headers' })
    expect(JSON.parse(plain.body)).toMatchObject({ 'x-forwarded-proto': 'http' })
  })

  test('one that comes, is renewed and goes is live', async () => {
    const [came, renewed] = await Promise.all([
      makeCertificate({ names: ['other.local'] }),
      makeCertificate({ names: ['other.local'], days: 200 }),
    ])
    expect(await showing('other.local', 'other.local', () => put('other.pem', came.both))).toBe(0)
    const before = await shakeHands(tlsPort, 'other.local')
    await put('other.pem', renewed.both)
    await eventually(async () => {
      const now = await shakeHands(tlsPort, 'other.local')
      return now.kind === 'shown' && before.kind === 'shown' && now.fingerprint !== before.fingerprint
    })
    expect(await showing('other.local', 'refused', () => rm(join(folder, 'other.pem')))).toBe(0)
  })

  test('while one is renewed no handshake fails', async () => {
    let isOver = false
    const seen = new Set<string>()
    const shaking = (async () => {
      while (!isOver) seen.add((await shakeHands(tlsPort, 'web.local')).kind)
    })()
    for (let round = 0; round < 5; round++) {
      const next = await makeCertificate({ names: ['web.local', '*.web.local'], days: 100 + round })
      const before = await shakeHands(tlsPort, 'web.local')
      await put('web.pem', next.both)
      await eventually(async () => {
        const now = await shakeHands(tlsPort, 'web.local')
        return now.kind === 'shown' && before.kind === 'shown' && now.fingerprint !== before.fingerprint
      })
    }
    isOver = true
    await shaking
    expect([...seen]).toEqual(['shown'])
  })

  test('one that HAProxy does not take is left out, and nobody else is disturbed', async () => {
    const weak = await makeCertificate({
      names: ['other.local'],
      key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:512'],
    })
    const { reloads } = edge.status().counters
    await put('weak.pem', weak.both)
    await eventually(() => edge.source !== undefined && edge.status().isSettled)
    expect(await shown('web.local')).toBe('web.local')
    const good = await makeCertificate({ names: ['third.local'] })
    expect(await showing('third.local', 'third.local', () => put('third.pem', good.both))).toBe(0)
    expect(await shown('other.local')).toBe('refused')
    expect(edge.status().counters.reloads).toBe(reloads)
    await Promise.all([rm(join(folder, 'weak.pem')), rm(join(folder, 'third.pem'))])
    await edge.settled()
  })
})

describe('certificates by label', () => {
  test('a service names its certificate, and its key beside it', async () => {
    const { certificate, key } = await makeCertificate({ names: ['named.local'] })
    await put('named.crt', certificate)
    await put('named.key', key)
    create('named', { hosts: 'named.local,alias.local', ssl_cert: 'named.crt', ssl_key: 'named.key' })
    await eventually(async () => (await shown('alias.local')) === 'named.local', { timeoutMs: 10_000 })
    await edge.settled()
    expect(problemsOf('named')).toEqual(['certificate-other-names'])
  })

  test('another certificate by the label is live', async () => {
    const next = await makeCertificate({ names: ['named.example', 'named.local', 'alias.local'] })
    await put('next.pem', next.both)
    const reloads = await showing('alias.local', 'named.example', () =>
      swarm.updateService('named', { labels: labels({ ssl_cert: 'next.pem', ssl_key: 'next.pem' }) }),
    )
    expect(reloads).toBe(0)
    expect(problemsOf('named')).toEqual([])
  })

  test.for([
    ['absent.pem', '', 'certificate-missing'],
    ['broken.pem', 'no certificate at all', 'certificate-broken'],
    ['mixed.pem', 'mixed', 'certificate-broken'],
    ['old.pem', 'expired', 'certificate-expired'],
  ] as const)('%s is a problem of that service alone', async ([name, content, code]) => {
    const [a, b] = await Promise.all([
      makeCertificate({ names: ['bad.local'], from: new Date('2020-01-01'), days: 30 }),
      makeCertificate({ names: ['bad.local'] }),
    ])
    const text = content === 'mixed' ? b.certificate + a.key : content === 'expired' ? a.both : content
    if (text !== '') await put(name, text)
    create('bad', { hosts: 'bad.local', ssl_cert: name })
    await eventually(() => problemsOf('bad').length > 0, { timeoutMs: 10_000 })
    await edge.settled()
    expect(problemsOf('bad')).toEqual([code])
    await eventually(async () => (await ask({ port: edge.port, host: 'bad.local' })).status === 200)
    expect(await shown('web.local')).toBe('web.local')
    await gone('bad')
  })
})

describe('redirects', () => {
  test('a host is sent elsewhere with path and query, live, and back again', async () => {
    create('moved', { hosts: 'old.local,new.local' })
    await eventually(async () => (await ask({ port: edge.port, host: 'old.local' })).status === 200)
    await edge.settled()
    const { reloads } = edge.status().counters
    const redirects = (text: string | undefined) =>
      swarm.updateService('moved', { labels: { 'com.docker.lb.redirects': text } })
    redirects('http://old.local,http://new.local/base/')
    await eventually(async () => (await ask({ port: edge.port, host: 'old.local' })).status === 302)
    const answer = await ask({ port: edge.port, host: 'old.local', path: '/a/b?c=d' })
    expect(answer.headers.location).toBe('http://new.local/base/a/b?c=d')
    expect((await ask({ port: edge.port, host: 'new.local' })).status).toBe(200)
    redirects(undefined)
    await eventually(async () => (await ask({ port: edge.port, host: 'old.local' })).status === 200)
    expect(edge.status().counters.reloads).toBe(reloads)
  })
})

describe('passthrough', () => {
  test('connections go to the tasks as they are, beside hosts whose TLS ends at the edge', async () => {
    const own = await makeCertificate({ names: ['pass.local'] })
    swarm.createService({
      name: 'pass',
      replicas: 1,
      networks: ['demo'],
      port: 8080,
      labels: labels({ hosts: 'pass.local' }),
    })
    await edge.settled()
    const address = [...(edge.status().observed?.backends.get('pass.local')?.servers.values() ?? [])][0]
      ?.address
    const ownPort = await freePort()
    const server = createServer({ cert: own.certificate, key: own.key }, (socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\npass')
    })
    const open = new Set<Socket>()
    server.on('connection', (socket: Socket) => open.add(socket))
    await new Promise<void>((resolve) => server.listen(ownPort, address, resolve))
    swarm.updateService('pass', { labels: labels({ port: String(ownPort), ssl_passthrough: 'true' }) })
    await eventually(async () => (await shown('pass.local')) === 'pass.local', { timeoutMs: 15_000 })
    expect((await askTls({ port: tlsPort, host: 'pass.local' })).body).toBe('pass')
    expect(await shown('web.local')).toBe('web.local')
    const behind = await askTls({ port: tlsPort, host: 'web.local', path: '/headers' })
    expect(JSON.parse(behind.body)).toMatchObject({
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
    })
    expect(await shown('nobody.local')).toBe('refused')
    expect((await ask({ port: edge.port, host: 'pass.local' })).status).toBe(503)
    server.close()
    for (const socket of open) socket.destroy()
    await gone('pass')
    expect(await shown('web.local')).toBe('web.local')
  })
})

describe('the default', () => {
  const reloadsBy = async (change: () => unknown, holds: () => Promise<boolean>) => {
    const before = edge.status().counters.reloads
    await change()
    await eventually(holds, { timeoutMs: 10_000 })
    await edge.settled()
    return edge.status().counters.reloads - before
  }

  test('a file called default.pem is shown where there is no other, by one reload; so is no more', async () => {
    const own = await makeCertificate({ names: ['default.example'] })
    const came = await reloadsBy(
      () => put('default.pem', own.both),
      async () => (await shown('nobody.local')) === 'default.example',
    )
    expect(await shown(undefined)).toBe('default.example')
    expect(await shown('web.local')).toBe('web.local')
    expect((await askTls({ port: tlsPort, host: 'nobody.local' })).status).toBe(503)
    const went = await reloadsBy(
      () => rm(join(folder, 'default.pem')),
      async () => (await shown('nobody.local')) === 'refused',
    )
    expect([came, went]).toEqual([1, 1])
  })

  test('a service that answers for every host answers for every server name, with its certificate', async () => {
    const own = await makeCertificate({ names: ['any.example'] })
    await put('any.pem', own.both)
    create('any', { default_backend: 'true', ssl_cert: 'any.pem' })
    await eventually(async () => (await shown('nobody.local')) === 'any.example', { timeoutMs: 10_000 })
    const answer = await eventually(async () => {
      const { status, body } = await askTls({ port: tlsPort, host: 'nobody.local' })
      return status === 200 ? body : undefined
    })
    expect(JSON.parse(answer ?? '{}')).toMatchObject({ service: 'any' })
    swarm.removeService('any')
    await eventually(async () => (await shown('nobody.local')) === 'refused', { timeoutMs: 10_000 })
    await edge.settled()
  })

  test('one that HAProxy does not take is left out when the configuration is checked', async () => {
    const weak = await makeCertificate({
      names: ['weak.local'],
      key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
    })
    await put('default.pem', weak.both)
    const good = await makeCertificate({ names: ['after.local'] })
    await put('after.pem', good.both)
    await eventually(async () => (await shown('after.local')) === 'after.local', { timeoutMs: 10_000 })
    await edge.settled()
    expect(await shown('web.local')).toBe('web.local')
    await Promise.all([rm(join(folder, 'default.pem')), rm(join(folder, 'after.pem'))])
    await edge.settled()
  })
})

test('HAProxy 3.0 takes certificates live as well, whose socket asks for each line of a payload', async () => {
  const port = await freePort()
  await using old = await startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'old'),
    branch: '3.0',
    flags: { 'https-bind': `127.0.0.1:${port}`, certificates: folder },
  })
  await old.settled()
  const { reloads } = old.status().counters
  const own = await makeCertificate({ names: ['late.local'] })
  const isShown = async (expected: string) => {
    const handshake = await shakeHands(port, 'late.local')
    return (handshake.kind === 'shown' ? handshake.commonName : handshake.kind) === expected
  }
  expect(await isShown('refused')).toBe(true)
  await put('late.pem', own.both)
  await eventually(() => isShown('late.local'))
  await rm(join(folder, 'late.pem'))
  await eventually(() => isShown('refused'))
  await old.settled()
  expect(old.status().counters.reloads).toBe(reloads)
  expect(old.told.troubles).toEqual([])
})

test('plain HTTP of a service with ssl_only is sent to TLS, and POST stays POST', async () => {
  create('only', { hosts: 'only.local', ssl_only: 'true' })
  const answer = await eventually(async () => {
    const given = await ask({ port: edge.port, host: 'only.local', path: '/a?b=c', method: 'POST' })
    return given.status === 503 ? undefined : given
  })
  expect([answer?.status, answer?.headers.location]).toEqual([308, `https://only.local:${tlsPort}/a?b=c`])
  await gone('only')
})

test('a HAProxy that starts from the files shows the same certificates', async () => {
  await edge.settled()
  const { binary, runDir } = edge.settings.haproxy
  const live = edge.status().observed?.certificates
  expect(await freshCertificates({ binary, runDir })).toEqual(
    [...(live?.values() ?? [])].map(({ file, hosts }) => `${file} ${hosts.join(' ')}`).sort(),
  )
})
