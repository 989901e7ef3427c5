// The page where there are a thousand hosts: it stays bounded, finds every one of them, and is right about what it shows.
// Refuses times: `npm run bench -- page` measures those.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { type AgentProcess, startAgentProcess } from '../support/agent-process.ts'
import { besideSwarm } from '../support/beside-swarm.ts'
import { freePort } from '../support/edge.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { openPage, startChromium, type Watched } from './chromium.ts'

const hosts = 1000
const token = 'a-token-for-tests'
const desktop = {
  viewport: { width: 1360, height: 860 },
  httpCredentials: { username: 'anybody', password: token },
} as const

let dir: TempDir
let swarm: SimulatedSwarm
let agent: AgentProcess
let browser: Browser
let origin: string

const nameOf = (index: number) => `s${String(index).padStart(3, '0')}`
const last = nameOf(hosts - 1)

beforeAll(async () => {
  dir = await tempDir()
  browser = await startChromium()
  swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
    // Nothing is asked of them here.
    runtime: 'none',
    networkPrefixLength: 17,
  })
  await swarm.createNetwork('demo')
  for (let index = 0; index < hosts; index += 1) {
    const labels = { 'com.docker.lb.hosts': `${nameOf(index)}.local`, 'com.docker.lb.port': '8080' }
    swarm.createService({ name: nameOf(index), replicas: 2, networks: ['demo'], labels })
  }
  await swarm.waitFor(last, 2)
  await writeFile(join(dir.path, 'token'), `${token}\n`, { mode: 0o600 })
  origin = `http://127.0.0.1:${await freePort()}`
  const { flags } = await besideSwarm(swarm, dir.path, {
    'admin-bind': new URL(origin).host,
    'admin-token-file': join(dir.path, 'token'),
    // Tasks of no runtime accept no connection.
    'accept-grace': '0s',
    'poll-quiet': '200ms',
    'poll-moving': '50ms',
  })
  agent = startAgentProcess(flags)
  await agent.logged('haproxy started', 60_000)
}, 300_000)

afterAll(async () => {
  await browser?.close()
  await agent?.[Symbol.asyncDispose]()
  await swarm?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
})

const rows = ({ page }: Watched) => page.locator('#rows tr.row')
const rowOf = (watched: Watched, host: string) => rows(watched).filter({ hasText: host })

async function open(): Promise<Watched> {
  const watched = await openPage(browser, origin, desktop)
  await becomes(() => watched.page.locator('#hosts-count').innerText(), `${hosts}`)
  return watched
}

async function becomes(read: () => Promise<string>, expected: RegExp | string): Promise<void> {
  await expect.poll(read, { timeout: 15_000, interval: 100 }).toMatch(expected)
}

test('it counts all, puts some of them into the document, and more where they are asked for', async () => {
  await using watched = await open()
  const first = await rows(watched).count()
  expect(first).toBeLessThanOrEqual(100)
  await watched.page.locator('#show-more').click()
  expect(await rows(watched).count()).toBe(2 * first)
  expect(watched.errors).toEqual([])
})

test('the filter finds a host that is not shown, and its row stays the same element', async () => {
  await using watched = await open()
  const { page } = watched
  expect(await rowOf(watched, `${last}.local`).count()).toBe(0)
  await page.keyboard.press('/')
  await page.keyboard.type(last)
  await becomes(() => page.locator('#hosts-count').innerText(), `1 of ${hosts}`)
  const row = await rowOf(watched, `${last}.local`).elementHandle()
  await page.keyboard.press('Escape')
  await becomes(() => page.locator('#hosts-count').innerText(), /^1000$/)
  await page.keyboard.press('/')
  await page.keyboard.type(`${last}.`)
  await becomes(() => page.locator('#hosts-count').innerText(), `1 of ${hosts}`)
  expect(await row?.evaluate((element) => element.isConnected)).toBe(true)
})

test('a row that nobody sees is right once it is seen', async () => {
  await using watched = await open()
  const { page } = watched
  const far = rows(watched).last()
  const host = await far.locator('.open').innerText()
  const name = host.replace('.local', '')
  swarm.scale(name, 4)
  await becomes(() => page.locator('#changes').innerText(), name)
  await far.scrollIntoViewIfNeeded()
  await becomes(() => rowOf(watched, host).innerText(), /\/4\b/)
  swarm.scale(name, 2)
  await becomes(() => rowOf(watched, host).innerText(), /\/2\b/)
})

test('a burst of changes asks for the status a few times, not once for each', async () => {
  await using watched = await open()
  const { page } = watched
  let asked = 0
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/status') asked += 1
  })
  const startedMs = Date.now()
  for (let index = 0; index < 60; index += 1) {
    swarm.scale(nameOf(index), 3)
    await page.waitForTimeout(20)
  }
  const lastOne = rowOf(watched, `${nameOf(59)}.local`)
  await lastOne.scrollIntoViewIfNeeded()
  await becomes(() => lastOne.innerText(), /\/3\b/)
  // Once a second, and the first and the last.
  expect(asked).toBeLessThanOrEqual((Date.now() - startedMs) / 1000 + 2)
  expect(await page.locator('#changes > li').count()).toBeLessThanOrEqual(200)
})
