// The bench `start`: a cold start at 10,000 tasks, and what the agent takes when it is up: memory, and CPU time when quiet.
// The agent is the built one, in a process of its own with its default settings; so is the engine.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from '../../support/client.ts'
import { freePort } from '../../support/edge.ts'
import { eventually } from '../../support/eventually.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { Bench } from '../bench.ts'
import { hostOf } from '../engine/commands.ts'
import { type Engine, startEngine } from '../engine/engine.ts'
import { takenHere } from '../machine.ts'
import { cpuUs, memory } from '../proc.ts'
import type { StartResult } from '../results.ts'

const services = 1000
const tasksPerService = 10
const startTimeoutMs = 60_000

type Agent = AsyncDisposable & {
  readonly pid: number
  /** Where its HAProxy takes requests. */
  readonly port: number
  readonly firstAnswerMs: number
  readonly startedLogMs: number
  readonly haproxyPid: number
}

export async function runStart(bench: Bench): Promise<StartResult> {
  const taken = takenHere(bench.haproxy)
  const starts = bench.isQuick ? 2 : 7
  await using dir = await tempDir('tgb-')
  const socketPath = join(dir.path, 'engine.sock')
  bench.say(`start: filling a Swarm with ${services * tasksPerService} tasks`)
  await using engine = await startEngine(bench.programs.engine, {
    socketPath,
    services,
    tasksPerService,
    lastAnswers: true,
  })
  const figures: Pick<StartResult, 'firstAnswerMs' | 'startedLogMs' | 'agentCpuMs'> = {
    firstAnswerMs: [],
    startedLogMs: [],
    agentCpuMs: [],
  }
  for (let start = 1; start < starts; start += 1) {
    bench.say(`start: ${start} of ${starts}`)
    await using agent = await startAgent(bench, socketPath, join(dir.path, `run-${start}`))
    record(figures, agent)
  }
  bench.say(`start: ${starts} of ${starts}, and on`)
  await using agent = await startAgent(bench, socketPath, join(dir.path, `run-${starts}`))
  record(figures, agent)
  return {
    taken,
    services,
    tasks: services * tasksPerService,
    ...figures,
    ...(await measureRunning(bench, engine, agent)),
  }
}

function record(
  figures: Pick<StartResult, 'firstAnswerMs' | 'startedLogMs' | 'agentCpuMs'>,
  agent: Agent,
): void {
  figures.firstAnswerMs.push(agent.firstAnswerMs)
  figures.startedLogMs.push(agent.startedLogMs)
  figures.agentCpuMs.push(cpuUs(agent.pid) / 1000)
}

/** The agent asks more often for ten seconds after it has connected; quiet is what comes then. */
const hotMs = 12_000

async function measureRunning(bench: Bench, engine: Engine, agent: Agent) {
  const [quietForS, updates] = bench.isQuick ? [3, 2] : [30, 20]
  const memoryAfterStart = memory(agent.pid)
  const haproxyRssMb = memory(agent.haproxyPid).rssMb
  bench.say('start: waiting until it is quiet')
  await wait(hotMs)
  const quietBefore = cpuUs(agent.pid)
  await wait(quietForS * 1000)
  const quietCpuMsPerS = (cpuUs(agent.pid) - quietBefore) / 1000 / quietForS
  bench.say(`start: ${updates} rolling updates`)
  const startedMs = performance.now()
  const cpuBefore = cpuUs(agent.pid)
  for (let update = 0; update < updates; update += 1) {
    await engine.tell({ kind: 'update', service: (update * 37) % (services - 1) })
  }
  const tasks = updates * tasksPerService
  const durationS = (performance.now() - startedMs) / 1000
  const cpuMsPerTask = (cpuUs(agent.pid) - cpuBefore) / 1000 / tasks
  // Servers that leave are deleted a moment later, and the agent's garbage with them.
  await wait(bench.isQuick ? 1000 : hotMs)
  return {
    quietForS,
    quietCpuMsPerS,
    replaced: { tasks, durationS, cpuMsPerTask },
    memoryAfterStart,
    memoryAfterChanges: memory(agent.pid),
    haproxyRssMb,
  }
}

/** Starts the built agent and resolves when HAProxy answers for the last of `services`. */
export async function startAgent(
  bench: Bench,
  engineSocket: string,
  runDir: string,
  moreFlags: Readonly<Record<string, string>> = {},
): Promise<Agent> {
  await mkdir(runDir)
  const port = await freePort()
  const flags = {
    'docker-host': `unix://${engineSocket}`,
    'run-dir': runDir,
    'haproxy-bin': bench.haproxy,
    'http-bind': `127.0.0.1:${port}`,
    'edge-networks': 'every',
    ...moreFlags,
  }
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
  const startedMs = performance.now()
  const child = spawn(process.execPath, [bench.programs.agent, 'run', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const end = () => endAgent(child)
  try {
    const logged = whenLogged(child, 'haproxy started').then(() => performance.now() - startedMs)
    const answered = whenAnswered(port).then(() => performance.now() - startedMs)
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the agent has ended')))
    ended.catch(() => {})
    const both = Promise.all([answered, logged])
    const [firstAnswerMs, startedLogMs] = await Promise.race([both, ended])
    const haproxyPid = await workerOf(child.pid ?? 0)
    const pid = child.pid ?? 0
    return { pid, port, firstAnswerMs, startedLogMs, haproxyPid, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

/** HAProxy is a group of its own, and ends when the agent is told to end. */
async function endAgent(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

function whenLogged(child: ChildProcess, message: string): Promise<void> {
  return new Promise((resolve) => {
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes(`"msg":"${message}"`)) resolve()
    })
  })
}

async function whenAnswered(port: number): Promise<void> {
  const host = hostOf(services - 1)
  await eventually(async () => (await ask({ port, host, timeoutMs: 2000 })).status === 200, {
    timeoutMs: startTimeoutMs,
    intervalMs: 5,
  })
}

/** The agent's child is HAProxy's master, and the master's child the worker. */
async function workerOf(pid: number): Promise<number> {
  const [master = 0] = await childrenOf(pid)
  const [worker = 0] = await childrenOf(master)
  return worker
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return listed.trim().split(' ').map(Number)
}
