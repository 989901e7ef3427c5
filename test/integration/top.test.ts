// `tidegate top` in a real terminal, with a real HAProxy under real traffic.

import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { reload } from '../../agent/haproxy/master.ts'
import { eventually } from '../support/eventually.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { killProcess, startHaproxy, startMaster } from '../support/haproxy-instance.ts'
import { type Pty, startPty } from '../support/pty.ts'
import { tempDir } from '../support/temp-dir.ts'

const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
const patient = { timeoutMs: 15_000 }
const size = { columns: 100, rows: 16 }

const top = (workerSocket: string, ...more: readonly string[]) => [
  process.execPath,
  '--import',
  'tsx',
  main,
  'top',
  '--worker-socket',
  workerSocket,
  ...more,
]

/** Some 50 requests a second for a host through HAProxy's socket, each third of them answered with 500. */
async function startTraffic(dir: string, socketPath: string): Promise<AsyncDisposable> {
  let asked = 0
  const server = createServer((_, answer) => {
    asked += 1
    answer.writeHead(asked % 3 === 0 ? 500 : 200).end('hello\n')
  }).listen(`${dir}/service.sock`)
  await once(server, 'listening')
  const timer = setInterval(() => {
    get({ socketPath, headers: { host: 'shop.example' } }, (answer) => answer.resume()).on('error', () => {})
  }, 20)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const backends = (dir: string) =>
  `backend shop.example\n  server shop.1.k2 unix@${dir}/service.sock\n  server shop.2.m3 unix@${dir}/none.sock disabled`

const routes = 'shop.example shop.example\n'

const shows = (pty: Pty, pattern: RegExp) =>
  eventually(() => {
    const text = pty.frame().join('\n')
    if (!pattern.test(text)) throw new Error(`the screen is\n${text}`)
    return true
  }, patient)

/** The terminal is as it was found: its own page, its cursor, lines and echo. */
function expectRestored(pty: Pty): void {
  const output = pty.output()
  const left = output.lastIndexOf('\u001b[?1049l')
  expect(left).toBeGreaterThan(output.lastIndexOf('\u001b[?1049h'))
  expect(output.slice(left - 20)).toContain('\u001b[?25h')
  expect(output).toMatch(/[^-]icanon/)
  expect(output).toMatch(/[^-]echo /)
}

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  test('hosts and servers are watched through a reload, a resize and an absence of HAProxy', async () => {
    await using dir = await tempDir()
    await using haproxy = await startHaproxy({ branch, backends: backends(dir.path), routes })
    await using _traffic = await startTraffic(dir.path, haproxy.httpSocket)
    await using pty = await startPty(top(haproxy.workerSocket), size)

    await shows(pty, /shop\.example +1 +[1-9]\d? .*\d+ %/)
    expect(pty.frame()).toHaveLength(16)
    expect(pty.frame()[0]).toContain('HAProxy 3.')

    pty.type('\r')
    await shows(pty, /shop\.example: 2 servers/)
    await shows(pty, /shop\.1\.k2 +no check +[1-9]\d? /)
    expect(pty.frame().join('\n')).toMatch(/shop\.2\.m3 +MAINT +0 /)
    pty.type('\u001b[D')
    await shows(pty, /no-route|\(no route\)/)
    pty.type('/shop')
    await shows(pty, /filter shop_ +1 shown/)
    pty.type('\r')

    expect(
      (await reload({ socketPath: haproxy.masterSocket, timeoutMs: 5000 }, AbortSignal.timeout(10_000))).done,
    ).toBe(true)
    await shows(pty, /RELOADED/)
    await shows(pty, /shop\.example +1 +[1-9]\d? /)

    await pty.resize(60, 8)
    await eventually(() => pty.frame().length === 8, patient)
    for (const line of pty.frame()) expect(line.length).toBeLessThanOrEqual(60)

    await killProcess(haproxy.child)
    await shows(pty, /HAProxy does not answer/)
    const again = startMaster(haproxy.binary, haproxy)
    try {
      await shows(pty, /shop\.example +1 +[1-9]\d? /)
      pty.type('q')
      expect(await pty.ended()).toBe(0)
    } finally {
      await killProcess(again)
    }
    expectRestored(pty)
  })
})

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('the terminal is restored at %s', async (signal) => {
  await using dir = await tempDir()
  await using pty = await startPty(top(`${dir.path}/none.sock`), size)
  await shows(pty, /HAProxy does not answer/)
  process.kill(pty.pid, signal)
  expect(await pty.ended()).toBe(0)
  expectRestored(pty)
})

test('the terminal is restored where a bug ends the program', async () => {
  await using dir = await tempDir()
  const broken = `data:text/javascript,${encodeURIComponent(
    "process.on('SIGUSR2', () => { throw new Error('a bug') })",
  )}`
  const [node = '', ...rest] = top(`${dir.path}/none.sock`)
  await using pty = await startPty([node, '--import', broken, ...rest], size)
  await shows(pty, /HAProxy does not answer/)
  process.kill(pty.pid, 'SIGUSR2')
  expect(await pty.ended()).not.toBe(0)
  expect(pty.output()).toContain('a bug')
  expectRestored(pty)
})

test('the terminal is not touched where settings are at fault', async () => {
  await using pty = await startPty(top('relative', '--nonsense', '1'), size)
  expect(await pty.ended()).toBe(2)
  expect(pty.output()).not.toContain('\u001b[?1049h')
})
