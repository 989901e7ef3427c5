// The admin interface over HTTP: on a unix socket, and on a TCP address where one is set. Read-only.
// Owns sockets, bounds, methods and who may read. Refuses to know what there is to read (site.ts).
//
// Plain node:http: there are a dozen paths without bodies, and a framework would cost more memory than all of them.

import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { formatAddress } from '../core/address.ts'
import { AgentError } from '../core/errors.ts'
import { challenge, type Guard } from './access.ts'
import { type Answer, answerToError, commonHeaders, refusal } from './answer.ts'
import type { History } from './history.ts'
import { BadRequest } from './query.ts'
import { openPaths, type Site, streamPath, subscriptionOf } from './site.ts'
import type { Streams } from './stream.ts'

/** Each listener has its own: a crowd at the TCP address does not keep the health check from the socket. */
const bounds = {
  connections: 64,
  streams: 32,
  requestMs: 5000,
  /** A connection that takes nothing, or says nothing, for so long is ended; the stream's heartbeat is faster. */
  silentMs: 30_000,
  keepAliveMs: 5000,
  headerBytes: 8192,
  requestsPerConnection: 1000,
} as const

export type Place =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly guard: Guard }

export type AdminOptions = {
  readonly site: Site
  readonly streams: Streams
  readonly history: Pick<History, 'run'>
  /** A bug while answering: the client is told no more than that, and the agent goes on. */
  readonly onBug: (error: unknown) => void
}

export type AdminServer = AsyncDisposable & {
  /** Where it listens: a path, or an address and a port. */
  readonly place: string
}

/**
 * Serves the admin interface in one place until it is disposed of. A socket that a dead agent left is replaced.
 * @throws AgentError `admin-unusable`
 */
export async function serveAdmin(place: Place, options: AdminOptions): Promise<AdminServer> {
  const stop = new AbortController()
  const guard = place.kind === 'tcp' ? place.guard : undefined
  const server = createServer(
    {
      requestTimeout: bounds.requestMs,
      headersTimeout: bounds.requestMs,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: bounds.keepAliveMs,
      maxHeaderSize: bounds.headerBytes,
    },
    (request, response) => void handle({ ...options, guard, stop: stop.signal }, request, response),
  )
  server.maxConnections = bounds.connections
  server.maxRequestsPerSocket = bounds.requestsPerConnection
  server.timeout = bounds.silentMs
  await listen(server, place)
  return {
    place: placeText(place),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      // Streams have just been ended in order; whoever does not take that is not waited for.
      setImmediate(() => server.closeAllConnections())
      await closed
    },
  }
}

async function listen(server: Server, place: Place): Promise<void> {
  try {
    if (place.kind === 'tcp') server.listen({ host: place.host, port: place.port })
    else {
      await rm(place.path, { force: true })
      server.listen({ path: place.path, readableAll: false, writableAll: false })
    }
    await once(server, 'listening')
    // Nobody but the agent's own user: the figures say what is published where.
    if (place.kind === 'socket') await chmod(place.path, 0o600)
  } catch (cause) {
    throw unusable(place, cause)
  }
}

function placeText(place: Place): string {
  return place.kind === 'tcp' ? formatAddress(place.host, place.port) : place.path
}

function unusable(place: Place, cause: unknown): AgentError {
  const where = placeText(place)
  const flag = place.kind === 'tcp' ? '--admin-bind' : '--admin-socket'
  return new AgentError('admin-unusable', `the admin interface cannot listen on ${where}: ${String(cause)}`, {
    hint: `Name another place with ${flag}, or \`off\`.`,
    cause,
  })
}

type Context = AdminOptions & { readonly guard: Guard | undefined; readonly stop: AbortSignal }

async function handle(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const asked = parseTarget(request.url ?? '')
    const refused = refusalOf(context, request, asked)
    if (refused !== undefined) send(response, request, refused)
    else if (asked?.path === streamPath) await stream(context, request, response, asked.query)
    else if (asked !== undefined) send(response, request, await context.site.answer(asked.path, asked.query))
  } catch (error) {
    if (error instanceof BadRequest)
      return send(response, request, refusal(400, 'bad-request', error.message))
    const known = answerToError(error)
    if (known === undefined && !context.stop.aborted) context.onBug(error)
    send(response, request, known ?? refusal(500, 'bug', 'the agent could not answer; its log says more'))
  }
}

type Asked = { readonly path: string; readonly query: URLSearchParams }

/** Undefined for a target that is no path, or has bad escapes in it. */
function parseTarget(url: string): Asked | undefined {
  const [, path = '', query = ''] = /^(\/[^?#]*)(?:\?([^#]*))?/.exec(url) ?? []
  try {
    return path === '' ? undefined : { path: decodeURIComponent(path), query: new URLSearchParams(query) }
  } catch {
    return undefined
  }
}

/** Paths are told apart only for those who may read: nobody else learns which there are. */
function refusalOf(
  { guard }: Context,
  request: IncomingMessage,
  asked: Asked | undefined,
): Answer | undefined {
  const { method = '', headers } = request
  if (method !== 'GET' && method !== 'HEAD') {
    const refused = refusal(405, 'method-not-allowed', `${method} is not allowed; everything here is read`)
    return { ...refused, headers: { allow: 'GET, HEAD' } }
  }
  const isOpen = asked !== undefined && openPaths.has(asked.path)
  if (guard !== undefined && !isOpen && !guard(headers.authorization)) {
    const refused = refusal(
      401,
      'token-missing',
      'this takes the token of the admin interface',
      'The log of the agent says where the token is.',
    )
    return { ...refused, headers: { 'www-authenticate': challenge } }
  }
  return asked === undefined
    ? refusal(400, 'bad-request', 'the path has bad escapes in it, or is none')
    : undefined
}

function send(response: ServerResponse, request: IncomingMessage, answer: Answer): void {
  if (response.headersSent) return void response.end()
  const { status, type, body, headers } = answer
  response.writeHead(status, {
    ...commonHeaders,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function stream(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { streams, history, stop } = context
  const id = request.headers['last-event-id']
  const asked = subscriptionOf(history, query, typeof id === 'string' ? id : undefined)
  if (streams.clients() >= bounds.streams)
    return send(
      response,
      request,
      refusal(503, 'too-many-streams', `${bounds.streams} clients follow already`),
    )
  response.writeHead(200, {
    ...commonHeaders,
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
  })
  if (request.method === 'HEAD') return void response.end()
  const left = new AbortController()
  response.once('close', () => left.abort())
  await streams.serve(response, asked, AbortSignal.any([left.signal, stop]))
  response.end()
}
