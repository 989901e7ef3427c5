import { expect, test } from 'vitest'
import { blameByPlace, rejectedProblem } from '../../../agent/core/culprit.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import { fileNames } from '../../../agent/core/settings.ts'
import { rendererFor, routingSettings, service, snapshot, task } from '../../support/builders.ts'

const world = snapshot({
  services: [
    service({ name: 'web', createdAt: '2026-01-01T00:00:00Z', lb: { hosts: 'shop.local' } }),
    service({ name: 'next', lb: { hosts: 'shop.local' } }),
    service({ name: 'vip', lb: { backend_mode: 'vip' } }),
  ],
  tasks: [task({ service: 'web' }), task({ service: 'next' }), task({ service: 'vip' })],
})
const { routing } = computeRouting(world, routingSettings())
const config = rendererFor().render(routing).get(fileNames.config) ?? ''

/** The number of the first line that holds a text. */
function lineOf(text: string): number {
  const index = config.split('\n').findIndex((line) => line.includes(text))
  if (index < 0) throw new Error(`no line holds ${text}`)
  return index + 1
}

const blame = (...lines: (number | undefined)[]) => [
  ...blameByPlace(
    config,
    lines.map((line) => ({ line, section: undefined, text: `fault at ${line}` })),
    routing,
  ).keys(),
]

test.for([
  { title: "a server's line", text: 'server next.1', service: 'id-next' },
  { title: "another server's line", text: 'server web.1', service: 'id-web' },
  { title: 'the line of a virtual IP', text: 'server vip ', service: 'id-vip' },
  { title: "a backend's own line", text: 'backend shop.local', service: 'id-web' },
  { title: "a backend's option", text: 'backend vip.local', service: 'id-vip' },
])('$title blames $service', ({ text, service: id }) => {
  expect(blame(lineOf(text))).toEqual([id])
})

test('each service is blamed once, in the words of its first fault', () => {
  const faults = ['first', 'second'].map((text) => ({
    line: lineOf('server next.1'),
    section: undefined,
    text,
  }))
  expect([...blameByPlace(config, faults, routing)]).toEqual([['id-next', 'first']])
})

test('a fault without a line is told by its section', () => {
  const fault = { line: undefined, section: 'shop.local', text: 'unable to find server' }
  expect([...blameByPlace(config, [fault], routing)]).toEqual([['id-web', 'unable to find server']])
})

test('several services can be at fault at once', () => {
  expect(blame(lineOf('server web.1'), lineOf('server vip '))).toEqual(['id-web', 'id-vip'])
})

test.for([
  { title: 'no line', line: undefined },
  { title: 'the first line', line: 1 },
  { title: 'a line of the global section', line: lineOf('stats socket') },
  { title: 'a line of the frontend', line: lineOf('unique-id-format') },
  { title: 'the backend for hosts that nobody claims', line: lineOf('backend no-route') },
])('no service is blamed for $title', ({ line }) => {
  expect(blame(line)).toEqual([])
})

test.for([
  { section: 'shop.local', services: ['id-web'] },
  { section: 'no-route', services: [] },
  { section: undefined, services: [] },
])('without a line, the section tells: $section', ({ section, services }) => {
  const blamed = blameByPlace(config, [{ line: undefined, section, text: 'x' }], routing)
  expect([...blamed.keys()]).toEqual(services)
})

test("a line beyond the end is the last backend's", () => {
  expect(blame(100_000)).toEqual(['id-vip'])
})

test('the problem of a service set aside holds what HAProxy said, cut to a length', () => {
  const problem = rejectedProblem({ id: 'id-web', name: 'web' }, `bad\n${'x'.repeat(1000)}`)
  expect(problem).toMatchObject({ code: 'config-rejected', severity: 'error', service: 'web' })
  expect(problem.label).toBeUndefined()
  expect(problem.found).toContain(String.raw`"bad\nxxx`)
  expect(problem.found.length).toBeLessThan(400)
})
