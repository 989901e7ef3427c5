// The admin interface of an agent as its users run it: a process of its own, asked over its socket.

import { request } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { startAgentProcess } from '../support/agent-process.ts'
import { besideSwarm } from '../support/beside-swarm.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }

type Answer = { readonly status: number; readonly body: string }

function ask(socketPath: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, signal: AbortSignal.timeout(5000) }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** The value of a metric without labels, or with exactly these. */
function metric(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

it('an agent is ready once it has done what the Swarm asks for, and tells what it did', async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
  })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels })
  await swarm.waitFor('shop', 2)
  const { flags, admin } = await besideSwarm(swarm, dir.path, { 'docker-timeout': '500ms' })
  await using agent = startAgentProcess(flags)
  await agent.logged('haproxy started')
  await eventually(async () => (await ask(admin, '/readyz')).status === 200, { timeoutMs: 10_000 })
  expect(JSON.parse((await ask(admin, '/healthz')).body)).toEqual({ healthy: true })

  swarm.scale('shop', 4)
  swarm.createService({
    name: 'late',
    replicas: 1,
    networks: ['demo'],
    labels: { ...labels, 'com.docker.lb.hosts': 'l' },
  })
  await agent.logged('haproxy reloaded')
  const metrics = await eventually(
    async () => {
      const { body } = await ask(admin, '/metrics')
      return metric(body, 'tidegate_settled') === 1 && metric(body, 'tidegate_servers{state="ready"}') === 5
        ? body
        : undefined
    },
    { timeoutMs: 20_000 },
  )
  expect(metric(metrics, 'tidegate_reloads_total')).toBe(1)
  expect(metric(metrics, 'tidegate_reload_reasons_total{reason="backend-added"}')).toBe(1)
  expect(metric(metrics, 'tidegate_change_seconds_count{outcome="reload"}')).toBe(1)
  expect(metric(metrics, 'tidegate_view_age_seconds')).toBeLessThan(5)

  swarm.faults.set({ kind: 'down' })
  await eventually(async () => metric((await ask(admin, '/metrics')).body, 'tidegate_engine_failures') > 0, {
    timeoutMs: 20_000,
  })
  expect((await ask(admin, '/metrics')).body).toContain('tidegate_errors_total{code="docker-unreachable"}')
})
