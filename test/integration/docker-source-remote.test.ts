// The Docker source and an engine on another machine: TLS, and a connection whose peer is gone without a word.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { parseEndpoint } from '../../agent/docker/endpoint.ts'
import { remoteKeepalive, tuneSocket } from '../../agent/docker/keepalive.ts'
import { createSwarmSource, readSwarm, type SwarmSourceOptions } from '../../agent/swarm/source.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

const never = new AbortController().signal

function sourceOf(
  endpoint: SwarmSourceOptions['endpoint'],
  more: Partial<SwarmSourceOptions> = {},
): SwarmSourceOptions {
  return { endpoint, edgeNetworks: 'every', hostname: '', ...more }
}

/** Runs a command that a test needs; fails with what to install where it is missing. */
function run(packageName: string, command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new Error(
      isMissing
        ? `${command} is missing: apt-get install ${packageName}`
        : `${command} ${args.join(' ')}: ${cause}`,
      { cause },
    )
  }
}

/** An engine without services: its lists are empty, its event stream opens and says nothing. */
const emptyEngine: RequestListener = (request, response) => {
  response.setHeader('content-type', 'application/json')
  if (request.url?.startsWith('/events')) response.flushHeaders()
  else response.end('[]\n')
}

async function listen(
  server: Server,
  host = '127.0.0.1',
): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An authority, a server's and a client's certificate, the latter two signed by it, as DOCKER_CERT_PATH wants them. */
async function certificates() {
  const dir = await tempDir()
  const path = (name: string) => join(dir.path, name)
  const openssl = (...args: readonly string[]) => run('openssl', 'openssl', ...args)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-subj',
    '/CN=authority',
    '-keyout',
    path('ca-key.pem'),
    '-out',
    path('ca.pem'),
  )
  const issue = (name: string, ...more: readonly string[]) =>
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-CA',
      path('ca.pem'),
      '-CAkey',
      path('ca-key.pem'),
      '-subj',
      `/CN=${name}`,
      ...more,
    )
  issue(
    'engine',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    path('server-key.pem'),
    '-out',
    path('server.pem'),
  )
  issue('agent', '-keyout', path('key.pem'), '-out', path('cert.pem'))
  return { dir, read: (name: string) => readFileSync(path(name), 'utf8') }
}

test('shows the engine a client certificate, and believes only an engine whose certificate the authority signed', async () => {
  const { dir, read } = await certificates()
  await using _ = dir
  const clients: string[] = []
  const tls = {
    key: read('server-key.pem'),
    cert: read('server.pem'),
    ca: read('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  }
  const server = createTlsServer(tls, emptyEngine)
  server.on('secureConnection', (socket: TLSSocket) =>
    clients.push(String(socket.getPeerCertificate().subject.CN)),
  )
  await using engine = await listen(server)
  const variables = {
    DOCKER_HOST: `tcp://127.0.0.1:${engine.port}`,
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: dir.path,
  }
  const endpoint = parseEndpoint(variables, (path) => readFileSync(path, 'utf8'))
  expect((await readSwarm(sourceOf(endpoint), never)).services).toEqual([])
  expect(clients).toEqual(['agent'])

  const strangers = await certificates()
  await using __ = strangers.dir
  const stranger = parseEndpoint(variables, (path) =>
    path.endsWith('/ca.pem') ? strangers.read('ca.pem') : readFileSync(path, 'utf8'),
  )
  await expect(readSwarm(sourceOf(stranger), never)).rejects.toMatchObject({
    code: 'docker-refused',
    hint: expect.stringContaining('ca.pem'),
  })
  const plain = { ...endpoint, tls: undefined }
  await expect(readSwarm(sourceOf(plain), never)).rejects.toMatchObject({ code: 'docker-unreachable' })
})

test('says how to turn TLS on when the engine wants it', async () => {
  await using engine = await listen(
    createServer((_, response) =>
      response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
    ),
  )
  const reading = readSwarm(
    sourceOf({ kind: 'tcp', host: '127.0.0.1', port: engine.port, tls: undefined }),
    never,
  )
  await expect(reading).rejects.toMatchObject({ hint: expect.stringContaining('DOCKER_TLS_VERIFY') })
})

test('sets keepalive and user timeout on TCP, and does no harm to a unix socket', async () => {
  await using engine = await listen(createServer(emptyEngine))
  const socket = connect(engine.port, '127.0.0.1')
  await once(socket, 'connect')
  expect(tuneSocket(socket, remoteKeepalive)).toBe('full')
  expect(run('iproute2', 'ss', '-tno', `dport = :${engine.port}`)).toMatch(
    /timer:\(keepalive,[34](\.\d+)?(sec|ms)?/,
  )
  socket.destroy()

  await using dir = await tempDir()
  const local = createServer(emptyEngine).listen(join(dir.path, 's'))
  const unix = connect(join(dir.path, 's'))
  await once(unix, 'connect')
  expect(tuneSocket(unix, remoteKeepalive)).toBe('basic')
  unix.destroy()
  await new Promise((resolve) => local.close(resolve))
})

/** A machine of its own, as far as TCP can tell: a network namespace behind a veth pair, with an empty engine in it. */
async function createMachine() {
  const id = process.pid.toString(36)
  const [space, near, far] = [`tg-${id}`, `tgn${id}`, `tgf${id}`]
  const ip = (...args: readonly string[]) => run('iproute2', 'ip', ...args)
  ip('netns', 'add', space)
  const remove = () => ip('netns', 'del', space)
  try {
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space)
    ip('address', 'add', '198.18.77.1/30', 'dev', near)
    ip('link', 'set', near, 'up')
    ip('-n', space, 'address', 'add', '198.18.77.2/30', 'dev', far)
    ip('-n', space, 'link', 'set', far, 'up')
  } catch (error) {
    remove()
    throw error
  }
  const program = `
    const server = require('node:http').createServer(${emptyEngine.toString()})
    server.listen(0, '198.18.77.2', () => console.log(server.address().port))
    process.stdin.on('end', () => process.exit()).resume()`
  const child = spawn('ip', ['netns', 'exec', space, process.execPath, '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  return {
    endpoint: { kind: 'tcp', host: '198.18.77.2', port: Number(line), tls: undefined } as const,
    // No packet leaves the machine any more, and nobody is told: neither end gets a reset or an unreachable.
    cut: () => ip('-n', space, 'route', 'add', 'blackhole', '198.18.77.1/32'),
    heal: () => ip('-n', space, 'route', 'del', 'blackhole', '198.18.77.1/32'),
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit')
      child.stdin.end()
      await exited
      remove()
    },
  }
}

test('notices within 15 s that the event stream is half-open, and opens it anew', async () => {
  await using machine = await createMachine()
  const stop = new AbortController()
  const hour = 3_600_000
  // Nothing but the kernel may notice: no list is due, and no deadline runs.
  const cadence = { quietMs: hour, fullMs: hour, movingMs: hour }
  const source = createSwarmSource(
    sourceOf(machine.endpoint, { cadence, deadlineMs: hour, eventSilenceMs: hour }),
  )
  const snapshots = source.snapshots(stop.signal)[Symbol.asyncIterator]()
  await snapshots.next()
  const end = snapshots.next()
  await eventually(() => source.status().events.isOpen)
  await eventually(() => source.status().lists >= 4)

  machine.cut()
  const cutAtMs = performance.now()
  await eventually(() => source.status().events.trouble !== undefined, { timeoutMs: 20_000 })
  expect(performance.now() - cutAtMs).toBeLessThan(15_000)
  expect(source.status().events.trouble?.message).toContain('the connection broke off')

  machine.heal()
  await eventually(() => source.status().events.opened === 2, { timeoutMs: 20_000 })
  stop.abort()
  expect((await end).done).toBe(true)
}, 60_000)
