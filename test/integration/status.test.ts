// `tidegate status` and `tidegate top` beside a real agent, and beside HAProxy alone.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseStatus } from '../../agent/cli/status-answer.ts'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { startAgentProcess } from '../support/agent-process.ts'
import { besideSwarm } from '../support/beside-swarm.ts'
import { ask } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { killGroupOf, startHaproxy } from '../support/haproxy-instance.ts'
import { tempDir } from '../support/temp-dir.ts'

const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
const patient = { timeoutMs: 20_000 }

async function tidegate(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(30_000),
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, exitCode: child.exitCode }
}

const labels = (host: string, port = '8080') => ({ 'com.docker.lb.hosts': host, 'com.docker.lb.port': port })

test('the agent tells what it sees; without it the engine and HAProxy say the same', async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
  })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels: labels('shop.local') })
  swarm.createService({ name: 'mail', replicas: 1, networks: ['demo'], labels: labels('mail.local', '80a') })
  await swarm.waitFor('shop', 2)
  const { flags, port } = await besideSwarm(swarm, dir.path)
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
  const status = (...more: readonly string[]) => tidegate('status', ...more, ...args)
  await using agent = startAgentProcess(flags)
  await agent.logged('haproxy started')
  await eventually(async () => (await ask({ port, host: 'shop.local' })).status === 200, patient)

  const settled = await eventually(async () => {
    const { stdout } = await status()
    return stdout.includes('settled') && stdout.includes('2 up') ? stdout : undefined
  }, patient)
  expect(settled).toMatch(/^HAProxy \d\S+, worker \d+, up \d+ s, \d+ of \d+ connections$/m)
  expect(settled).toMatch(/^1 service, 1 backend, 1 route, 2 servers$/m)
  expect(settled).toMatch(/^shop\.local +shop +2 up +\d+/m)
  expect(settled).toMatch(/^error: mail: com\.docker\.lb\.port "80a"/m)
  const one = await status('shop')
  expect(one.stdout).toMatch(/^shop\.1\.\w+ +127\.\S+:8080 +(?:UP|no check) /m)
  expect(one.stdout).not.toContain('mail')
  expect((await status('nobody.local')).exitCode).toBe(1)
  expect(parseStatus((await status('--json')).stdout)).toMatchObject({
    toldBy: 'agent',
    loop: { isSettled: true },
  })

  const group = await groupOf(parseStatus((await status('--json')).stdout)?.haproxy?.pid ?? 0)
  // Killed, it leaves HAProxy and the engine behind.
  await agent.kill('SIGKILL')
  try {
    const without = await status()
    expect(without.stdout).toContain('no agent answers; told by the engine and HAProxy')
    expect(without.stdout).toMatch(/^shop\.local +shop +2 up +\d+/m)
    expect(without.stdout).toMatch(/^error: mail: com\.docker\.lb\.port "80a"/m)
  } finally {
    killGroupOf(group)
  }
})

/** The process group of HAProxy's worker, which its master leads (proc(5), `/proc/pid/stat`). */
async function groupOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
}

test('where only the runtime socket exists, status and top tell what HAProxy knows', async () => {
  await using dir = await tempDir()
  await using haproxy = await startHaproxy({
    backends: 'backend shop.local\n  server shop.1.k2 127.0.0.1:1\n  server shop.2.m3 127.0.0.1:1 disabled',
    routes: 'shop.local/ shop.local\n',
  })
  const args = [
    ...['--run-dir', dirname(haproxy.workerSocket)],
    ...['--docker-host', `unix://${dir.path}/none.sock`],
    ...['--admin-socket', 'off'],
  ]
  const status = await tidegate('status', ...args)
  expect(status.stdout).toContain('told by HAProxy alone')
  expect(status.stdout).toMatch(/^shop\.local +- +1 up, 1 waiting +0 /m)

  const once = await tidegate('top', '--once', ...args.slice(0, 2))
  expect(once.stdout).toMatch(/^shop\.local +1 +0 +0 +-/m)
  const json = await tidegate('top', '--once', '--json', ...args.slice(0, 2))
  expect(JSON.parse(json.stdout)).toMatchObject({
    spanMs: expect.any(Number),
    backends: expect.arrayContaining([
      expect.objectContaining({ name: 'shop.local', rates: expect.anything() }),
    ]),
  })
  const nobody = await tidegate('top', ...args.slice(0, 2))
  expect(nobody.stderr).toContain('standard output is no terminal')
  expect(nobody.exitCode).toBe(2)
})
