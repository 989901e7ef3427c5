import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFraming, feed } from '../../../agent/haproxy/protocol.ts'

const lengthMax = 1024

test('a silent success is an empty reply', () => {
  expect(feed(createFraming(), '\n> ', lengthMax)).toEqual([''])
})

test('a reply loses its trailing newlines and keeps the others', () => {
  expect(feed(createFraming(), '# name\nweb\n\n> ', lengthMax)).toEqual(['# name\nweb'])
})

test('replies that come together are told apart', () => {
  expect(feed(createFraming(), '\n> New server registered.\n\n> \n> ', lengthMax)).toEqual([
    '',
    'New server registered.',
    '',
  ])
})

test('a prompt that is cut anywhere is found all the same', () => {
  const line = fc.stringMatching(/^[ -=?-~]{0,12}$/)
  const reply = fc.array(line, { maxLength: 4 }).map((lines) => lines.join('\n').replace(/\n+$/, ''))
  fc.assert(
    fc.property(
      fc.array(reply, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      (replies, cuts) => {
        const wire = replies.map((text) => (text === '' ? '\n> ' : `${text}\n\n> `)).join('')
        const framing = createFraming()
        const found: string[] = []
        for (let from = 0; from < wire.length; ) {
          const length = cuts.next().value ?? 1
          found.push(...feed(framing, wire.slice(from, from + length), lengthMax))
          from += length
        }
        expect(found).toEqual(replies)
      },
    ),
  )
})

test('a reply without an end is refused once it is too long', () => {
  const framing = createFraming()
  feed(framing, 'x'.repeat(lengthMax), lengthMax)
  expect(() => feed(framing, 'xxxx', lengthMax)).toThrow('the reply is longer than 1024 characters')
})

test('many short replies are no long reply', () => {
  expect(feed(createFraming(), 'done\n\n> '.repeat(lengthMax), lengthMax)).toHaveLength(lengthMax)
})
