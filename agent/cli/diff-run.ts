// What `tidegate diff` does.
// Owns who is asked: the running agent, else the engine, HAProxy and the files. Refuses wording (diff-text.ts).

import { computeRouting } from '../core/desired.ts'
import { compareSides, type DiffView } from '../core/diff/diff.ts'
import { readDisk } from '../core/diff/disk.ts'
import { isAgentError } from '../core/errors.ts'
import { fileNames } from '../core/settings.ts'
import { type Call, type ExitCode, exitCodes, printJson, printLines, readSnapshot } from './commands.ts'
import { parseDiff } from './diff-answer.ts'
import { diffLines, sameLine } from './diff-text.ts'
import type { Files } from './ports.ts'

/**
 * `tidegate diff`: prints nothing where all is well, but to a person.
 * @throws AgentError where neither the agent nor the engine can be asked
 */
export async function diff(call: Call): Promise<ExitCode> {
  const view = (await askAgent(call)) ?? (await findOut(call))
  const { ports, paint, isJson } = call
  if (isJson) printJson(call, view)
  else if (!view.isSame) printLines(call, diffLines(view, paint))
  else if (ports.isTerminal.stdout) printLines(call, [sameLine(view, paint)])
  return view.isSame ? exitCodes.ok : exitCodes.problems
}

/** What the running agent answers; undefined where none does, or its answer is of another kind. */
async function askAgent({ ports, settings, signal, snapshotFile }: Call): Promise<DiffView | undefined> {
  if (snapshotFile !== undefined) return undefined
  try {
    const answer = await ports.askAgent(settings, '/api/diff', signal)
    return answer?.status === 200 ? parseDiff(answer.body) : undefined
  } catch (error) {
    if (isAgentError(error, 'admin-unreachable')) return undefined
    throw error
  }
}

async function findOut(call: Call): Promise<DiffView> {
  const { ports, settings, signal } = call
  const [snapshot, observed] = await Promise.all([readSnapshot(call), ports.observe(settings, signal)])
  const { routing: desired } = computeRouting(snapshot, settings.routing)
  const { render, structureOf } = await ports.createRenderer(settings)
  const files = await readFiles(call, [...render(desired).keys()])
  const config = files.get(fileNames.config)
  return compareSides({
    toldBy: 'engine',
    desired,
    observed,
    disk: config === undefined ? undefined : readDisk(config, files.get(fileNames.routes) ?? ''),
    files,
    render,
    structureOf,
  })
}

/** The files that are there. One that cannot be read counts as missing: the difference says so. */
async function readFiles({ ports, settings, signal }: Call, names: readonly string[]): Promise<Files> {
  const found = new Map<string, string>()
  for (const name of names) {
    const text = await ports.readFile(`${settings.haproxy.runDir}/${name}`, signal).catch(() => undefined)
    signal.throwIfAborted()
    if (text !== undefined) found.set(name, text)
  }
  return found
}
