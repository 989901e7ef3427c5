// The measured process: one size, all of its figures, told to the parent as one message.
// Runs compiled by tsc on plain Node: what runs TypeScript directly wraps every function, and that is measurable.

import { mkdir } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { readSettings, type Settings } from '../../../agent/cli/settings.ts'
import { createDocker, type Docker } from '../../../agent/docker/docker.ts'
import { startEngine } from '../engine/engine.ts'
import type { ChangeCase, Cost } from '../results.ts'
import { spread } from '../stats.ts'
import { type Measured, type MeasuredChange, startTimedEdge, type TimedEdge } from './edge.ts'
import { listAfter, type SwarmBytes, swarmBytes } from './lists.ts'
import { measureNaive, naiveParts } from './naive.ts'
import { programOptions } from './options.ts'

const options = programOptions.parse(JSON.parse(process.argv[2] ?? ''))
const { inHand, naive, listBytes } = await measureInHand()
const { overHttp, quietPoll } = await measureOverHttp()
const { tasks, services } = options
const result: ChangeCase = { tasks, services, listBytes, inHand, overHttp, quietPoll, naive }
process.send?.(result)
process.disconnect?.()

async function measureInHand(): Promise<Pick<ChangeCase, 'inHand' | 'naive' | 'listBytes'>> {
  const bytes = swarmBytes(options.fixtures, options)
  const settings = settingsFor('hand', options.ports[0])
  let steps = 0
  const current = () => bytes.taskLists[listAfter(steps)] ?? Buffer.alloc(0)
  const docker = dockerOf(bytes, current)
  await mkdir(settings.haproxy.runDir, { recursive: true })
  await using edge = await startTimedEdge(settings, {
    docker,
    endpoint: { kind: 'unix', socketPath: '/nowhere' },
  })
  const changes = await repeat(edge, async () => {
    steps += 1
    return await edge.change()
  })
  steps += 1
  return {
    inHand: changeCost(changes),
    naive: await naiveCost(settings, edge, bytes, current()),
    listBytes: current().length,
  }
}

/** The engine's answers as they would be read from its socket; the same buffer for the same bytes, as there. */
function dockerOf(bytes: SwarmBytes, tasks: () => Buffer): Docker {
  const refuse = () => Promise.reject(new Error('the engine is not asked here'))
  const lists: Readonly<Record<string, () => Buffer>> = {
    '/tasks': tasks,
    '/services': () => bytes.services,
    '/networks': () => bytes.networks,
    '/nodes': () => bytes.nodes,
  }
  return {
    get: ({ path }) => Promise.resolve(lists[path]?.() ?? Buffer.from('[]')),
    follow: refuse,
    trouble: () => {
      throw new Error('the engine is not asked here')
    },
    close: () => {},
  }
}

async function repeat<T>({ poll }: TimedEdge, once: () => Promise<T>): Promise<readonly T[]> {
  for (let i = 0; i < options.warmUps; i += 1) await once()
  await poll()
  const measured: T[] = []
  for (let i = 0; i < options.changes; i += 1) measured.push(await once())
  return measured
}

async function naiveCost(
  settings: Settings,
  { haproxy }: TimedEdge,
  bytes: SwarmBytes,
  next: Buffer,
): Promise<ChangeCase['naive']> {
  const runs = []
  for (let i = 0; i < 3 + options.naiveRuns; i += 1)
    runs.push(await measureNaive(settings, haproxy, bytes, next))
  const measured = runs.slice(3)
  return {
    total: costOf(measured),
    partsCpuMs: Object.fromEntries(
      naiveParts.map((part) => [part, spread(measured.map(({ parts }) => parts[part])).p50]),
    ),
  }
}

async function measureOverHttp(): Promise<Pick<ChangeCase, 'overHttp' | 'quietPoll'>> {
  const socketPath = join(options.dir, 'engine.sock')
  const tasksPerService = options.tasks / options.services
  await using engine = await startEngine(options.engine, {
    socketPath,
    services: options.services,
    tasksPerService,
    lastAnswers: false,
  })
  const settings = settingsFor('http', options.ports[1])
  await mkdir(settings.haproxy.runDir, { recursive: true })
  const endpoint = { kind: 'unix' as const, socketPath }
  const docker = createDocker({ endpoint, deadlineMs: 30_000, listBytesMax: 1e9 })
  await using edge = await startTimedEdge(settings, { docker, endpoint })
  let service = 0
  const changes = await repeat(edge, async () => {
    service = (service + 7) % options.services
    await engine.tell({ kind: 'swap', service })
    return await edge.change()
  })
  const polls = await repeat(edge, edge.poll)
  docker.close()
  const { cpuMs, wallMs, appliedMs } = changeCost(changes)
  return { overHttp: { cpuMs, wallMs, appliedMs }, quietPoll: costOf(polls) }
}

function costOf(measured: readonly Measured[]): Cost {
  return {
    cpuMs: spread(measured.map(({ cpuMs }) => cpuMs)),
    wallMs: spread(measured.map(({ wallMs }) => wallMs)),
  }
}

function changeCost(changes: readonly MeasuredChange[]): ChangeCase['inHand'] {
  const commands = changes.map((change) => change.commands)
  return {
    ...costOf(changes),
    appliedMs: spread(changes.map(({ appliedMs }) => appliedMs)),
    commands: { min: Math.min(...commands), max: Math.max(...commands) },
  }
}

function settingsFor(name: string, port: number): Settings {
  return readSettings({
    flags: {
      'run-dir': join(options.dir, name),
      'haproxy-bin': options.haproxy,
      'http-bind': `127.0.0.1:${port}`,
      'edge-networks': 'every',
    },
    env: {},
    host: {
      hostname: 'bench',
      os: platform(),
      arch: arch(),
      version: '0.0.0-bench',
      templatesDir: options.templatesDir,
    },
  })
}
