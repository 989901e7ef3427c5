// The program as `npm run build` makes it: what it reads from beside itself is where it looks.
// Refuses what it does then: every other test runs the sources.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { askAdmin } from '../support/admin.ts'
import { startAgentProcess } from '../support/agent-process.ts'
import { besideSwarm } from '../support/beside-swarm.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

const project = join(import.meta.dirname, '../..')
const program = join(project, 'dist/main.js')
const run = promisify(execFile)

it('the built program has its templates, its page and its version', async () => {
  await run('npm', ['run', '--silent', 'build'], { cwd: project, timeout: 60_000 })
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
  })
  const { flags, runDir, admin } = await besideSwarm(swarm, dir.path)
  await using agent = startAgentProcess(flags, [program])
  await agent.logged('haproxy started')
  const status = await eventually(
    async () => {
      const { stdout } = await run(process.execPath, [program, 'status', '--run-dir', runDir])
      return stdout.includes('settled') ? stdout : undefined
    },
    { timeoutMs: 20_000 },
  )
  expect(status).toContain('no backends')
  const page = await askAdmin(admin, '/')
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  const { stdout: version } = await run(process.execPath, [program, 'version'])
  expect(version).toMatch(/^tidegate \d+\.\d+\.\d+\n$/)
})
