// The requests to the engine, as bytes.
// Owns dockerode and the sockets. Refuses to parse: lists are megabytes, and most of the time nothing in them has changed.

import http from 'node:http'
import https from 'node:https'
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import type DockerModem from 'docker-modem'
import Dockerode from 'dockerode'
import { AgentError } from '../core/errors.ts'
import { readBody, TooLongError } from './body.ts'
import { withDeadline } from './deadline.ts'
import { type DockerEndpoint, endpointText } from './endpoint.ts'
import { remoteKeepalive, tuneSocket } from './keepalive.ts'
import { badReply, troubleOfSocket, troubleOfStatus } from './trouble.ts'

export type Docker = {
  /**
   * The body of a GET that answers 200 with JSON; `like` itself if it has the same bytes.
   * Throws AgentError for everything else, an answer that is late or too long included.
   */
  readonly get: (request: Request, like: Buffer, signal: AbortSignal) => Promise<Buffer>
  /**
   * The body of a GET that never ends, once its head has come. Abort `signal` to be rid of it, in every case.
   * Throws AgentError; reading on throws what the socket does.
   */
  readonly follow: (request: Request, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>
  /** `troubleOfSocket` for this engine. */
  readonly trouble: (cause: unknown, request: Request) => AgentError
  readonly close: () => void
}

/** An engine that may also be changed. */
export type WritableDocker = Docker & {
  /**
   * Changes something; resolves to the body.
   * Throws AgentError for every answer but 200 and 201.
   */
  readonly post: (change: Change, signal: AbortSignal) => Promise<Buffer>
}

export type Request = {
  /** With a leading slash, without a query. */
  readonly path: string
  readonly filters?: Readonly<Record<string, readonly string[]>>
  readonly query?: Readonly<Record<string, string>>
}

export type Change = {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: object
}

export type DockerOptions = {
  readonly endpoint: DockerEndpoint
  readonly deadlineMs: number
  readonly listBytesMax: number
}

/** As much of an error's body as is read. */
const errorBytesMax = 16 * 1024

/** Throws AgentError `settings-invalid` for certificates that do not fit together. Connects when first asked for something. */
export function createDocker(options: DockerOptions): WritableDocker {
  const { endpoint } = options
  const lists = createAgent(endpoint, true)
  // A stream gets a socket of its own: one from a pool would have Node's keepalive settings back.
  const streams = createAgent(endpoint, false)
  const listModem = createModem(endpoint, lists)
  const streamModem = createModem(endpoint, streams)
  return {
    get: (request, like, signal) => getBody(options, listModem, request, like, signal),
    follow: (request, signal) => openStream(options, streamModem, request, signal),
    post: (change, signal) => postBody(options, listModem, change, signal),
    trouble: (cause, request) => troubleOf(cause, endpoint, request),
    close: () => {
      lists.destroy()
      streams.destroy()
    },
  }
}

async function getBody(
  { endpoint, deadlineMs, listBytesMax }: DockerOptions,
  modem: DockerModem,
  request: Request,
  like: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    return await withDeadline(signal, deadlineMs, async (inTime) => {
      const response = await dial(modem, request, inTime)
      await checkHead(response, endpoint, request)
      return await readBody(response, listBytesMax, like)
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw troubleOf(cause, endpoint, request)
  }
}

async function postBody(
  { endpoint, deadlineMs }: DockerOptions,
  modem: DockerModem,
  { path, query, body }: Change,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    return await withDeadline(signal, deadlineMs, async (inTime) => {
      const response = await dial(modem, { path }, inTime, {
        method: 'POST',
        options: { _query: query, _body: body },
      })
      const status = response.statusCode ?? 0
      const text = await readBody(response, errorBytesMax, Buffer.alloc(0))
      if (status === 200 || status === 201) return text
      throw troubleOfStatus(status, text.toString('utf8'), endpoint, `POST ${path}`)
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof AgentError ? cause : troubleOfSocket(cause, endpoint, `POST ${path}`)
  }
}

async function openStream(
  { endpoint, deadlineMs }: DockerOptions,
  modem: DockerModem,
  request: Request,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await withDeadline(signal, deadlineMs, async (inTime) => {
      const response = await Promise.race([dial(modem, request, signal), rejectedBy(inTime)])
      await checkHead(response, endpoint, request)
      return response
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw troubleOf(cause, endpoint, request)
  }
}

function troubleOf(cause: unknown, endpoint: DockerEndpoint, request: Request): AgentError {
  if (cause instanceof AgentError) return cause
  if (cause instanceof TooLongError) return badReply(endpoint, requestText(request), cause.message, cause)
  return troubleOfSocket(cause, endpoint, requestText(request))
}

/** Throws AgentError unless the response is 200 with JSON, as moby's api/server writes lists and events. */
async function checkHead(
  response: http.IncomingMessage,
  endpoint: DockerEndpoint,
  request: Request,
): Promise<void> {
  const status = response.statusCode ?? 0
  if (status !== 200) {
    const text = await readStart(response)
    throw troubleOfStatus(status, text, endpoint, requestText(request))
  }
  const type = response.headers['content-type'] ?? ''
  if (!/^application\/(json|jsonl|x-ndjson|json-seq)\b/.test(type)) {
    response.destroy()
    throw badReply(endpoint, requestText(request), `content of the type "${type}" instead of JSON`)
  }
}

async function readStart(response: http.IncomingMessage): Promise<string> {
  try {
    return (await readBody(response, errorBytesMax, Buffer.alloc(0))).toString('utf8')
  } catch (error) {
    if (error instanceof TooLongError) return ''
    throw error
  }
}

/** For messages. */
export function requestText(request: Request): string {
  return `GET ${request.path}`
}

// docker-modem refuses a status that is not listed here, after reading its body without a limit. We judge it ourselves.
const everyStatus = Object.fromEntries(Array.from({ length: 600 }, (_, status) => [status, true]))

function dial(
  modem: DockerModem,
  request: Request,
  signal: AbortSignal,
  change?: { readonly method: 'POST'; readonly options: object },
): Promise<http.IncomingMessage> {
  // docker-modem puts `options` into the query only where the path has a question mark.
  const { path, filters } = request
  const asked = { ...request.query, ...(filters !== undefined && { filters }) }
  const hasQuery = change !== undefined || Object.keys(asked).length > 0
  return new Promise((resolve, reject) => {
    modem.dial(
      {
        path: hasQuery ? `${path}?` : path,
        method: 'GET',
        isStream: true,
        statusCodes: everyStatus,
        abortSignal: signal,
        ...(hasQuery && { options: asked }),
        ...change,
      },
      (error, response) => {
        if (response instanceof http.IncomingMessage) resolve(response)
        else reject(error ?? new Error('docker-modem returned no response'))
      },
    )
  })
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

function createModem(endpoint: DockerEndpoint, agent: http.Agent): DockerModem {
  // Whatever is not named here docker-modem takes from the environment; an empty host is what makes it use the socket.
  const options = { ...placeOf(endpoint), agent, timeout: 0 }
  try {
    return new Dockerode(options).modem
  } catch (cause) {
    throw unusable(cause)
  }
}

function placeOf(endpoint: DockerEndpoint) {
  if (endpoint.kind === 'unix')
    return { socketPath: endpoint.socketPath, host: '', protocol: 'http' as const }
  const protocol = endpoint.tls === undefined ? ('http' as const) : ('https' as const)
  // As a URL, since docker-modem would take the first part of an IPv6 address for a scheme.
  return { host: endpointText(endpoint).replace(/^tcp:/, `${protocol}:`), port: endpoint.port, protocol }
}

// Even so docker-modem reads the variables first, and stumbles over a host that is no URL or a certificate that is missing.
function unusable(cause: unknown): AgentError {
  return new AgentError('settings-invalid', `the DOCKER_* variables cannot be used: ${String(cause)}.`, {
    hint: 'Check DOCKER_HOST and DOCKER_CERT_PATH, or unset them.',
    cause,
  })
}

function createAgent(endpoint: DockerEndpoint, keepAlive: boolean): http.Agent {
  const options = { keepAlive, keepAliveMsecs: remoteKeepalive.idleMs, maxFreeSockets: 1 }
  const agent =
    endpoint.kind === 'tcp' && endpoint.tls !== undefined
      ? tlsAgent(endpoint.tls, options)
      : new http.Agent(options)
  if (endpoint.kind === 'tcp') tuneSockets(agent)
  // docker-modem inspects its options to the bottom on each request, for a debug line that is hardly ever wanted.
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' })
}

function tlsAgent(
  tls: { ca: string; cert: string; key: string; verify: boolean },
  options: http.AgentOptions,
): https.Agent {
  const { ca, cert, key, verify } = tls
  return new https.Agent({ ...options, ca, cert, key, rejectUnauthorized: verify })
}

function tuneSockets(agent: http.Agent): void {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback)
    if (socket instanceof Socket) socket.once('connect', () => tuneSocket(socket, remoteKeepalive))
    return socket
  }
}
