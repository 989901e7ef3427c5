// The stream's manners towards clients that are slow, silent or gone, over a real socket.

import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { followAdmin as follow } from '../../agent/admin/client.ts'
import { createHistory, type History } from '../../agent/admin/history.ts'
import { serveAdmin } from '../../agent/admin/http.ts'
import { createSite } from '../../agent/admin/site.ts'
import { createStreams } from '../../agent/admin/stream.ts'
import { createBackendFeeds, createTrafficFeed } from '../../agent/admin/traffic-feed.ts'
import { limits } from '../../agent/core/settings.ts'
import { followAdmin } from '../support/admin.ts'
import { agentFacts } from '../support/agent-facts.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'
import { trafficReading } from '../support/traffic-reading.ts'

/** An admin interface of its own, with a history that the test fills. */
async function openSite(socketPath: string, history: History, heartbeatMs = 15_000) {
  const options = { intervalMs: 1000, signal: new AbortController().signal }
  const read = async () => trafficReading()
  const traffic = createTrafficFeed(read, { ...options, scope: 'backends' })
  const facts = () => agentFacts
  const streams = createStreams({ history, traffic, facts }, { heartbeatMs, statusMs: 1000 })
  const nothing = async () => ({})
  const site = createSite({
    facts,
    status: nothing,
    explain: nothing,
    diff: nothing,
    traffic,
    backend: createBackendFeeds(read, options),
    history,
    streamClients: streams.clients,
    page: new Map(),
  })
  const bugs: unknown[] = []
  const server = await serveAdmin(
    { kind: 'socket', path: socketPath },
    { site, streams, history, onBug: (error) => bugs.push(error) },
  )
  return { server, streams, bugs }
}

/** Follows the stream without reading it. */
async function followUnread(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath)
  socket.on('error', () => undefined)
  socket.pause()
  socket.write('GET /api/stream?events=change HTTP/1.1\r\nHost: edge\r\n\r\n')
  return socket
}

const long = {
  kind: 'live',
  cause: 'x'.repeat(500),
  reasons: [],
  commands: Array.from({ length: limits.historyCommands }, () => 'y'.repeat(200)),
  commandCount: limits.historyCommands,
} as const

test('a client that does not read is waited for by nobody, costs no memory, and finds a gap', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.sock')
  const history = createHistory(Date.now, { run: 'r', entriesMax: 100 })
  const { server, streams, bugs } = await openSite(path, history)
  await using _server = server
  const slow = await followUnread(path)
  await eventually(() => streams.clients() === 1)
  await using quick = await followAdmin(path, '/api/stream?events=change')
  await quick.event('hello')

  const before = process.memoryUsage().rss
  // 2,000 entries of 10 kB each: 20 MB, of which the ring keeps 1 MB.
  for (let entry = 1; entry <= 2000; entry += 1) {
    history.add(long)
    if (entry % 50 === 0) await quick.event('change', ({ seq }) => seq === entry)
  }
  expect(quick.events.filter(({ name }) => name === 'change')).toHaveLength(2000)
  expect(quick.events.some(({ name }) => name === 'gap')).toBe(false)

  let text = ''
  slow.setEncoding('utf8')
  slow.on('data', (chunk: string) => {
    text += chunk
  })
  slow.resume()
  await eventually(() => text.includes('id: r:2000\n'))
  const [, missed] = /event: gap\ndata: \{"missed":(\d+)\}/.exec(text) ?? []
  const told = text.match(/^event: change$/gm)?.length ?? 0
  expect(Number(missed)).toBeGreaterThan(1000)
  expect(told + Number(missed)).toBe(2000)
  expect(process.memoryUsage().rss - before).toBeLessThan(150e6)
  slow.destroy()
  await eventually(() => streams.clients() === 1)
  expect(bugs).toEqual([])
})

test('where nothing happens something is sent all the same', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.sock')
  const { server } = await openSite(path, createHistory(Date.now), 20)
  await using _server = server
  const socket = await followUnread(path)
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  socket.resume()
  await eventually(() => (text.match(/^: $/gm)?.length ?? 0) >= 3)
  socket.destroy()
})

test('clients that leave are forgotten, and those that stay are told of the end', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.sock')
  const { server, streams } = await openSite(path, createHistory(Date.now))
  for (let round = 0; round < 3; round += 1) {
    await using stream = await followAdmin(path, '/api/stream')
    await stream.event('traffic')
    expect(streams.clients()).toBe(1)
  }
  await eventually(() => streams.clients() === 0)
  await using last = await followAdmin(path, '/api/stream?events=change')
  await last.event('hello')
  await server[Symbol.asyncDispose]()
  await eventually(() => last.isEnded())
  expect(streams.clients()).toBe(0)
})

test('the client of the commands reads events, ends with the agent, and says what went wrong', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.sock')
  const signal = AbortSignal.timeout(20_000)
  expect(await follow(path, '/api/stream', signal)).toBeUndefined()
  expect(await follow(undefined, '/api/stream', signal)).toBeUndefined()

  const history = createHistory(Date.now, { run: 'r', entriesMax: 10 })
  const { server } = await openSite(path, history, 10)
  history.add(long)
  const events = await follow(path, '/api/stream?events=change&after=0', signal)
  if (events === undefined) return expect.unreachable()
  const told: string[] = []
  for await (const { name, id, data } of events) {
    told.push(`${name} ${id ?? '-'} ${Object(JSON.parse(data)).seq ?? '-'}`)
    if (told.length === 2) history.add(long)
    if (told.length === 3) await server[Symbol.asyncDispose]()
  }
  expect(told).toEqual(['hello - -', 'change r:1 1', 'change r:2 2'])

  const { server: another } = await openSite(path, history)
  await using _another = another
  await expect(follow(path, '/api/stream?events=what', signal)).rejects.toMatchObject({
    code: 'admin-unreachable',
  })
})

test('a stream that breaks off in the middle is told as trouble', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.sock')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
      socket.write('1a\r\nevent: hello\ndata: {}\n\nevent\r\n', () => socket.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  try {
    const events = await follow(path, '/api/stream', AbortSignal.timeout(10_000))
    const read = async () => {
      const told: string[] = []
      for await (const { name } of events ?? []) told.push(name)
      return told
    }
    await expect(read()).rejects.toMatchObject({ code: 'admin-unreachable' })
  } finally {
    server.close()
  }
})
