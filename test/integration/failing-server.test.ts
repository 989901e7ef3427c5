// A server that fails leaves rotation by itself, and returns when it answers, while Swarm still says that it runs.

import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { readLiveState } from '../support/live-state.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startTraffic } from '../support/traffic.ts'

const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }

it('a lost task is out of rotation before Swarm notices, and back as soon as somebody answers there', async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: { ...fastTiming, nodeDownMs: 300_000 },
    nodes: 2,
  })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels })
  const tasks = await swarm.waitFor('shop', 2)
  const [lost] = tasks
  const address = lost?.NetworksAttachments?.[0]?.Addresses[0]?.replace(/\/.*/, '') ?? ''
  await using edge = await startEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
  await edge.settled()
  const source = { socketPath: edge.settings.haproxy.workerSocket, routesMap: edge.settings.config.routesMap }
  const isUp = async () =>
    [...((await readLiveState(source)).backends.get('shop.local') ?? [])].find(([, server]) =>
      server.address.startsWith(`${address}:`),
    )?.[1].isUp
  await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'], clients: 4 })
  const slowly = { timeoutMs: 30_000, intervalMs: 50 }
  await eventually(async () => (await isUp()) === true, slowly)

  swarm.loseNode(lost?.NodeID ?? '', 'reset')
  await eventually(async () => (await isUp()) === false, slowly)
  expect(swarm.runningTasksOf('shop')).toHaveLength(2)
  const before = await traffic.tally()
  const without = await traffic.during(() =>
    eventually(() => traffic.tally().answered > before.answered + 50, slowly),
  )
  expect(without.failures).toEqual([])

  let served = 0
  const back = createServer((_, response) => {
    served += 1
    response.end('{}')
  })
  await new Promise<void>((resolve) => back.listen(8080, address, resolve))
  await eventually(async () => (await isUp()) === true, slowly)
  await eventually(() => served > 10, slowly)
  // Of the loss itself: POST requests that the task had in its hands.
  expect((await traffic.stop()).failures.filter(({ method }) => method !== 'POST')).toEqual([])
  back.closeAllConnections()
  await new Promise((resolve) => back.close(resolve))
})
