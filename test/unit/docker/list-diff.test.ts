// The differential list parser: always what JSON.parse says, and the same objects wherever the bytes are the same.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ParsedList, parseList } from '../../../agent/docker/list-diff.ts'

const asIs = (element: unknown) => element ?? 'null'
const list = (text: string, last?: ParsedList<unknown>) => parseList(Buffer.from(text), last, asIs)
const plain = (text: string) => {
  const values: unknown = JSON.parse(text)
  return Array.isArray(values) ? values.map(asIs) : []
}

const service = (id: number, note = '') => `{"ID":"${String(id).padStart(25, '0')}","note":"${note}"}`
const services = (...texts: readonly string[]) => `[${texts.join(',')}]`

const tricky = fc.constantFrom('a"b', ']', '[', '},{', '\\', '\\"', ',', 'ü', '\u{1f433}', '\n', '')
const element = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      ID: fc.integer({ min: 0, max: 30 }),
      text: tricky,
      more: fc.jsonValue({ maxDepth: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.oneof(tricky, fc.integer(), fc.constantFrom(null, true, false, 1, 12, 123)) },
)
const space = fc.constantFrom('', ' ', '\n', '\t\r\n')

/** Arrays as an engine may write them: anything inside, any whitespace between. */
const written = fc
  .tuple(fc.array(fc.tuple(element, space, space), { maxLength: 12 }), space, space)
  .map(
    ([items, before, after]) =>
      `${before}[${items.map(([item, a, b]) => `${a}${JSON.stringify(item)}${b}`).join(',')}]${after}`,
  )

/** A row of lists, each made of the one before by removing, inserting, replacing and moving elements. */
const history = fc
  .tuple(
    fc.array(element, { maxLength: 40 }),
    fc.array(
      fc.array(
        fc.tuple(fc.constantFrom('remove', 'insert', 'replace', 'move'), fc.nat(), fc.nat(), element),
        { maxLength: 6 },
      ),
      { maxLength: 8 },
    ),
  )
  .map(([first, steps]) => {
    const lists = [first]
    for (const edits of steps) {
      const next = [...(lists.at(-1) ?? [])]
      for (const [kind, a, b, item] of edits) {
        const at = a % (next.length + 1)
        if (kind === 'insert') next.splice(at, 0, item)
        else if (kind === 'replace') next.splice(at, 1, item)
        else {
          const taken = next.splice(at, 1)
          if (kind === 'move') next.splice(b % (next.length + 1), 0, ...taken)
        }
      }
      lists.push(next)
    }
    return lists
  })

test('says what JSON.parse says, for any array after any other', () => {
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 5 }), (texts) => {
      let last: ParsedList<unknown> | undefined
      for (const text of texts) {
        last = list(text, last)
        expect(last.values).toEqual(plain(text))
      }
    }),
    { numRuns: 400 },
  )
})

test('says what JSON.parse says throughout a history of edits', () => {
  fc.assert(
    fc.property(history, (lists) => {
      let last: ParsedList<unknown> | undefined
      for (const values of lists) {
        const text = `${JSON.stringify(values)}\n`
        last = list(text, last)
        expect(last.values).toEqual(plain(text))
      }
    }),
    { numRuns: 400 },
  )
})

test('parses no object whose bytes stood in the last list, wherever it stands now', () => {
  const states = fc.uniqueArray(fc.tuple(fc.nat(60), fc.constantFrom('', 'a', 'b')), {
    selector: ([id]) => id,
    maxLength: 40,
  })
  fc.assert(
    fc.property(fc.array(states, { minLength: 2, maxLength: 5 }), (steps) => {
      let last: ParsedList<unknown> | undefined
      let before = new Set<string>()
      for (const objects of steps) {
        const texts = objects.map(([id, note]) => service(id, note))
        const parsed: string[] = []
        last = parseList(Buffer.from(services(...texts)), last, (json) => {
          parsed.push(JSON.stringify(json))
          return json
        })
        expect(parsed).toEqual(texts.filter((text) => !before.has(text)))
        before = new Set(texts)
      }
    }),
    { numRuns: 400 },
  )
})

test('refuses what JSON.parse refuses', () => {
  const broken = fc
    .tuple(written, fc.nat(), fc.constantFrom('', '"', ',', ']', '}', '[', 'x', '1'))
    .map(([text, at, patch]) => {
      const position = at % (text.length + 1)
      // By way of bytes, where half a surrogate pair cannot be.
      return Buffer.from(text.slice(0, position) + patch + text.slice(position + 1)).toString()
    })
  fc.assert(
    fc.property(written, broken, (first, text) => {
      const last = list(first)
      let values: unknown
      try {
        values = JSON.parse(text)
      } catch {
        expect(() => list(text, last)).toThrow(SyntaxError)
        return
      }
      if (Array.isArray(values)) expect(list(text, last).values).toEqual(values.map(asIs))
      else expect(() => list(text, last)).toThrow(SyntaxError)
    }),
    { numRuns: 1000 },
  )
})

test.for([
  '',
  ' ',
  '{}',
  '{"message":"x"}',
  'null',
  '[',
  '[1',
  '[1,',
  '[1,]',
  '[,]',
  '[1 2]',
  '[1]]',
  '[1]x',
  '[tru]',
  '["a]',
  '<html>',
])('refuses %j', (text) => {
  expect(() => list(text)).toThrow(SyntaxError)
})

test('returns the last list itself for the same bytes', () => {
  const first = list('[{"ID":"a"},{"ID":"b"}]\n')
  expect(list('[{"ID":"a"},{"ID":"b"}]\n', first)).toBe(first)
})

test('keeps the array of values where only whitespace differs', () => {
  const first = list('[{"ID":"a"},{"ID":"b"}]')
  expect(list('[ {"ID":"a"} , {"ID":"b"} ]\n', first).values).toBe(first.values)
})

test('keeps the array of values where each changed element becomes the value it had', () => {
  const parse = (json: unknown, last: unknown) => last ?? json
  const first = parseList(Buffer.from(services(service(1), service(2))), undefined, parse)
  const second = parseList(Buffer.from(services(service(1, 'changed'), service(2))), first, parse)
  expect(second.values).toBe(first.values)
})

test.for([
  ['changed in place', services(service(1), service(2, 'x'), service(3))],
  ['changed and moved to the end', services(service(1), service(3), service(2, 'x'))],
  ['changed and moved to the front', services(service(2, 'x'), service(1), service(3))],
] as const)('hands the value of an element that was %s to the parser', ([, text]) => {
  const first = list(services(service(1), service(2), service(3)))
  const seen: unknown[] = []
  parseList(Buffer.from(text), first, (json, last) => {
    seen.push([json, last])
    return json
  })
  expect(seen).toEqual([[JSON.parse(service(2, 'x')), JSON.parse(service(2))]])
})

test('parses nothing when a long list is turned around, or loses every second element', () => {
  const texts = Array.from({ length: 500 }, (_, i) => service(i))
  const first = list(services(...texts))
  const fail = () => {
    throw new Error('parsed an element that did not change')
  }
  for (const next of [texts.toReversed(), texts.filter((_, i) => i % 2 === 0), texts.slice(250)]) {
    expect(parseList(Buffer.from(services(...next)), first, fail).values).toEqual(
      next.map((text) => JSON.parse(text)),
    )
  }
})

test('leaves out what the parser leaves out', () => {
  const odd = (json: unknown) => (json === 2 ? undefined : json)
  expect(parseList(Buffer.from('[1,2,3]'), undefined, odd).values).toEqual([1, 3])
})
