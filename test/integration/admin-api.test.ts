// The API, the stream and the TCP address of an agent as its users run it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as schemas from '../../agent/admin/schemas.ts'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { askAdmin } from '../support/admin.ts'
import { type AgentProcess, startAgentProcess } from '../support/agent-process.ts'
import { ask } from '../support/client.ts'
import { freePort } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import { tempDir } from '../support/temp-dir.ts'

const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }

async function createWorld() {
  const dir = await tempDir()
  const swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels })
  swarm.createService({
    name: 'typo',
    replicas: 1,
    networks: ['demo'],
    labels: { 'com.docker.lb.hosts': 'typo.local', 'com.docker.lb.port': '80a' },
  })
  await swarm.waitFor('shop', 2)
  const runDir = join(dir.path, 'run')
  const port = await freePort()
  const tcp = await freePort()
  const flags = {
    'docker-host': `unix://${swarm.socketPath}`,
    'edge-networks': 'every',
    'run-dir': runDir,
    'haproxy-bin': haproxyBinary(),
    'http-bind': `127.0.0.1:${port}`,
    'admin-bind': `${tcp}`,
  }
  const agent = startAgentProcess(flags)
  const admin = join(runDir, 'admin.sock')
  await agent.logged('admin interface open')
  await eventually(async () => (await askAdmin(admin, '/readyz')).status === 200, { timeoutMs: 15_000 })
  const token = (await readFile(join(runDir, 'admin.token'), 'utf8')).trim()
  return { dir, swarm, agent, admin, port, tcp, token, runDir, flags }
}

let world: Awaited<ReturnType<typeof createWorld>>
const agents: AgentProcess[] = []

beforeAll(async () => {
  world = await createWorld()
  agents.push(world.agent)
})

afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]()
  await world.swarm[Symbol.asyncDispose]()
  await world.dir[Symbol.asyncDispose]()
})

describe('what is answered is what the description says', () => {
  test.for([
    ['/healthz', schemas.health],
    ['/readyz', schemas.readiness],
    ['/api/status', schemas.status],
    ['/api/explain?of=http://shop.local/a', schemas.explanation],
    ['/api/explain?of=typo', schemas.explanation],
    ['/api/history', schemas.history],
    ['/api/diff', schemas.diff],
    ['/api/traffic', schemas.traffic],
    ['/api/backends/shop.local', schemas.backend],
  ] as const)('%s', async ([path, schema]) => {
    for (let request = 0; request < 3; request += 1) await ask({ port: world.port, host: 'shop.local' })
    const answer = await askAdmin(world.admin, path)
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 })
    expect(schema.safeParse(answer.json()).error?.issues).toBeUndefined()
  })
})
