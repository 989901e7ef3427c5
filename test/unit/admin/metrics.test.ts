// What /metrics says, and when an edge is ready.

import { expect, test } from 'vitest'
import { exposition } from '../../../agent/admin/exposition.ts'
import { metricsOf } from '../../../agent/admin/metrics.ts'
import { unreadiness } from '../../../agent/admin/readiness.ts'
import { limits } from '../../../agent/core/settings.ts'
import { agentFacts as facts, ownFigures as own } from '../../support/agent-facts.ts'

const lines = exposition(metricsOf(facts, own)).split('\n')

test.for([
  'tidegate_info{version="0.1.0"} 1',
  'tidegate_settled 1',
  'tidegate_servers{state="closing"} 2',
  'tidegate_problems{severity="error"} 1',
  'tidegate_certificates 2',
  'tidegate_certificate_not_after_seconds{file="shop.pem",from="folder"} 1803859200',
  'tidegate_reloads_total 2',
  'tidegate_reload_reasons_total{reason="backend-added"} 2',
  'tidegate_actions_total{kind="open-server"} 8',
  'tidegate_view_age_seconds 0.25',
  'tidegate_watch_following 1',
  'process_cpu_seconds_total 1.5',
  'tidegate_change_seconds_bucket{outcome="live",le="0.1"} 2',
  'tidegate_change_seconds_bucket{outcome="live",le="+Inf"} 4',
  'tidegate_change_seconds_sum{outcome="live"} 5.5',
  'tidegate_change_seconds_count{outcome="reload"} 3',
  'tidegate_propagation_seconds_count{outcome="live"} 9',
  'tidegate_ready 1',
  'tidegate_history_entries 1000',
  'tidegate_history_dropped_total 7',
  'tidegate_stream_clients 2',
])('it says %s', (line) => {
  expect(lines).toContain(line)
})

test('every metric has its help and its type once, and no line is anything else', () => {
  const names = metricsOf(facts, own).map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^(tidegate|process)_[a-z_]+$/)
  const pattern = /^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? [0-9.e+-]+|)$/
  expect(lines.filter((line) => !pattern.test(line))).toEqual([])
})

test('of more certificates than the limit allows those are told that end first, and all are counted', () => {
  const [first] = facts.edge.certificates ?? []
  if (first === undefined) throw new Error('no certificate')
  const certificates = Array.from({ length: 300 }, (_, index) => ({ ...first, file: `${index}.pem` }))
  const text = exposition(metricsOf({ ...facts, edge: { ...facts.edge, certificates } }, own))
  expect(text.match(/^tidegate_certificate_not_after_seconds\{/gm)).toHaveLength(limits.metricCertificates)
  expect(text).toContain('\ntidegate_certificates 300\n')
})

test('an edge that speaks no TLS tells nothing of certificates', () => {
  const edge = { ...facts.edge, certificates: undefined }
  expect(exposition(metricsOf({ ...facts, edge }, own))).not.toContain('certificate')
})

test('what has no sample is left out, and labels are escaped', () => {
  const tallies = { ...facts.tallies, errorsByCode: new Map() }
  expect(exposition(metricsOf({ ...facts, tallies }, own))).not.toContain('tidegate_errors_total')
  const metric = {
    name: 'a',
    help: 'b',
    type: 'gauge',
    samples: [{ labels: { x: 'q"\\\n' }, value: 1 }],
  } as const
  expect(exposition([metric])).toBe('# HELP a b\n# TYPE a gauge\na{x="q\\"\\\\\\n"} 1\n')
})

test.for([
  ['all is well', facts, []],
  [
    'a server drains and a reload waits',
    { ...facts, edge: { ...facts.edge, isSettled: false, pendingReloadReasons: 1 } },
    [],
  ],
  [
    'the engine is silent',
    { ...facts, engine: { ...facts.engine, staleMs: 31_000, trouble: 'docker-unreachable' } },
    ['the engine has not answered for 31 s (docker-unreachable)'],
  ],
  [
    'nothing is known yet',
    { ...facts, engine: { ...facts.engine, staleMs: undefined }, edge: { ...facts.edge, isObserved: false } },
    ['the engine has not answered yet', 'HAProxy has not been seen yet'],
  ],
  [
    'HAProxy does not take what it is told',
    { ...facts, edge: { ...facts.edge, trouble: 'reload-failed' } },
    ['the last step towards HAProxy failed (reload-failed)'],
  ],
] as const)('ready where %s?', ([, given, reasons]) => {
  expect(unreadiness(given)).toEqual(reasons)
  expect(exposition(metricsOf(given, own))).toContain(`\ntidegate_ready ${reasons.length === 0 ? 1 : 0}\n`)
})
