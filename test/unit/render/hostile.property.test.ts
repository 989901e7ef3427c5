// Whatever text stands in a service's labels, each line of the files is one that the templates meant.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { labelTable } from '../../../agent/core/labels/table.ts'
import { problemText } from '../../../agent/core/problem.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { fileNames } from '../../../agent/core/settings.ts'
import { lb, rendererFor, service, snapshot, tasks } from '../../support/builders.ts'

const evil = [
  '\n',
  '\r\n',
  '\0',
  '\u2028',
  '"',
  "'",
  '\\',
  '#',
  ' ',
  ';',
  '{',
  '}',
  '%[env(HOME)]',
  '%',
  '$HOME',
  '<%= 1 %>',
  '\n    server evil 6.6.6.6:80',
  '\nbackend evil',
  'a.local',
  '*.',
  '.',
  ',',
  '/',
  '/app',
  'é',
  '🦄',
  '\u202e',
  'vip',
  'true',
  '8080',
  'x'.repeat(300),
]

const hostile = fc.oneof(
  fc.array(fc.constantFrom(...evil), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constant('a.local,'.repeat(10_000)),
)

const names = Object.values(labelTable).map((row) => row.label)

/** One of the labels that are acted on is hostile, or any number of them; the others are good enough to be published. */
const labels = fc
  .oneof(
    fc.tuple(fc.constantFrom(...names), hostile).map((one) => Object.fromEntries([one])),
    fc.record(Object.fromEntries(names.map((name) => [name, hostile])), { requiredKeys: [] }),
  )
  .map((given) => lb({ hosts: 'web.local', port: 80, ...given }))
const strangers = fc.dictionary(hostile, hostile, { maxKeys: 2 }).map(lb)

function routingOf(given: Readonly<Record<string, string>>): Routing {
  const world = snapshot({ services: [service({ labels: given })], tasks: tasks('web', 1) })
  return computeRouting(world, { serviceCluster: '' }).routing
}

const render = (routing: Routing, file: string) => rendererFor().render(routing).get(file) ?? ''
const head = render(routingOf({}), fileNames.config)
  .split('\n')
  .filter((line) => !line.includes('structure='))

/** What a line of a configuration can be: one of the head, or one of these. */
const meant = [
  /^$/,
  /^ {4}description 'tidegate structure=[0-9a-f]{16}'$/,
  /^# web \((task|vip)\)$/,
  /^backend [A-Za-z0-9._:-]{1,1400}$/,
  /^ {4}balance roundrobin$/,
  /^ {4}server web(\.1\.webtask1)? 10\.0\.0\.\d+:\d{1,5} weight 1( pool-max-conn 0)?( check)?( disabled)?$/,
]

test('no label adds a line to the configuration, or to the map, that the templates did not mean', () => {
  const known = new Set(head)
  let published = 0
  fc.assert(
    fc.property(labels, strangers, (given, others) => {
      const routing = routingOf({ ...others, ...given })
      published += routing.backends.size
      const strange = render(routing, fileNames.config)
        .split('\n')
        .filter((line) => !known.has(line) && !meant.some((pattern) => pattern.test(line)))
      expect(strange).toEqual([])
      const map = render(routing, fileNames.routes)
      expect(map).toMatch(/^(?:(?:\*|[a-z0-9._-]+)(?:\/[A-Za-z0-9._~%@:+,=-]+)*\/ [A-Za-z0-9._:-]+\n)*$/)
    }),
    { numRuns: 200 },
  )
  // Where nothing is published no line can be wrong.
  expect(published).toBeGreaterThan(20)
})

test('no label can make a problem that is more than one short line', () => {
  fc.assert(
    fc.property(labels, strangers, (given, others) => {
      for (const problem of routingOf({ ...others, ...given }).problems) {
        const text = problemText(problem)
        expect(text.length).toBeLessThan(1000)
        expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
      }
    }),
  )
})
