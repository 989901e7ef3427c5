// Containers as HTTP servers in the simulator's own process: one cheap listener an address, one HTTP parser for all.
// Owns their sockets, and what the kernel does to sockets when a process dies. Refuses what the application answers.

import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { type App, createApp } from './app.ts'
import type { Container, ContainerOptions, Exit, Listen, Runtime } from './runtime.ts'
import { type Carried, carry, isCarried } from './transport.ts'

/** A connection's place: the process it belongs to, and the responses that are being written on it. */
type Connection = { readonly host: Host; readonly client?: string; busy: number }

type Host = {
  readonly app: App
  readonly env: Readonly<Record<string, string>>
  readonly sockets: Map<Socket, Connection>
  readonly listeners: Server[]
  readonly exit: (how: Exit) => void
  state: 'running' | 'frozen' | 'draining' | 'gone'
}

type Context = {
  readonly http: HttpServer
  readonly connections: WeakMap<object, Connection>
  readonly hosts: Set<Host>
}

export function createInProcessRuntime(): Runtime {
  const context: Context = { http: createHttpServer(), connections: new WeakMap(), hosts: new Set() }
  // Long, as most servers behind a proxy have it: with Node's 5 s every idle connection would be a race.
  context.http.keepAliveTimeout = 75_000
  context.http.requestTimeout = 0
  context.http.headersTimeout = 0
  context.http.on('request', (request, response) => {
    const connection = context.connections.get(request.socket)
    if (connection === undefined) return
    occupy(connection, request.socket, response)
    if (connection.client !== undefined) request.headers['x-told-by-proxy'] = connection.client
    connection.host.app.handle(request, response)
  })
  context.http.on('upgrade', (request, socket) => {
    const connection = context.connections.get(socket)
    if (connection === undefined) {
      socket.destroy()
      return
    }
    connection.busy += 1
    connection.host.app.upgrade(request, socket)
  })
  return {
    start: (options) => startHost(context, options),
    [Symbol.asyncDispose]: async () => {
      for (const host of context.hosts) end(context, host, { code: 137 }, 'reset')
    },
  }
}

async function startHost(context: Context, options: ContainerOptions): Promise<Container> {
  let resolveExit: (how: Exit) => void = () => undefined
  const exited = new Promise<Exit>((resolve) => (resolveExit = resolve))
  const app = createApp({ ...options, exit: (code) => end(context, host, { code }, 'close') })
  const host: Host = {
    app,
    env: options.env,
    sockets: new Map(),
    listeners: [],
    exit: resolveExit,
    state: 'running',
  }
  context.hosts.add(host)
  const bootMs = Number(options.env['LISTEN_AFTER_MS'] ?? 0)
  if (bootMs > 0) setTimeout(() => void listenLate(context, host, options.listen), bootMs).unref()
  else await listenAll(context, host, options.listen)
  return {
    pid: process.pid,
    exited,
    healthy: () => app.healthy(),
    signal: (name) => {
      if (name === 'SIGKILL') end(context, host, { code: 137 }, 'reset')
      else if (name === 'SIGSTOP') freeze(host)
      else if (name === 'SIGCONT') thaw(host)
      else if (app.onSigterm === 'graceful') drain(context, host)
      else end(context, host, { code: 0 }, 'close')
    },
  }
}

async function listenAll(context: Context, host: Host, places: readonly Listen[]): Promise<void> {
  try {
    for (const place of places) host.listeners.push(await listen(context, host, place))
  } catch (error) {
    end(context, host, { code: 1 }, 'close')
    throw error
  }
}

/** As real applications do: the process runs, and nobody listens yet. */
async function listenLate(context: Context, host: Host, places: readonly Listen[]): Promise<void> {
  if (host.state === 'running') await listenAll(context, host, places).catch(() => undefined)
}

function listen(context: Context, host: Host, place: Listen): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    accept(context, host, socket),
  )
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...place, exclusive: true, backlog: 511 }, () => resolve(server))
  })
}

function accept(context: Context, host: Host, socket: Socket): void {
  socket.on('error', () => socket.destroy())
  if (!isCarried(host.env)) enter(context, host, socket, { socket })
  else void carry(socket, host.env).then((carried) => enter(context, host, socket, carried))
}

function enter(context: Context, host: Host, accepted: Socket, { socket, client }: Carried): void {
  if (accepted.destroyed || host.state === 'gone') {
    accepted.destroy()
    return
  }
  const connection: Connection = { host, busy: 0, ...(client === undefined ? {} : { client }) }
  context.connections.set(socket, connection)
  host.sockets.set(accepted, connection)
  accepted.on('close', () => {
    host.sockets.delete(accepted)
    if (host.state === 'draining' && host.sockets.size === 0) end(context, host, { code: 0 }, 'close')
  })
  // A stopped process accepts nothing, but its kernel completes the handshake all the same.
  if (host.state === 'frozen') accepted.pause()
  else context.http.emit('connection', socket)
  // It was paused where something else was read from it before.
  if (host.state !== 'frozen' && client !== undefined) socket.resume()
}

function occupy(connection: Connection, socket: Socket, response: ServerResponse): void {
  connection.busy += 1
  if (connection.host.state === 'draining') response.setHeader('Connection', 'close')
  response.on('close', () => {
    connection.busy -= 1
    if (connection.host.state === 'draining' && connection.busy === 0) socket.end()
  })
}

/** Stops listening, ends idle connections, and lets the rest finish. */
function drain(context: Context, host: Host): void {
  if (host.state !== 'running') return
  host.state = 'draining'
  for (const listener of host.listeners) listener.close()
  for (const [socket, connection] of host.sockets) if (connection.busy === 0) socket.end()
  if (host.sockets.size === 0) end(context, host, { code: 0 }, 'close')
}

function freeze(host: Host): void {
  if (host.state === 'gone') return
  host.state = 'frozen'
  for (const socket of host.sockets.keys()) socket.pause()
}

/** Connections made while it was stopped get no answer any more: good enough for a node that comes back. */
function thaw(host: Host): void {
  if (host.state !== 'frozen') return
  host.state = 'running'
  for (const socket of host.sockets.keys()) socket.resume()
}

/** The end of the process: `close` as an exit closes its sockets, `reset` with RST, the harder case. */
function end(context: Context, host: Host, how: Exit, sockets: 'close' | 'reset'): void {
  if (host.state === 'gone') return
  host.state = 'gone'
  context.hosts.delete(host)
  for (const listener of host.listeners) listener.close()
  for (const socket of host.sockets.keys()) {
    if (sockets === 'reset') socket.resetAndDestroy()
    else socket.destroy()
  }
  host.exit(how)
}
