// The dashboard, the alerts and the scraping in compose/monitoring, against the metrics that there are.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { exposition } from '../../../agent/admin/exposition.ts'
import { haproxyMetrics } from '../../../agent/admin/haproxy-metrics.ts'
import { metricsOf } from '../../../agent/admin/metrics.ts'
import { flowsBetween } from '../../../agent/core/rates.ts'
import { limits } from '../../../agent/core/settings.ts'
import { agentFacts, ownFigures } from '../../support/agent-facts.ts'
import { backendFigures, trafficReading } from '../../support/traffic-reading.ts'

const folder = join(import.meta.dirname, '../../../compose/monitoring')
const read = (file: string) => readFileSync(join(folder, file), 'utf8')

const backends = [
  backendFigures({ name: 'shop.local', serversUp: 3 }),
  backendFigures({ name: 'no-route', serversUp: 0 }),
]
const flows = flowsBetween(undefined, trafficReading({ backends }))
const metrics = [...metricsOf(agentFacts, ownFigures), ...haproxyMetrics(flows, 5)]

/** The names that a query may use: histograms under the names of their series. */
const names = new Set(
  metrics.flatMap(({ name, type }) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((series) => `${name}_${series}`) : [name],
  ),
)

const namesIn = (text: string): readonly string[] =>
  text.match(/\b(?:tidegate|haproxy|process)_[a-z_]+\b/g) ?? []

/** Every text under the given keys, however deep. */
function textsUnder(value: unknown, keys: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each) => textsUnder(each, keys))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) =>
    keys.includes(key) && typeof each === 'string' ? [each] : textsUnder(each, keys),
  )
}

test('every metric that the dashboard asks for is there', () => {
  const dashboard: unknown = JSON.parse(read('dashboard.json'))
  const queries = textsUnder(dashboard, ['expr', 'query', 'definition'])
  const used = queries.flatMap(namesIn)
  expect(used.length).toBeGreaterThan(40)
  expect(used.filter((name) => !names.has(name))).toEqual([])
  const { panels } = Object(dashboard)
  const ids = panels.map(({ id }: { readonly id: number }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('every metric and label that the alerts ask for is there, and each alert says what to do', () => {
  const alerts: unknown = parse(read('alerts.yml'))
  const rules = Object(alerts).groups.flatMap(({ rules }: { readonly rules: readonly object[] }) => rules)
  expect(rules.length).toBeGreaterThanOrEqual(10)
  for (const rule of rules) {
    expect(rule).toMatchObject({
      alert: expect.stringMatching(/^Tidegate[A-Za-z]+$/),
      labels: { severity: expect.stringMatching(/^(critical|warning)$/) },
      annotations: { summary: expect.stringMatching(/\.$/), description: expect.stringMatching(/\.$/) },
    })
    const { expr } = Object(rule)
    expect(namesIn(expr).filter((name) => !names.has(name))).toEqual([])
    for (const [, label = '', value = ''] of expr.matchAll(/\b(severity|code)="(\w+)"/g)) {
      expect(exposition(metrics)).toContain(`${label}="${value}"`)
    }
  }
})

test('the example for Prometheus names the alerts, and takes the token', () => {
  expect(parse(read('prometheus.yml'))).toMatchObject({
    rule_files: ['alerts.yml'],
    scrape_configs: [{ job_name: 'tidegate', authorization: { credentials_file: 'admin.token' } }],
  })
})

test("HAProxy's figures have the names and labels of its own exporter", () => {
  const lines = exposition(haproxyMetrics(flows, 5)).split('\n')
  expect(lines).toContain('haproxy_backend_active_servers{proxy="shop.local"} 3')
  expect(lines).toContain('haproxy_frontend_http_requests_total{proxy="http"} 9')
  expect(lines).toContain('haproxy_backend_http_responses_total{proxy="shop.local",code="5xx"} 0')
  expect(lines).toContain('tidegate_servers_failed 2')
  expect(lines).toContain('tidegate_backends_untold 0')
})

test('of more backends than the limit allows the first are told, and the rest counted', () => {
  const many = Array.from({ length: limits.metricBackends + 5 }, (_, index) =>
    backendFigures({ name: `b${index}` }),
  )
  const text = exposition(haproxyMetrics(flowsBetween(undefined, trafficReading({ backends: many })), 0))
  expect(text.match(/^haproxy_backend_current_queue\{/gm)).toHaveLength(limits.metricBackends)
  expect(text).toContain('\ntidegate_backends_untold 5\n')
})
