// `tidegate diff` against a real HAProxy: what is changed by hand is seen, with an agent and without one.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createRuntime } from '../../agent/haproxy/runtime.ts'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { askAdmin } from '../support/admin.ts'
import { startAgentProcess } from '../support/agent-process.ts'
import { besideSwarm } from '../support/beside-swarm.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
const labels = { 'com.docker.lb.hosts': 'shop.local', 'com.docker.lb.port': '8080' }

type Run = { readonly exitCode: number; readonly stdout: string }

/** The command line as its users call it. */
async function tidegate(command: readonly string[], flags: Readonly<Record<string, string>>): Promise<Run> {
  const settings = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
  const args = ['--import', 'tsx', main, ...command, ...settings]
  try {
    return { exitCode: 0, stdout: (await promisify(execFile)(process.execPath, args)).stdout }
  } catch (error) {
    const { code, stdout } = Object(error)
    return { exitCode: Number(code), stdout: String(stdout) }
  }
}

test('a server changed on the socket and a file that is edited are both seen', async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
  })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels })
  await swarm.waitFor('shop', 2)
  // The agent puts right what it finds when it looks again: not while this test looks.
  const { flags, runDir, admin } = await besideSwarm(swarm, dir.path, { 'audit-interval': '10m' })
  await using agent = startAgentProcess(flags)
  await agent.logged('haproxy started')
  await eventually(async () => (await askAdmin(admin, '/metrics')).body.includes('\ntidegate_settled 1\n'), {
    timeoutMs: 10_000,
  })
  expect(await tidegate(['diff'], flags)).toEqual({ exitCode: 0, stdout: '' })

  const config = join(runDir, 'haproxy.cfg')
  const [, first = '', second = ''] =
    /server (shop\.1\.\S+)[\s\S]*server (shop\.2\.\S+)/.exec(await readFile(config, 'utf8')) ?? []
  await using runtime = createRuntime({ socketPath: join(runDir, 'worker.sock'), timeoutMs: 5000 })
  await runtime.send([`set server shop.local/${first} state maint`], AbortSignal.timeout(5000))
  const written = await readFile(config, 'utf8')
  await writeFile(
    config,
    written.replace(`server ${second} `, `server ${second}x `).replace('retries 3', 'retries 9'),
  )

  const { exitCode, stdout } = await tidegate(['diff'], flags)
  expect(exitCode).toBe(1)
  const lines = stdout.split('\n').map((line) => line.split(/ {2,}/))
  const [place] = /\d+\.\d+\.\d+\.\d+:\d+/.exec(stdout) ?? []
  expect(lines).toContainEqual([
    'server',
    `shop.local/${first}`,
    `${place} ready`,
    `${place} maint`,
    `${place} ready`,
  ])
  expect(lines).toContainEqual([
    'server',
    `shop.local/${second}`,
    expect.stringMatching(/ ready$/),
    expect.stringMatching(/ ready$/),
    '-',
  ])
  expect(lines).toContainEqual([
    'server',
    `shop.local/${second}x`,
    '-',
    '-',
    expect.stringMatching(/ ready$/),
  ])
  expect(lines).toContainEqual(['file', 'haproxy.cfg, defaults', 'retries 3', '?', 'retries 9'])
  expect(stdout).toContain('\n4 differences, as the running agent sees it\n')

  const alone = await tidegate(['diff', '--json'], { ...flags, 'admin-socket': 'off' })
  const told = await tidegate(['diff', '--json'], flags)
  expect(JSON.parse(alone.stdout)).toEqual({ ...JSON.parse(told.stdout), toldBy: 'engine' })

  const history = await tidegate(['history', '--json'], flags)
  expect(JSON.parse(history.stdout).entries[0]).toMatchObject({ kind: 'start' })
})
