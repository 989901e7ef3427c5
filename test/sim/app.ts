// The demonstration application that every simulated task runs: it says who it is, and misbehaves when asked to.
// Owns the routes and the two manners of stopping. Refuses sockets and listeners (in-process-runtime.ts has those).
// For trying and testing only. `/ws` answers the upgrade and then echoes raw bytes: it speaks no WebSocket frames.

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'

export type AppOptions = {
  /** The container's name as Swarm writes it: `service.slot.taskid`. */
  readonly instance: string
  readonly service: string
  readonly task: string
  readonly node: string
  readonly image: string
  readonly env: Readonly<Record<string, string>>
  /** Ends the process, as `process.exit` does. */
  readonly exit: (code: number) => void
}

export type App = {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  readonly upgrade: (request: IncomingMessage, socket: Duplex) => void
  readonly healthy: () => boolean
  /** What SIGTERM means to it: `exit` ends at once, requests and all; `graceful` finishes what runs. */
  readonly onSigterm: 'exit' | 'graceful'
}

type Handler = (context: Context, exchange: Exchange) => Promise<void> | void
type Context = { readonly options: AppOptions; healthy: boolean }
type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly url: URL }

/**
 * Environment it understands: VERSION (else the image's tag), METADATA, ON_SIGTERM (`exit` or `graceful`),
 * HEALTHY_AFTER_MS (its health check fails until then), SERVER (its Server header).
 */
export function createApp(options: AppOptions): App {
  const { env } = options
  const healthyAfterMs = Number(env['HEALTHY_AFTER_MS'] ?? '0')
  const context: Context = { options, healthy: healthyAfterMs === 0 }
  if (!context.healthy) setTimeout(() => (context.healthy = true), healthyAfterMs).unref()
  return {
    handle: (request, response) => void answer(context, request, response),
    upgrade: (request, socket) => echo(request, socket),
    healthy: () => context.healthy,
    onSigterm: env['ON_SIGTERM'] === 'graceful' ? 'graceful' : 'exit',
  }
}

const routes: Readonly<Record<string, Handler>> = {
  '/echo': echoBody,
  '/crash': ({ options }) => options.exit(1),
  '/headers': (_context, { request, response }) => sendJson(response, 200, request.headers),
  '/health': answerHealth,
  '/slow': answerSlowly,
  '/status': answerStatus,
  '/stream': stream,
}

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://app')
  response.setHeader('Server', context.options.env['SERVER'] ?? 'tidegate-sim')
  if (!(request.headers.cookie ?? '').includes('session=')) {
    response.setHeader('Set-Cookie', `session=${context.options.task}; Path=/`)
  }
  try {
    await (routes[url.pathname] ?? introduce)(context, { request, response, url })
  } catch {
    // The client went away in the middle: nobody is left to answer.
    response.destroy()
  }
}

async function introduce(context: Context, { request, response }: Exchange): Promise<void> {
  const { options } = context
  const body = await digest(request)
  sendJson(response, 200, {
    instance: options.instance,
    service: options.service,
    task: options.task,
    node: options.node,
    version: versionOf(options),
    metadata: options.env['METADATA'] ?? '',
    request_id: request.headers['x-request-id'] ?? '',
    method: request.method,
    bytes_received: body.bytes,
    sha256: body.sha256,
  })
}

function versionOf(options: AppOptions): string {
  return options.env['VERSION'] ?? /:([\w.-]+)(@|$)/.exec(options.image)?.[1] ?? 'latest'
}

async function digest(request: IncomingMessage): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    hash.update(chunk)
  }
  return { bytes, sha256: bytes === 0 ? '' : hash.digest('hex') }
}

/** `POST /health?healthy=false` makes the health check fail from now on. */
function answerHealth(context: Context, { request, response, url }: Exchange): void {
  if (request.method === 'POST') context.healthy = url.searchParams.get('healthy') !== 'false'
  sendJson(response, context.healthy || request.method === 'POST' ? 200 : 503, { healthy: context.healthy })
}

/** The body comes back, headers and the whole of it in one write. */
async function echoBody(_context: Context, { request, response }: Exchange): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length })
  response.end(body)
}

async function answerSlowly(context: Context, exchange: Exchange): Promise<void> {
  await wait(numberOf(exchange.url, 'ms', 1000))
  await introduce(context, exchange)
}

function answerStatus(_context: Context, { response, url }: Exchange): void {
  const code = numberOf(url, 'code', 200)
  sendJson(response, code >= 200 && code <= 599 ? code : 400, { code })
}

/** A download of `chunks` pieces of 1 KiB over `ms` milliseconds. */
async function stream(_context: Context, { response, url }: Exchange): Promise<void> {
  const chunks = Math.max(1, numberOf(url, 'chunks', 10))
  const pauseMs = numberOf(url, 'ms', 1000) / chunks
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  await pipeline(async function* () {
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      yield Buffer.alloc(1024, 'x')
      await wait(pauseMs)
    }
  }, response)
}

function echo(request: IncomingMessage, socket: Duplex): void {
  const key = request.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.on('error', () => socket.destroy())
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.pipe(socket)
}

function numberOf(url: URL, name: string, fallback: number): number {
  const value = Number(url.searchParams.get(name) ?? fallback)
  return Number.isFinite(value) ? value : fallback
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}
