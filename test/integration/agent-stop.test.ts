// An agent that is told to end, with its own HAProxy.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { startAgentProcess } from '../support/agent-process.ts'
import { besideSwarm } from '../support/beside-swarm.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A worker that still has a session is given 30 s; the agent's own connection must not be that session. */
const quickMs = 15_000

test('it ends as soon as HAProxy has no client left', async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'engine.sock'),
    runtime: 'none',
    timing: fastTiming,
  })
  const { flags } = await besideSwarm(swarm, dir.path)
  await using agent = startAgentProcess(flags)
  await agent.logged('haproxy started')
  const startedMs = performance.now()
  await agent.kill('SIGTERM')
  expect(performance.now() - startedMs).toBeLessThan(quickMs)
  expect(agent.child.exitCode).toBe(0)
  expect(agent.log.at(-1)).toMatchObject({ msg: 'agent stopped' })
})
