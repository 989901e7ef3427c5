// The way of a new user: a clone, the README's one command, and a live change in the browser. With the README's pictures.
// Owns the command that is run: it stands in the README. `npm run pictures` puts what is seen here into the documents.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { keepPicture, openPage, startChromium } from './chromium.ts'

const project = join(import.meta.dirname, '../..')
/** What the README promises. */
const promisedMs = 5 * 60_000
const window = { viewport: { width: 1280, height: 560 } } as const

let dir: TempDir
let browser: Browser
let demo: ChildProcess | undefined

beforeAll(async () => {
  dir = await tempDir('tg-new-')
  browser = await startChromium()
}, 300_000)

afterAll(async () => {
  await browser?.close()
  if (demo?.pid !== undefined && demo.exitCode === null) {
    const ended = once(demo, 'exit')
    // npm and what it runs.
    process.kill(-demo.pid, 'SIGINT')
    await ended
  }
  await dir?.[Symbol.asyncDispose]()
}, 60_000)

test('from a clone to a live change in the browser it takes one command, and less than five minutes', {
  timeout: promisedMs + 120_000,
}, async () => {
  const startedMs = performance.now()
  await promisify(execFile)('git', ['clone', '--quiet', project, 'tidegate'], { cwd: dir.path })
  const said = start(await commandInReadme(), join(dir.path, 'tidegate'))
  const page = await eventually(() => /http:\/\/tidegate:[\w-]+@127\.0\.0\.1:\d+\//.exec(said())?.[0], {
    timeoutMs: promisedMs,
  })
  const { username, password, origin } = new URL(page)
  const httpCredentials = { username, password }
  const credentials = { ...window, httpCredentials }
  await using watched = await openPage(browser, origin, { ...credentials, colorScheme: 'light' })
  const changes = watched.page.locator('#changes')
  await expect.poll(() => changes.innerText(), { timeout: 60_000, interval: 100 }).toMatch(/live[\s\S]*shop/)
  expect(performance.now() - startedMs).toBeLessThan(promisedMs)
  expect(watched.errors).toEqual([])

  await eventually(() => said().includes('All of it goes on.'), { timeoutMs: 120_000 })
  expect(said()).toContain(page)
  await using dark = await openPage(browser, origin, { ...credentials, colorScheme: 'dark' })
  for (const { page: shown } of [watched, dark]) {
    await shown.locator('#rows .open', { hasText: 'shop.local' }).click()
    // A curve is nothing before a few readings.
    const curve = shown.locator('#requests-plot .curve')
    await expect
      .poll(async () => (await curve.getAttribute('d'))?.length, { timeout: 60_000 })
      .toBeGreaterThan(300)
  }
  await keepPicture(watched.page, 'page-light')
  await keepPicture(dark.page, 'page-dark')
})

/** The first command under "Try it". */
async function commandInReadme(): Promise<string> {
  const readme = await readFile(join(project, 'README.md'), 'utf8')
  const command = /## Try it[\s\S]*?```sh\n(.*)\n```/.exec(readme)?.[1]
  if (command === undefined) throw new Error('the README names no command')
  return command
}

/** Runs a command as a shell does; gives what it has said so far. */
function start(command: string, cwd: string): () => string {
  const child = spawn('sh', ['-c', command], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  demo = child
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += String(chunk)
    })
  }
  child.once('exit', (code) => {
    said += `\nit ended with ${code}\n`
  })
  return () => said
}
