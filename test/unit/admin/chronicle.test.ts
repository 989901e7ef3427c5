import { configSettings } from '../../support/builders.ts'

// What of the agent's reports is written down, and how often.

import { expect, test } from 'vitest'
import { createHistory } from '../../../agent/admin/history.ts'
import type { AgentReport } from '../../../agent/agent.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import { livePathsOf } from '../../../agent/core/settings.ts'
import { createChronicle } from '../../../agent/history.ts'

const failed = (message: string) => new AgentError('apply-failed', message, { hint: 'Look.' })

function world() {
  const history = createHistory(Date.now)
  let nowMs = 0
  const passed: string[] = []
  const pass = (name: string) => () => {
    passed.push(name)
  }
  const report: AgentReport = {
    outcome: pass('outcome'),
    problems: pass('problems'),
    trouble: pass('trouble'),
    recovered: pass('recovered'),
    late: pass('late'),
    drift: pass('drift'),
    haproxy: pass('haproxy'),
    attached: pass('attached'),
    notAttached: pass('notAttached'),
    lowered: pass('lowered'),
    notResumed: pass('notResumed'),
  }
  const chronicle = createChronicle({ history, files: livePathsOf(configSettings()), nowMs: () => nowMs })
  const written = () => history.read(0, 100).entries
  const later = (timeMs: number) => {
    nowMs += timeMs
  }
  return { chronicle, report: chronicle.recorded(report), written, passed, later }
}

test('tries that fail alike are one trouble, and its end says how long it lasted', () => {
  const { report, written, passed, later } = world()
  for (let attempt = 0; attempt < 5; attempt += 1) {
    report.trouble(failed('no reply'), 100)
    later(100)
  }
  report.trouble(failed('another reply'), 100)
  later(300)
  report.recovered()
  report.trouble(failed('no reply'), 100)
  expect(written().map(({ kind, cause }) => `${kind} ${cause}`)).toEqual([
    'trouble apply-failed: no reply',
    'trouble apply-failed: another reply',
    'recovered HAProxy takes changes again',
    'trouble apply-failed: no reply',
  ])
  expect(written()[2]?.durationMs).toBe(800)
  expect(passed).toHaveLength(8)
})

test('what HAProxy prints is no change, and everything else is handed on', () => {
  const { report, written, passed } = world()
  report.haproxy({ kind: 'output', lines: ['x'] })
  report.haproxy({ kind: 'died', pid: 7, restartMs: 200 })
  report.drift([{ kind: 'open-server', backend: 'b', server: 's.1.t' }])
  report.problems([], [])
  report.lowered('max-connections', 2, 1)
  expect(written().map(({ kind }) => kind)).toEqual(['haproxy', 'drift'])
  expect(passed).toEqual(['haproxy', 'haproxy', 'drift', 'problems', 'lowered'])
})

test("the engine's trouble is written down, as it reaches no report", () => {
  const { chronicle, written } = world()
  chronicle.engineFailed(new AgentError('docker-unreachable', 'no engine', { hint: '' }))
  chronicle.engineRecovered(1234.5)
  expect(written().map(({ kind, cause }) => `${kind} ${cause}`)).toEqual([
    'trouble docker-unreachable: no engine',
    'recovered the engine answers again',
  ])
})
