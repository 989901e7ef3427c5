// Whether somebody accepts connections, asked of real sockets.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createAccepts } from '../../agent/accepts.ts'
import { freePort } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'

const accepts = createAccepts()
const place = (port: number) => ({ address: '127.0.0.1', port })

async function listener(port: number) {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => undefined).destroy()
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('one that listens is there, at the price of one connection', async () => {
  const port = await freePort()
  await using server = await listener(port)
  expect(await accepts(place(port), 1000, AbortSignal.timeout(5000))).toBe(true)
  await eventually(() => server.connections() === 1)
})

test('one that begins to listen meanwhile is there', async () => {
  const port = await freePort()
  const asked = accepts(place(port), 5000, AbortSignal.timeout(10_000))
  await using _server = await listener(port)
  expect(await asked).toBe(true)
})

test('one that never listens is not, once its time is over, and no sooner', async () => {
  const startedMs = performance.now()
  expect(await accepts(place(await freePort()), 300, AbortSignal.timeout(5000))).toBe(false)
  expect(performance.now() - startedMs).toBeGreaterThan(100)
})

test('an asking that is aborted ends, and does not reject', async () => {
  const end = new AbortController()
  const asked = accepts(place(await freePort()), 60_000, end.signal)
  end.abort()
  expect(await asked).toBe(false)
})

test('a thousand are asked, in turns', async () => {
  const port = await freePort()
  await using server = await listener(port)
  const signal = AbortSignal.timeout(20_000)
  const answers = await Promise.all(Array.from({ length: 1000 }, () => accepts(place(port), 5000, signal)))
  expect(answers.filter((isThere) => !isThere)).toEqual([])
  await eventually(() => server.connections() >= 1000)
})
