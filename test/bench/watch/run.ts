// The bench `watch`: what it costs to look. `tidegate top` beside an HAProxy under load, and `tidegate status`.
// Both at 1,000 hosts and 10,000 servers, as their users run them: the built program, top in a terminal.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../../support/edge.ts'
import { eventually } from '../../support/eventually.ts'
import { type Pty, startPty } from '../../support/pty.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { Bench } from '../bench.ts'
import { hostOf } from '../engine/commands.ts'
import { startEngine } from '../engine/engine.ts'
import { takenHere } from '../machine.ts'
import { cpuUs } from '../proc.ts'
import type { TopRound, WatchResult } from '../results.ts'
import { startAgent } from '../start/run.ts'
import { configName, upstreamConfig, variants } from '../throughput/configs.ts'
import { startPlain } from '../throughput/haproxy.ts'
import { ensureWrk, load } from '../throughput/wrk.ts'

const hosts = 1000
const serversPerHost = 10
const connections = 32
const screen = { columns: 120, rows: 40 } as const
const quietS = { usual: 30, quick: 5 } as const

export async function runWatch(bench: Bench): Promise<WatchResult> {
  ensureWrk(bench.say)
  const taken = takenHere(bench.haproxy)
  const status = await measureStatus(bench)
  const top = await measureTop(bench)
  return { taken, hosts, servers: hosts * serversPerHost, ...status, ...top }
}

type TopFigures = Pick<WatchResult, 'connections' | 'roundS' | 'quiet' | 'without' | 'beside'>

/** HAProxy with and without somebody who watches, in turn: while nobody is to watch, top is stopped by a signal. */
async function measureTop(bench: Bench): Promise<TopFigures> {
  const [rounds, roundS] = bench.isQuick ? [2, 2] : [9, 5]
  await using dir = await tempDir('tgb-')
  const upstreams = await Promise.all(Array.from({ length: serversPerHost }, freePort))
  const [upstream = 0] = upstreams
  const upstreamDir = join(dir.path, 'upstream')
  const upstreamFiles = new Map([[configName, upstreamConfig(upstreams)]])
  bench.say(`top: starting HAProxy with ${hosts * serversPerHost} servers`)
  await using _upstream = await startPlain(bench.haproxy, upstreamDir, upstreamFiles, {
    port: upstream,
    host: 'any',
  })
  const place = { dir: join(dir.path, 'edge'), port: await freePort(), hosts: hostNames(), upstreams }
  const answering = { port: place.port, host: hostOf(hosts - 1) }
  await using haproxy = await startPlain(bench.haproxy, place.dir, filesOf(place), answering)
  const command = [process.execPath, bench.programs.agent, 'top', '--run-dir', place.dir]
  await using pty = await startPty(command, screen)
  await eventually(() => framesOf(pty) > 3, { timeoutMs: 30_000 })
  bench.say('top: nobody asks')
  const quiet = await watched(pty, () => wait((bench.isQuick ? quietS.quick : quietS.usual) * 1000))
  const figures: { readonly [K in 'without' | 'beside']: TopRound[] } = { without: [], beside: [] }
  const measure = { port: place.port, pid: haproxy.pid, roundS, pty }
  for (let round = 1; round <= rounds; round += 1) {
    bench.say(`top: round ${round} of ${rounds}`)
    // First one, then the other goes first, so that what a round does to the next meets both alike.
    const kinds = round % 2 === 0 ? (['without', 'beside'] as const) : (['beside', 'without'] as const)
    for (const kind of kinds) figures[kind].push(await measureRound(kind, measure))
  }
  return { connections, roundS, quiet, ...figures }
}

function hostNames(): readonly string[] {
  return Array.from({ length: hosts }, (_, index) => hostOf(index))
}

function filesOf(place: Parameters<(typeof variants)[number]['files']>[0]): ReadonlyMap<string, string> {
  const asItComes = variants.find(({ kind }) => kind === 'default')
  if (asItComes === undefined) throw new Error('there is no configuration as it comes')
  return asItComes.files(place)
}

type Measure = { readonly port: number; readonly pid: number; readonly roundS: number; readonly pty: Pty }

async function measureRound(
  kind: 'without' | 'beside',
  { port, pid, roundS, pty }: Measure,
): Promise<TopRound> {
  process.kill(pty.pid, kind === 'without' ? 'SIGSTOP' : 'SIGCONT')
  await load({ port, hosts, connections, durationS: 1 })
  const cpuBefore = cpuUs(pid)
  let requests = 0
  let durationUs = 0
  const top = await watched(pty, async () => {
    const report = await load({ port, hosts, connections, durationS: roundS })
    requests = report.requests
    durationUs = report.durationUs
  })
  return {
    requestsPerS: requests / (durationUs / 1e6),
    haproxyCpuUsPerRequest: (cpuUs(pid) - cpuBefore) / requests,
    ...top,
  }
}

/** What top took meanwhile of one core, and how often it drew. */
async function watched(
  pty: Pty,
  work: () => Promise<unknown>,
): Promise<{ readonly topCpuShare: number; readonly pictures: number }> {
  const [frames, cpu, startedMs] = [framesOf(pty), cpuUs(pty.pid), performance.now()]
  await work()
  const tookUs = (performance.now() - startedMs) * 1000
  return { topCpuShare: (cpuUs(pty.pid) - cpu) / tookUs, pictures: framesOf(pty) - frames }
}

/** Every picture begins at the top of the screen. */
function framesOf(pty: Pty): number {
  return pty.output().split('\u001b[H').length - 1
}

type Times = 'statusMs' | 'statusOfOneMs' | 'versionMs' | 'nodeMs'
type StatusFigures = Required<Pick<WatchResult, Times | 'statusBytes'>>

/** From the spawn of the command to its end; `version` is what any command takes that does nothing. */
async function measureStatus(bench: Bench): Promise<StatusFigures> {
  const calls = bench.isQuick ? 3 : 25
  await using dir = await tempDir('tgb-')
  const socketPath = join(dir.path, 'engine.sock')
  bench.say(`status: filling a Swarm with ${hosts * serversPerHost} tasks`)
  await using _engine = await startEngine(bench.programs.engine, {
    socketPath,
    services: hosts,
    tasksPerService: serversPerHost,
    lastAnswers: true,
  })
  const runDir = join(dir.path, 'run')
  await using _agent = await startAgent(bench, socketPath, runDir)
  const program = bench.programs.agent
  const call = (...args: readonly string[]) => timed([program, ...args, '--run-dir', runDir])
  // The agent asks more often for ten seconds after its start.
  await wait(bench.isQuick ? 1000 : 12_000)
  bench.say(`status: ${calls} calls`)
  const figures: { readonly [K in Times]: number[] } = {
    statusMs: [],
    statusOfOneMs: [],
    versionMs: [],
    nodeMs: [],
  }
  let statusBytes = 0
  for (let index = 0; index < calls; index += 1) {
    const all = await call('status')
    if (!all.stdout.includes('settled')) throw new Error(`status said: ${all.stdout.slice(0, 500)}`)
    statusBytes = all.stdout.length
    figures.statusMs.push(all.tookMs)
    figures.statusOfOneMs.push((await call('status', hostOf(index))).tookMs)
    figures.versionMs.push((await timed([program, 'version'])).tookMs)
    figures.nodeMs.push((await timed(['-e', '0'])).tookMs)
  }
  return { ...figures, statusBytes }
}

/** Runs Node. */
async function timed(args: readonly string[]): Promise<{ readonly tookMs: number; readonly stdout: string }> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
  })
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const tookMs = performance.now() - startedMs
  if (child.exitCode !== 0) throw new Error(`node ${args.join(' ')} ended with ${child.exitCode}`)
  return { tookMs, stdout }
}
