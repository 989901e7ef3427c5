// Entries of the history, as they are made from reports.

import { expect, test } from 'vitest'
import type { Action } from '../../../agent/core/action.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import {
  changeEntry,
  driftEntry,
  edgeEntry,
  type HistoryDraft,
  lateEntry,
  networksTroubleEntry,
  problemEntries,
  processEntry,
  recoveredEntry,
  troubleEntry,
} from '../../../agent/core/history.ts'
import type { Problem } from '../../../agent/core/problem.ts'
import { limits } from '../../../agent/core/settings.ts'

const files = {
  routesMap: '/run/routes.map',
  redirectsMap: '/run/tidegate/redirects.map',
  certificatesList: '/run/tidegate/certificates.list',
}
const counts = { durationMs: 3.12, backends: 2, servers: 5 }
const opened = (slot: number): Action => ({
  kind: 'open-server',
  backend: 'shop.local',
  server: `shop.${slot}.x`,
})
const none = { add: [], remove: [], addedIds: [] }
const mounted = (name: string) => ({ id: `id-${name}`, name, file: name })
const error = new AgentError('reload-failed', 'HAProxy refused to reload', { hint: 'Look at the address.' })

const problem = (service: string, code: Problem['code'] = 'port-invalid'): Problem => ({
  code,
  severity: 'error',
  serviceId: service,
  service,
  label: 'com.docker.lb.port',
  found: '"80a"',
  expected: 'a port',
  hint: 'Write digits.',
})

test('a live change says what it means, what was sent, and how long it took', () => {
  expect(changeEntry({ kind: 'live', actions: [opened(1)], ...counts }, files)).toEqual({
    kind: 'live',
    cause: 'shop: task 1 runs',
    reasons: [],
    commands: ['set server shop.local/shop.1.x state ready'],
    commandCount: 1,
    durationMs: 3.1,
    backends: 2,
    servers: 5,
  } satisfies HistoryDraft)
})

test('of very many commands and reasons the first are kept, and all are counted', () => {
  const actions = Array.from({ length: 10_000 }, (_, slot) => opened(slot))
  const live = changeEntry({ kind: 'live', actions, ...counts }, files)
  expect(live.commands).toHaveLength(limits.historyCommands)
  expect(live).toMatchObject({ commandCount: 10_000, cause: 'shop: 10000 tasks run' })
  const reasons = Array.from(
    { length: 100 },
    (_, index) => ({ kind: 'backend-added', text: `b${index}` }) as const,
  )
  const reload = changeEntry({ kind: 'reload', reasons, ...counts }, files)
  expect(reload.reasons).toHaveLength(limits.historyReasons + 1)
  expect(reload.reasons.at(-1)).toBe('and 80 more')
  expect(reload.cause).toBe('b0, and 99 more')
})

test.for<readonly [string, HistoryDraft | undefined]>([
  ['HAProxy was started', changeEntry({ kind: 'start', ...counts }, files)],
  ['the agent has taken over the running HAProxy', changeEntry({ kind: 'adopt', ...counts }, files)],
  [
    'somebody else has changed backend shop.local in HAProxy: 1 thing was not as the agent left it',
    driftEntry([opened(1)], files),
  ],
  ['web: "80a"; expected a port', problemEntries([problem('web')], [])[0]],
  ['2 services: 2 problems', problemEntries([problem('web'), problem('api')], [])[0]],
  ['web: 2 problems', problemEntries([problem('web'), problem('web', 'host-invalid')], [])[0]],
  ['web: port-invalid is solved', problemEntries([], [problem('web')])[0]],
  ['2 services: 2 problems are solved', problemEntries([], [problem('web'), problem('api')])[0]],
  ['reload-failed: HAProxy refused to reload', troubleEntry(error)],
  ['the engine answers again', recoveredEntry('the engine answers', 1200)],
  [
    'the edge joins network n1 and leaves 2 networks, and its tasks are replaced',
    edgeEntry({ add: ['n1'], remove: ['n2', 'n3'], secrets: none, configs: none }),
  ],
  [
    'the edge joins network n1, gets 2 secrets and gives back config c, and its tasks are replaced',
    edgeEntry({
      add: ['n1'],
      remove: [],
      secrets: { ...none, add: [mounted('a'), mounted('b')] },
      configs: { ...none, remove: [mounted('c')] },
    }),
  ],
  [
    'the edge gets secret a, and its tasks are replaced',
    edgeEntry({ add: [], remove: [], secrets: { ...none, add: [mounted('a')] }, configs: none }),
  ],
  ['reload-failed: HAProxy refused to reload', networksTroubleEntry(error)],
  ['HAProxy (process 7) died; it is started again', processEntry({ kind: 'died', pid: 7 })],
  ['HAProxy runs again (process 8)', processEntry({ kind: 'restarted', pid: 8 })],
  ['reload-failed: HAProxy refused to reload', processEntry({ kind: 'restart-failed', error })],
  [
    'web.1.x runs and has accepted no connection at [fd00::1]:80 for 10 s',
    lateEntry({ key: '', server: 'web.1.x', address: 'fd00::1', port: 80 }, 10_000),
  ],
])('it says %s', ([cause, entry]) => {
  expect(entry?.cause).toBe(cause)
})

test('the cure of a single problem is its reason, and each of several is told', () => {
  expect(problemEntries([problem('web')], [])[0]?.reasons).toEqual(['Write digits.'])
  expect(problemEntries([problem('web'), problem('api')], [])[0]?.reasons).toHaveLength(2)
  expect(problemEntries([problem('web')], [problem('api')]).map(({ kind }) => kind)).toEqual([
    'problem',
    'solved',
  ])
})

test('what others wrote can neither steer a terminal nor grow without bound', () => {
  const bad = new AgentError('reload-failed', `x\u001b[31m\ny\u202e${'z'.repeat(5000)}`, { hint: 'a\tb' })
  const { cause, reasons } = troubleEntry(bad)
  expect(cause).toMatch(/^reload-failed: x \[31m yz+…$/)
  expect(cause.length).toBeLessThan(600)
  expect(reasons).toEqual(['a b'])
})
