// The bench `page`: the page in Chromium at 1,000 hosts and 10,000 servers, as somebody sees it who has it open.
// Owns what is done meanwhile: nothing, requests, changes. Refuses to look into the page (seen.ts).

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { openPage, startChromium } from '../../browser/chromium.ts'
import { freePort } from '../../support/edge.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { startTraffic } from '../../support/traffic.ts'
import type { Bench } from '../bench.ts'
import { hostOf } from '../engine/commands.ts'
import { type Engine, startEngine } from '../engine/engine.ts'
import { takenHere } from '../machine.ts'
import type { PageResult, PageWhile } from '../results.ts'
import { startAgent } from '../start/run.ts'
import { configName, upstreamConfig } from '../throughput/configs.ts'
import { startPlain } from '../throughput/haproxy.ts'
import { type Seen, watchPage } from './seen.ts'

const hosts = 1000
const serversPerHost = 10
const token = 'a-token-for-the-bench'
/** Each change is one task that gives way to another. */
const changesPerS = 5
const clients = 16

export async function runPage(bench: Bench): Promise<PageResult> {
  const taken = takenHere(bench.haproxy)
  await using dir = await tempDir('tgb-')
  const [upstream, admin] = [await freePort(), await freePort()]
  const files = new Map([[configName, upstreamConfig([upstream], '*')]])
  await using _upstream = await startPlain(bench.haproxy, join(dir.path, 'upstream'), files, {
    port: upstream,
    host: 'any',
  })
  bench.say(`page: filling a Swarm with ${hosts * serversPerHost} tasks`)
  const socketPath = join(dir.path, 'engine.sock')
  await using engine = await startEngine(bench.programs.engine, {
    socketPath,
    services: hosts,
    tasksPerService: serversPerHost,
    lastAnswers: false,
    port: upstream,
  })
  const tokenFile = join(dir.path, 'token')
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 })
  await using agent = await startAgent(bench, socketPath, join(dir.path, 'run'), {
    'admin-bind': `127.0.0.1:${admin}`,
    'admin-token-file': tokenFile,
  })
  const browser = await startChromium()
  try {
    const place = { browser, url: `http://127.0.0.1:${admin}`, engine, port: agent.port }
    return { taken, hosts, servers: hosts * serversPerHost, changesPerS, ...(await look(bench, place)) }
  } finally {
    await browser.close()
  }
}

type Place = {
  readonly browser: Browser
  readonly url: string
  readonly engine: Engine
  readonly port: number
}

const screen = { viewport: { width: 1360, height: 860 } } as const

async function look(bench: Bench, place: Place) {
  const [opens, roundS] = bench.isQuick ? [2, 3] : [7, 20]
  const options = { ...screen, httpCredentials: { username: 'bench', password: token } }
  const openedMs: number[] = []
  for (let index = 0; index < opens; index += 1) {
    bench.say(`page: opened ${index + 1} of ${opens}`)
    await using watched = await openPage(place.browser, place.url, options)
    openedMs.push(await (await watchPage(watched.page)).whenFull(hosts))
  }
  await using watched = await openPage(place.browser, place.url, options)
  const seen = await watchPage(watched.page)
  await seen.whenFull(hosts)
  const memoryFirst = await seen.memory()
  const rounds: PageWhile[] = []
  for (const rows of ['some', 'all'] as const) {
    if (rows === 'all') await seen.showAll()
    for (const what of ['nothing', 'requests', 'changes'] as const) {
      bench.say(`page: ${rows} rows, ${what}`)
      rounds.push(await during(place, seen, { rows, what, roundS }))
    }
  }
  const filterAllMs = await seen.filter()
  const memoryLast = await seen.memory()
  await using fresh = await openPage(place.browser, place.url, options)
  const other = await watchPage(fresh.page)
  await other.whenFull(hosts)
  return { openedMs, rounds, filterMs: await other.filter(), filterAllMs, memoryFirst, memoryLast }
}

type Round = {
  readonly rows: PageWhile['rows']
  readonly what: PageWhile['what']
  readonly roundS: number
}

/** What the page's main thread takes meanwhile. Changes come beside requests, as they do. */
async function during(place: Place, seen: Seen, { rows, what, roundS }: Round): Promise<PageWhile> {
  const names = Array.from({ length: hosts }, (_, index) => hostOf(index))
  await using _traffic =
    what === 'nothing' ? undefined : startTraffic({ port: place.port, hosts: names, clients })
  const end = new AbortController()
  const changes = what === 'changes' ? change(place.engine, end.signal) : undefined
  await wait(1000)
  const { shown, ...busy } = await seen.busyFor(roundS * 1000)
  end.abort()
  await changes
  return { rows, what, shown, ...busy }
}

async function change(engine: Engine, signal: AbortSignal): Promise<void> {
  for (let index = 0; !signal.aborted; index += 1) {
    await engine.tell({ kind: 'swap', service: (index * 37) % hosts })
    await wait(1000 / changesPerS, undefined, { signal }).catch(() => {})
  }
}
