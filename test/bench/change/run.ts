// The bench `change`: what one task's change costs at 10, 1,000 and 10,000 tasks.
// Owns the sizes and the child process of each. Refuses to measure in this process.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '../../support/edge.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { Bench } from '../bench.ts'
import { takenHere } from '../machine.ts'
import { type ChangeCase, type ChangeResult, changeCase } from '../results.ts'
import type { ProgramOptions } from './options.ts'

const tasksPerService = 10
const sizes = [10, 1000, 10_000] as const
/** From the spawn of the program to its figures. */
const timeoutMs = 600_000

export async function runChange(bench: Bench): Promise<ChangeResult> {
  const taken = takenHere(bench.haproxy)
  const cases: ChangeCase[] = []
  for (const tasks of sizes) {
    bench.say(`change: ${tasks} tasks`)
    cases.push(await measureSize(bench, tasks))
  }
  return { taken, cases }
}

async function measureSize(bench: Bench, tasks: number): Promise<ChangeCase> {
  await using dir = await tempDir('tgb-')
  const options: ProgramOptions = {
    tasks,
    services: tasks / tasksPerService,
    warmUps: bench.isQuick ? 10 : 40,
    changes: bench.isQuick ? 15 : 100,
    naiveRuns: bench.isQuick ? 3 : 15,
    dir: dir.path,
    haproxy: bench.haproxy,
    templatesDir: bench.templatesDir,
    fixtures: bench.fixtures,
    ports: [await freePort(), await freePort()],
    engine: bench.programs.engine,
  }
  return await tellOf(bench.programs.change, options)
}

async function tellOf(program: string, options: ProgramOptions): Promise<ChangeCase> {
  const child = fork(program, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  const died = ended.then(([code]) => Promise.reject(new Error(`the measured program ended with ${code}`)))
  try {
    const told = once(child, 'message', { signal: AbortSignal.timeout(timeoutMs) })
    const [message] = await Promise.race([told, died])
    return changeCase.parse(message)
  } finally {
    died.catch(() => {})
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(late)
  }
}
