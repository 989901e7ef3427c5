import { expect, test } from 'vitest'
import type { Action } from '../../../agent/core/action.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import type { Problem } from '../../../agent/core/problem.ts'
import { createLog, createReport, type LogLevel } from '../../../agent/log.ts'

type Line = Readonly<Record<string, unknown>>

/** A log at a level, and the lines that came of it, without their times. */
function logged(level: LogLevel = 'info') {
  const texts: string[] = []
  const log = createLog({ level, stream: { write: (text) => void texts.push(text) } })
  const lines = (): readonly Line[] =>
    texts.map((text) => {
      const { time, ...line }: Line = JSON.parse(text)
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      return line
    })
  return { log, lines }
}

const counts = { atMs: 1000, durationMs: 12.3456, backends: 3, servers: 9 }
const problem: Problem = {
  code: 'port-invalid',
  severity: 'error',
  serviceId: 'id1',
  service: 'blog',
  label: 'com.docker.lb.port',
  found: '"80a"',
  expected: 'a port from 1 to 65535',
  hint: 'Write digits only.',
}
const opened: Action = { kind: 'open-server', backend: 'shop.local', server: 'shop.1' }
const away = new AgentError('docker-unreachable', 'the engine does not answer', {
  hint: 'Start it.',
  cause: new Error('ECONNREFUSED'),
})

test('a line is JSON with facts, a level in words and a constant message', () => {
  const { log, lines } = logged()
  log.child('haproxy').warn({ pid: 7 }, 'worker died')
  expect(lines()).toEqual([{ level: 'warn', part: 'haproxy', pid: 7, msg: 'worker died' }])
})

test('what is below the level is not logged', () => {
  const { log, lines } = logged('warn')
  log.info({}, 'not this')
  log.error({}, 'this')
  expect(lines().map(({ msg }) => msg)).toEqual(['this'])
})

test('a live change is one line with its counts', () => {
  const { log, lines } = logged()
  const added: Action = {
    kind: 'add-server',
    backend: 'shop.local',
    server: 'shop.1',
    address: '10.0.0.5',
    port: 80,
    weight: 1,
  }
  createReport(log).outcome({ ...counts, kind: 'live', actions: [added, opened] })
  expect(lines()).toEqual([
    {
      level: 'info',
      kind: 'live',
      durationMs: 12.3,
      backends: 3,
      servers: 9,
      actions: 2,
      kinds: { 'add-server': 1, 'open-server': 1 },
      changes: ['add-server shop.local/shop.1', 'open-server shop.local/shop.1'],
      msg: 'change applied live',
    },
  ])
})

test('a reload is one line with its reasons, up to a bound', () => {
  const { log, lines } = logged()
  const reasons = Array.from(
    { length: 30 },
    (_, index) => ({ kind: 'backend-added', text: `reason ${index}` }) as const,
  )
  createReport(log).outcome({ ...counts, kind: 'reload', reasons })
  expect(lines()).toMatchObject([{ level: 'info', kind: 'reload', reasonCount: 30, msg: 'haproxy reloaded' }])
  expect(lines().map(({ reasons: told }) => told)).toEqual([
    reasons.slice(0, 20).map((reason) => reason.text),
  ])
})

test.for([
  ['start', 'haproxy started'],
  ['adopt', 'haproxy adopted'],
] as const)('%s is one line', ([kind, message]) => {
  const { log, lines } = logged()
  createReport(log).outcome({ ...counts, kind })
  expect(lines()).toEqual([{ level: 'info', kind, durationMs: 12.3, backends: 3, servers: 9, msg: message }])
})

test('a problem is a warning when it appears and a line when it goes', () => {
  const { log, lines } = logged()
  const report = createReport(log)
  report.problems([problem], [])
  report.problems([], [problem])
  const { serviceId: _, ...facts } = problem
  expect(lines()).toEqual([
    { level: 'warn', ...facts, msg: 'service has a problem' },
    {
      level: 'info',
      code: 'port-invalid',
      service: 'blog',
      label: 'com.docker.lb.port',
      msg: 'problem solved',
    },
  ])
})

test('a flood of problems is cut and counted', () => {
  const { log, lines } = logged()
  createReport(log).problems(
    Array.from({ length: 1000 }, () => problem),
    [],
  )
  expect(lines()).toHaveLength(21)
  expect(lines().at(-1)).toEqual({ level: 'warn', problems: 980, msg: 'more services have problems' })
})

test('trouble is an error once, and again when it changes; its end is told with the tries that it took', () => {
  const { log, lines } = logged()
  const report = createReport(log)
  report.trouble(away, 100)
  report.trouble(away, 200)
  report.trouble(new AgentError('reload-failed', 'no', { hint: 'Look.' }), 400)
  report.recovered()
  report.trouble(away, 100)
  const first = {
    level: 'error',
    code: 'docker-unreachable',
    error: 'the engine does not answer',
    cause: 'ECONNREFUSED',
    hint: 'Start it.',
    tries: 1,
    retryMs: 100,
    msg: 'step failed',
  }
  expect(lines()).toEqual([
    first,
    {
      level: 'error',
      code: 'reload-failed',
      error: 'no',
      hint: 'Look.',
      tries: 3,
      retryMs: 400,
      msg: 'step failed',
    },
    { level: 'info', tries: 3, msg: 'recovered' },
    first,
  ])
})

test('tries that fail alike are left to the debug level', () => {
  const { log, lines } = logged('debug')
  const report = createReport(log)
  report.trouble(away, 100)
  report.trouble(away, 200)
  expect(lines().map(({ level }) => level)).toEqual(['error', 'debug'])
})

test('drift is a warning that says what had to be put right', () => {
  const { log, lines } = logged()
  createReport(log).drift([opened])
  expect(lines()).toEqual([
    {
      level: 'warn',
      actions: 1,
      kinds: { 'open-server': 1 },
      changes: ['open-server shop.local/shop.1'],
      msg: 'live state had drifted',
    },
  ])
})
