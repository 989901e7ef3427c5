import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Action } from '../../agent/core/action.ts'
import { apply } from '../../agent/haproxy/apply.ts'
import { observe } from '../../agent/haproxy/observe.ts'
import { createRuntime } from '../../agent/haproxy/runtime.ts'
import { eventually } from '../support/eventually.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { startHaproxy } from '../support/haproxy-instance.ts'

const signal = () => AbortSignal.timeout(20_000)

/** RFC 6455, section 1.3. HAProxy checks both headers. */
const websocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Answers requests with a word, and echoes over connections that are upgraded. */
async function startUpstream(word: string) {
  const server = createServer((_, response) => response.end(word))
  const open = new Set<Duplex>()
  server.on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
    open.add(socket)
    socket.on('error', () => {})
    const accept = createHash('sha1')
      .update(`${headers['sec-websocket-key']}${websocketGuid}`)
      .digest('base64')
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket']
    socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'))
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: portOf(server), [Symbol.asyncDispose]: () => close(server, open) }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

async function close(server: Server, open: ReadonlySet<Duplex>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  for (const socket of open) socket.destroy()
  await closed
}

async function get(socketPath: string): Promise<string> {
  const call = request({ socketPath, headers: { host: 'web.example' }, agent: false }).end()
  const [response] = await once(call, 'response', { signal: signal() })
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}

async function openStream(socketPath: string): Promise<Duplex> {
  const headers = {
    host: 'web.example',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  const call = request({ socketPath, headers }).end()
  const [, socket] = await once(call, 'upgrade', { signal: signal() })
  return socket
}

async function echo(socket: Duplex, text: string): Promise<string> {
  const answer = once(socket, 'data', { signal: signal() })
  socket.write(text)
  return String((await answer)[0])
}

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  test('a long stream outlives every live change but the end of its own sessions', async () => {
    await using blue = await startUpstream('blue')
    await using green = await startUpstream('green')
    await using haproxy = await startHaproxy({
      branch,
      routes: 'web.example web\n',
      backends: 'backend web\n  balance roundrobin',
    })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs: 5000 })
    const act = (...actions: readonly Action[]) =>
      apply(runtime, actions, { ...haproxy, pemOf: () => undefined }, signal())
    const serverOf = (server: string, port: number): readonly Action[] => [
      { kind: 'add-server', backend: 'web', server, address: '127.0.0.1', port, weight: 1 },
      { kind: 'open-server', backend: 'web', server },
    ]
    const old = { backend: 'web', server: 'blue' }

    await act(...serverOf('blue', blue.port))
    const stream = await openStream(haproxy.httpSocket)
    expect(await echo(stream, 'one')).toBe('one')

    await act(...serverOf('green', green.port), { kind: 'close-server', ...old })
    expect(await get(haproxy.httpSocket)).toBe('green')
    expect(await get(haproxy.httpSocket)).toBe('green')
    expect(await echo(stream, 'two')).toBe('two')

    const ending: Action = { kind: 'delete-server', ...old }
    expect(await act(ending)).toEqual({ actions: [ending], busy: [ending], refused: new Map() })
    expect(await echo(stream, 'three')).toBe('three')

    const ended = once(stream, 'close', { signal: signal() })
    stream.resume()
    await act({ kind: 'end-sessions', ...old })
    await ended
    await eventually(async () => (await act(ending)).busy.length === 0)
    const seen = await observe(runtime, { ...haproxy, ignoreBackends: [] }, signal())
    expect([...(seen.backends.get('web')?.servers.keys() ?? [])]).toEqual(['green'])
  })

  test('a server with idle connections can be deleted right after it was closed, or a moment later', async () => {
    await using upstream = await startUpstream('blue')
    await using haproxy = await startHaproxy({
      branch,
      routes: 'web.example web\n',
      backends: `backend web\n  balance roundrobin\n  http-reuse always\n  server blue 127.0.0.1:${upstream.port}`,
    })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs: 5000 })
    for (let round = 0; round < 5; round++) expect(await get(haproxy.httpSocket)).toBe('blue')
    const close: Action = { kind: 'close-server', backend: 'web', server: 'blue' }
    const remove: Action = { kind: 'delete-server', backend: 'web', server: 'blue' }
    const first = await apply(runtime, [close, remove], { ...haproxy, pemOf: () => undefined }, signal())
    if (first.busy.length > 0) {
      await eventually(
        async () =>
          (await apply(runtime, [remove], { ...haproxy, pemOf: () => undefined }, signal())).busy.length ===
          0,
      )
    }
    const seen = await observe(runtime, { ...haproxy, ignoreBackends: [] }, signal())
    expect(seen.backends.get('web')?.servers.size).toBe(0)
  })
})
