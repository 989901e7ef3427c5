// The small parts under the source: bodies, lines, hints, waiting, handing over.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareText } from '../../../agent/core/text.ts'
import { backoffMaxMs, backoffMinMs, backoffMs } from '../../../agent/docker/backoff.ts'
import { readBody, TooLongError } from '../../../agent/docker/body.ts'
import { DeadlineError, withDeadline } from '../../../agent/docker/deadline.ts'
import { readLines } from '../../../agent/docker/lines.ts'
import { createMailbox } from '../../../agent/docker/mailbox.ts'
import { sameValue } from '../../../agent/docker/same-value.ts'
import { swarmEvents } from '../../../agent/swarm/event-hint.ts'

async function* chunksOf(bytes: Buffer, cuts: readonly number[] = []): AsyncIterable<Buffer> {
  let from = 0
  for (const to of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (to > from) yield bytes.subarray(from, to)
    from = Math.max(from, to)
  }
}

test('a body is what was sent, however it is cut, and whatever it is compared with', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(text, text, fc.array(fc.nat(12), { maxLength: 4 }), async (sent, like, cuts) => {
      const likeBytes = Buffer.from(like)
      const body = await readBody(chunksOf(Buffer.from(sent), cuts), 100, likeBytes)
      expect(body.toString()).toBe(sent)
      if (sent === like) expect(body).toBe(likeBytes)
    }),
  )
})

test('a body is read up to the limit and no further', async () => {
  const bytes = Buffer.alloc(10)
  expect(await readBody(chunksOf(bytes), 10, Buffer.alloc(0))).toHaveLength(10)
  await expect(readBody(chunksOf(bytes), 9, Buffer.alloc(0))).rejects.toThrow(TooLongError)
})

async function linesOf(bytes: Buffer, cuts: readonly number[], bytesMax = 1000): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of readLines(chunksOf(bytes, cuts), bytesMax)) lines.push(line)
  return lines
}

test('lines come whole, however the stream is cut, inside a character too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 6 }), async (cuts) => {
      expect(await linesOf(Buffer.from('{"a":"ü\u{1f433}"}\n\n{"b":1}\r\n{"cut off'), cuts)).toEqual([
        '{"a":"ü\u{1f433}"}',
        '{"b":1}\r',
      ])
    }),
  )
})

test('a line without an end is refused beyond the limit', async () => {
  await expect(linesOf(Buffer.alloc(101, 'x'), [], 100)).rejects.toThrow('longer than 100')
})

const event = (json: object) => JSON.stringify(json)

test.for([
  [{ Type: 'service', Action: 'update', Actor: { ID: 's' } }, { lists: ['services', 'tasks'] }],
  [
    { Type: 'service', Action: 'remove', Actor: { ID: 's' } },
    { lists: ['services', 'tasks'], ended: ['s'] },
  ],
  [{ Type: 'node', Action: 'update', Actor: {} }, { lists: ['nodes', 'tasks'] }],
  [{ Type: 'network', Action: 'create', scope: 'swarm' }, { lists: ['networks'] }],
  [{ Type: 'network', Action: 'connect', scope: 'local' }, { lists: [] }],
  [
    { Type: 'container', Action: 'die', Actor: { Attributes: { 'com.docker.swarm.task.id': 't' } } },
    { lists: ['tasks'] },
  ],
  [{ Type: 'container', Action: 'die', Actor: { Attributes: { name: 'db' } } }, { lists: [] }],
  [{ Type: 'secret', Action: 'create' }, { lists: ['secrets'] }],
  [{ Type: 'config', Action: 'remove' }, { lists: ['configs'] }],
  [{ Type: 'volume', Action: 'create' }, { lists: [] }],
  [[], { lists: [] }],
] as const)('the event %j hints at %j', ([json, hint]) => {
  expect(swarmEvents.hintOf(event(json))).toEqual(hint)
})

test('an event that is no JSON is refused', () => {
  expect(() => swarmEvents.hintOf('<html>')).toThrow(SyntaxError)
})

test('the wait doubles up to its maximum, and never leaves the upper half', () => {
  for (const random of [0, 0.5, 0.999]) {
    for (let failures = 1; failures < 40; failures += 1) {
      const waitMs = backoffMs(failures, random)
      expect(waitMs).toBeGreaterThanOrEqual(Math.min(backoffMaxMs, backoffMinMs * 2 ** (failures - 1)) / 2)
      expect(waitMs).toBeLessThanOrEqual(backoffMaxMs)
    }
  }
})

test('a mailbox hands over the latest, waits for the next, and ends with its signal', async () => {
  const mailbox = createMailbox<number>()
  const stop = new AbortController()
  mailbox.put(1)
  mailbox.put(2)
  expect(await mailbox.take(stop.signal)).toBe(2)
  const next = mailbox.take(stop.signal)
  mailbox.put(3)
  expect(await next).toBe(3)
  const none = mailbox.take(stop.signal)
  stop.abort()
  expect(await none).toBeUndefined()
})

test('a mailbox throws what its producer failed with', async () => {
  const mailbox = createMailbox<number>()
  const taking = mailbox.take(new AbortController().signal)
  mailbox.fail(new Error('bug'))
  await expect(taking).rejects.toThrow('bug')
})

test('work that is late is told so, and fails with the deadline', async () => {
  const never = (signal: AbortSignal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  const stop = new AbortController()
  await expect(withDeadline(stop.signal, 5, never)).rejects.toThrow(DeadlineError)
  const stopped = withDeadline(stop.signal, 60_000, never)
  stop.abort()
  await expect(stopped).rejects.toThrow('aborted')
  await expect(withDeadline(stop.signal, 60_000, async (signal) => signal.throwIfAborted())).rejects.toThrow()
})

test('values are the same exactly if their JSON is', () => {
  // There and back, since -0 never comes from JSON.
  const json = fc.jsonValue({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(sameValue(a, structuredClone(a))).toBe(true)
      const sorted = (value: unknown) =>
        JSON.stringify(value, (_, item) =>
          isPlain(item)
            ? Object.fromEntries(Object.entries(item).sort(([x], [y]) => compareText(x, y)))
            : item,
        )
      expect(sameValue(a, b)).toBe(sorted(a) === sorted(b))
    }),
  )
})

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
