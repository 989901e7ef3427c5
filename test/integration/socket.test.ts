// `tidegate socket` against a real HAProxy: as a command, from a pipe, and by a person in a real terminal.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { type HaproxyInstance, startHaproxy } from '../support/haproxy-instance.ts'
import { type Pty, startPty } from '../support/pty.ts'
import { tempDir } from '../support/temp-dir.ts'

const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
const patient = { timeoutMs: 15_000 }
const backends = 'backend shop.example\n  server shop.1 127.0.0.1:1'

const commandLine = (haproxy: HaproxyInstance, ...more: readonly string[]): [string, ...string[]] => [
  process.execPath,
  '--import',
  'tsx',
  main,
  'socket',
  '--worker-socket',
  haproxy.workerSocket,
  '--master-socket',
  haproxy.masterSocket,
  ...more,
]

async function run(haproxy: HaproxyInstance, more: readonly string[], input = '') {
  const [node, ...args] = commandLine(haproxy, ...more)
  const child = spawn(node, args, { stdio: 'pipe', signal: AbortSignal.timeout(20_000) })
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, exitCode: child.exitCode }
}

/** What is on the screen, line by line; a line that was drawn anew stands as it was drawn last. */
const screenOf = (pty: Pty) => stripVTControlCharacters(pty.output())

const shows = (pty: Pty, pattern: RegExp) =>
  eventually(() => {
    if (!pattern.test(screenOf(pty))) throw new Error(`the screen is\n${screenOf(pty)}`)
    return true
  }, patient)

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  test('commands are answered; those that change something with --write alone', async () => {
    await using haproxy = await startHaproxy({ branch, backends })
    expect((await run(haproxy, ['show', 'backend'])).stdout).toContain('# name\n')
    expect((await run(haproxy, ['show proc', '--master'])).stdout).toMatch(/worker/)
    const piped = await run(
      haproxy,
      ['--json'],
      '# two\nget weight shop.example/shop.1\nshow stat shop.example 4 -1\n',
    )
    const lines = piped.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(lines).toEqual([
      { command: 'get weight shop.example/shop.1', reply: '1 (initial 1)' },
      { command: 'show stat shop.example 4 -1', reply: expect.stringContaining('shop.example,shop.1,') },
    ])

    const change = 'set server shop.example/shop.1 weight 7'
    expect(await run(haproxy, [change])).toMatchObject({ exitCode: 2, stdout: '' })
    expect((await run(haproxy, ['get weight shop.example/shop.1'])).stdout).toBe('1 (initial 1)\n')
    expect(await run(haproxy, ['--write', change])).toMatchObject({ exitCode: 0 })
    expect((await run(haproxy, ['get weight shop.example/shop.1'])).stdout).toBe('7 (initial 1)\n')
  })
})

test('a person completes, is refused, goes back in history, and finds it again the next time', async () => {
  await using home = await tempDir()
  await using haproxy = await startHaproxy({ backends })
  const command = ['env', `HOME=${home.path}`, ...commandLine(haproxy)]
  {
    await using pty = await startPty(command, { columns: 100, rows: 30 })
    await shows(pty, /haproxy> $/)
    pty.type('show servers st\t')
    await shows(pty, /show servers state $/)
    pty.type('sho\t')
    await shows(pty, /show servers state shop\.example/)
    pty.type('\r')
    await shows(pty, /shop\.1 127\.0\.0\.1/)
    pty.type('del server shop.example/shop.1\r')
    await shows(pty, /"del server" is no command that only reads/)
    pty.type('\u001b[A\u001b[A\u0003')
    pty.type('show version\r')
    await shows(pty, /show version\s+\d\.\d/)
    pty.type('\u0004')
    expect(await pty.ended()).toBe(0)
    expect(pty.output()).toMatch(/[^-]icanon/)
  }
  const kept = await readFile(`${home.path}/.tidegate_history`, 'utf8')
  expect(kept).toBe('show servers state shop.example\ndel server shop.example/shop.1\nshow version\n')
  await using pty = await startPty(command, { columns: 100, rows: 30 })
  await shows(pty, /haproxy> $/)
  pty.type('\u001b[A\u001b[A\u001b[A\r')
  await shows(pty, /shop\.1 127\.0\.0\.1/)
  pty.type('exit\r')
  expect(await pty.ended()).toBe(0)
})
