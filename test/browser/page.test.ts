// The page as people use it: a real Chromium, a real agent and HAProxy, tasks that answer.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { type AgentProcess, startAgentProcess } from '../support/agent-process.ts'
import { freePort } from '../support/edge.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { startTraffic } from '../support/traffic.ts'
import { keepPicture, openPage, startChromium, type Watched } from './chromium.ts'

let dir: TempDir
let swarm: SimulatedSwarm
let agent: AgentProcess
let browser: Browser
let origin: string
let port: number

const token = 'a-token-for-tests'
const credentials = { username: 'anybody', password: token }
const desktop = {
  viewport: { width: 1360, height: 860 },
  colorScheme: 'light',
  httpCredentials: credentials,
} as const
const phone = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  hasTouch: true,
  isMobile: true,
} as const

const published = (hosts: string) => ({ 'com.docker.lb.hosts': hosts, 'com.docker.lb.port': '8080' })

const hostile = '<img src=x onerror="document.title=1">'

beforeAll(async () => {
  dir = await tempDir()
  browser = await startChromium()
  swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  await swarm.createNetwork('demo')
  const create = (name: string, replicas: number, labels: Readonly<Record<string, string>>) =>
    swarm.createService({ name, replicas, networks: ['demo'], labels })
  create('shop', 3, published('shop.local,www.shop.local'))
  create('blog', 2, published('blog.local'))
  create('asleep', 0, published('asleep.local'))
  create('mistyped', 1, published(hostile))
  for (const [service, replicas] of [
    ['shop', 3],
    ['blog', 2],
    ['mistyped', 1],
  ] as const) {
    await swarm.waitFor(service, replicas)
  }
  await writeFile(join(dir.path, 'token'), `${token}\n`, { mode: 0o600 })
  origin = `http://127.0.0.1:${await freePort()}`
  port = await freePort()
  agent = await startAgent('haproxy started')
}, 300_000)

afterAll(async () => {
  await browser?.close()
  await agent?.[Symbol.asyncDispose]()
  await swarm?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
})

/** Starts the agent; a second one, at the same places, takes over what the first has left. */
async function startAgent(told: 'haproxy started' | 'haproxy adopted'): Promise<AgentProcess> {
  const started = startAgentProcess({
    'docker-host': `unix://${swarm.socketPath}`,
    'edge-networks': 'every',
    'run-dir': join(dir.path, 'run'),
    'haproxy-bin': haproxyBinary(),
    'http-bind': `127.0.0.1:${port}`,
    'admin-bind': new URL(origin).host,
    'admin-token-file': join(dir.path, 'token'),
    'reload-settle': '100ms',
    'poll-quiet': '200ms',
    'poll-moving': '50ms',
  })
  await started.logged(told)
  return started
}

const rowOf = ({ page }: Watched, host: string) => page.locator('#rows tr.row', { hasText: host })
const textOf = async (watched: Watched, selector: string) => watched.page.locator(selector).innerText()

/** How many pixels of the page stand beyond the window's right edge. */
const beyondTheEdge = async ({ page }: Watched) =>
  Math.max(0, Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')))

async function becomes(read: () => Promise<string>, expected: RegExp | string): Promise<void> {
  await expect.poll(read, { timeout: 15_000, interval: 100 }).toMatch(expected)
}

test('hosts, their services and servers stand there, what is amiss first', async () => {
  await using watched = await openPage(browser, origin, desktop)
  await becomes(() => textOf(watched, '#state'), 'in step with the engine')
  expect(await rowOf(watched, 'shop.local').innerText()).toMatch(/shop\.local \+1[\s\S]*shop[\s\S]*3\/3/)
  const hosts = await watched.page.locator('#rows .open').allInnerTexts()
  expect(hosts).toEqual(['asleep.local', 'blog.local', 'shop.local +1'])
  expect(await textOf(watched, '#problems')).toContain('mistyped')
  expect(await textOf(watched, '#servers')).toMatch(/^5/)
  await keepPicture(watched.page, 'desktop-light')
  expect(watched.errors).toEqual([])
  expect([...watched.origins]).toEqual([origin])
})

test('a change is seen as it happens, with its reason and its commands, and no reload', async () => {
  await using watched = await openPage(browser, origin, desktop)
  await becomes(() => rowOf(watched, 'shop.local').innerText(), '3/3')
  const reloads = await textOf(watched, '#reloads')
  swarm.scale('shop', 5)
  await becomes(() => rowOf(watched, 'shop.local').innerText(), '5/5')
  const newest = watched.page.locator('#changes li').first()
  await becomes(() => newest.innerText(), /live[\s\S]*shop/)
  await watched.page.locator('#changes li details').first().locator('summary').click()
  expect(await watched.page.locator('#changes li details pre').first().innerText()).toContain('shop.')
  expect(await textOf(watched, '#reloads')).toBe(reloads)
  swarm.scale('shop', 3)
  await becomes(() => rowOf(watched, 'shop.local').innerText(), '3/3')
})

test('traffic shows, by host and by server', async () => {
  await using watched = await openPage(browser, origin, desktop)
  await using _traffic = startTraffic({ port, hosts: ['shop.local', 'blog.local'], clients: 6 })
  await becomes(() => rowOf(watched, 'shop.local').locator('td').nth(4).innerText(), /^[1-9]/)
  await becomes(() => textOf(watched, '#requests'), /^[1-9]/)
  await rowOf(watched, 'shop.local').locator('.open').click()
  const servers = watched.page.locator('.detail tbody tr')
  await becomes(async () => String(await servers.count()), '3')
  await becomes(() => servers.first().locator('td').nth(4).innerText(), /^[1-9]/)
  expect(await servers.first().innerText()).toContain('shop.1.')
  await becomes(
    async () => String((await watched.page.locator('#requests-plot .curve').getAttribute('d'))?.length),
    /^\d{2,}$/,
  )
  await keepPicture(watched.page, 'traffic-and-servers')
  expect(watched.errors).toEqual([])
})

test('the keyboard finds a host, opens it, and asks why one is not routed', async () => {
  await using watched = await openPage(browser, origin, desktop)
  const { page } = watched
  await becomes(() => rowOf(watched, 'blog.local').innerText(), '2/2')
  await page.keyboard.press('/')
  await page.keyboard.type('blog')
  await becomes(async () => (await page.locator('#rows .open').allInnerTexts()).join(), /^blog\.local$/)
  await page.keyboard.press('Escape')
  await becomes(async () => String(await page.locator('#rows .open').count()), '3')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await becomes(() => textOf(watched, '.detail'), 'blog.1.')
  await page.keyboard.press('/')
  await page.keyboard.type('shopp.local')
  await page.keyboard.press('Enter')
  await becomes(() => textOf(watched, '#explanation'), 'shop.local')
  await keepPicture(page, 'explanation')
  await page.keyboard.press('Escape')
  expect(await page.locator('#explanation').isVisible()).toBe(false)
  expect(watched.errors).toEqual([])
})

test('on a phone, in the dark, nothing stands beyond the edge', async () => {
  await using watched = await openPage(browser, origin, { ...phone, httpCredentials: credentials })
  await becomes(() => rowOf(watched, 'shop.local').innerText(), '3/3')
  const { page } = watched
  expect(await beyondTheEdge(watched)).toBe(0)
  await keepPicture(page, 'phone-dark')
  await rowOf(watched, 'shop.local').tap()
  await becomes(() => textOf(watched, '.detail'), 'shop.1.')
  await keepPicture(page, 'phone-dark-servers')
  expect(await beyondTheEdge(watched)).toBe(0)
})

test('what a label says stays text', async () => {
  await using watched = await openPage(browser, origin, desktop)
  await becomes(() => textOf(watched, '#problems'), 'mistyped')
  expect(await watched.page.locator('#problems img').count()).toBe(0)
  expect(await watched.page.title()).toBe('Tidegate')
})

test('without the token there is nothing to see, but whether the agent is well', async () => {
  expect((await fetch(`${origin}/healthz`)).status).toBe(200)
  for (const path of ['/', '/page/main.js', '/api/status', '/api/stream', '/metrics']) {
    expect([path, (await fetch(`${origin}${path}`)).status]).toEqual([path, 401])
  }
})

test('a page whose agent is gone says so, and goes on when it is back', async () => {
  await using watched = await openPage(browser, origin, desktop)
  await becomes(() => textOf(watched, '#state'), 'in step')
  await agent.kill('SIGKILL')
  await becomes(() => textOf(watched, '#state'), 'does not answer')
  agent = await startAgent('haproxy adopted')
  await becomes(() => textOf(watched, '#state'), 'in step')
  await becomes(() => textOf(watched, '#changes'), 'taken over')
})
