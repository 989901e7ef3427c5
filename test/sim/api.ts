// The simulated engine's HTTP server, on a unix socket (and on loopback TCP if asked).
// Owns connections, version prefixes, faults and the record of requests. Refuses what requests mean (routes.ts).

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { ApiError } from './api-error.ts'
import { apiVersion, engineVersion, infoOf } from './engine-info.ts'
import { answerFault, createFaultTable, type Fault, type Faults } from './faults.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { type Api, findRoute, type Reply, type Route, value } from './routes.ts'

export type ApiServer = AsyncDisposable & {
  /** `127.0.0.1:port`, where TCP was asked for. */
  readonly tcpAddress: string | undefined
  readonly log: RequestLog
  readonly faults: Faults
  /** Ends every open event stream; the next one works again. */
  readonly breakEvents: () => void
  /** What this node is; anything but a manager refuses the Swarm's part of the API. */
  readonly setRole: (role: NodeRole) => void
}

export type NodeRole = 'manager' | 'worker' | 'inactive'

type Context = Api & {
  readonly faults: ReturnType<typeof createFaultTable>
  readonly records: ReturnType<typeof createRequestLog>
  readonly streams: Set<ServerResponse>
  role: NodeRole
}

const refusals = {
  // moby, daemon/cluster/errors.go.
  worker:
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
  inactive:
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
} as const

const bodyBytesMax = 4 * 1024 * 1024
const unreadBytesMax = 1024 * 1024

export async function createApiServer(
  api: Api,
  listen: { socketPath: string; tcp: boolean },
): Promise<ApiServer> {
  const listeners: Listener[] = []
  const setListening = (isUp: boolean) => {
    for (const listener of listeners) (isUp ? open : close)(listener)
  }
  const context: Context = {
    ...api,
    faults: createFaultTable(setListening),
    records: createRequestLog(),
    streams: new Set(),
    role: 'manager',
  }
  listeners.push(await startListener(context, { path: listen.socketPath }))
  const tcp = listen.tcp ? await startListener(context, { host: '127.0.0.1', port: 0 }) : undefined
  if (tcp !== undefined) listeners.push(tcp)
  return {
    tcpAddress: tcp === undefined || 'path' in tcp.where ? undefined : `${tcp.where.host}:${tcp.where.port}`,
    log: context.records.log,
    faults: context.faults,
    breakEvents: () => {
      for (const stream of context.streams) stream.destroy()
    },
    setRole: (role) => {
      context.role = role
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(listeners.map(close))
    },
  }
}

type Where = { readonly path: string } | { readonly host: string; readonly port: number }

type Listener = { readonly server: Server; readonly sockets: Set<Socket>; readonly where: Where }

function startListener(context: Context, where: Where): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void serve(context, request, response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      const address = server.address()
      const isTcp = typeof address === 'object' && address !== null
      resolve({ server, sockets, where: isTcp ? { host: address.address, port: address.port } : where })
    })
  })
}

function open({ server, where }: Listener): void {
  if (!server.listening) server.listen(where)
}

function close({ server, sockets }: Listener): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}

async function serve(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://engine')
  const path = url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, '')
  const method = request.method ?? 'GET'
  const route = findRoute(method, path)
  const finish = context.records.start({
    method,
    path: `${path}${url.search}`,
    route: route?.name ?? `${method} ${path}`,
  })
  response.on('close', finish)
  response.setHeader('Api-Version', apiVersion)
  response.setHeader('Server', `Docker/${engineVersion} (simulated)`)
  response.setHeader('Ostype', 'linux')
  const fault = context.faults.meet(path)
  if (fault !== undefined && answerFault(fault, response) === 'answered') return
  if (fault?.kind === 'slow') await wait(fault.delayMs ?? 1000)
  try {
    send(context, response, await replyTo(context, route, path, url.searchParams, request), fault)
  } catch (error) {
    sendError(response, error)
  }
}

async function replyTo(
  context: Context,
  route: Route | undefined,
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
): Promise<Reply> {
  if (route === undefined) throw new ApiError(404, `page not found: the simulated Swarm has no ${path}`)
  if (context.role !== 'manager') {
    if (route.managerOnly) throw new ApiError(503, refusals[context.role])
    if (route.name === 'GET /info') return value(infoOf(context.store, context.role))
  }
  return await route.handle(context, { id: route.id, query, body: () => readBody(request) })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new ApiError(413, `the request body is larger than ${bodyBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function send(context: Context, response: ServerResponse, reply: Reply, fault: Fault | undefined): void {
  if (reply.kind === 'events') {
    stream(context, response, reply)
    return
  }
  const bytes = reply.body.reduce((sum, piece) => sum + piece.length, 0)
  response.writeHead(reply.status, {
    'content-type': reply.type,
    ...(reply.status !== 204 && { 'content-length': bytes }),
  })
  if (fault?.kind === 'truncated') {
    response.write(Buffer.concat(reply.body).subarray(0, bytes / 2), () => response.destroy())
    return
  }
  response.cork()
  for (const piece of reply.body) response.write(piece)
  response.end()
  response.uncork()
}

function stream(
  context: Context,
  response: ServerResponse,
  reply: Reply & { readonly kind: 'events' },
): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  context.streams.add(response)
  const unsubscribe = context.events.subscribe(reply.filters, (line) => {
    // A listener that does not read is dropped, as Docker does.
    if (response.writableLength > unreadBytesMax) response.destroy()
    else response.write(line)
  })
  response.on('close', () => {
    unsubscribe()
    context.streams.delete(response)
  })
}

function sendError(response: ServerResponse, error: unknown): void {
  const status = error instanceof ApiError ? error.status : 500
  const message = error instanceof Error ? error.message : String(error)
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify({ message })}\n`)
}
