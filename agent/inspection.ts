// Looks at HAProxy and at the files for whoever reads the admin interface, apart from the loop's own connection.
// Owns that second connection, which lasts as long as somebody asks. Refuses to change anything.

import type { Agent } from './agent.ts'
import type { Settings } from './cli/settings.ts'
import { ownSections } from './core/backend-name.ts'
import { compareSides, type DiffView } from './core/diff/diff.ts'
import { readDisk } from './core/diff/disk.ts'
import { AgentError } from './core/errors.ts'
import { type Observed, recall } from './core/observed.ts'
import type { Routing } from './core/routing.ts'
import { fileNames } from './core/settings.ts'
import type { Traffic, TrafficScope } from './core/traffic.ts'
import { createFiles } from './haproxy/files.ts'
import { observe } from './haproxy/observe.ts'
import { createRuntime, type Runtime } from './haproxy/runtime.ts'
import { readTraffic } from './haproxy/stats.ts'

export type Inspection = {
  readonly readTraffic: (scope: TrafficScope, signal: AbortSignal) => Promise<Traffic>
  /** Compares what should be with HAProxy and the files, both read anew. Calls at the same time share one comparison. */
  readonly diff: (signal: AbortSignal) => Promise<DiffView>
}

/** How long HAProxy may take to answer. */
const timeoutMs = 5000

export function createInspection(settings: Settings, agent: Pick<Agent, 'status' | 'renderer'>): Inspection {
  const ask = createAsking(settings.haproxy.workerSocket)
  const look = (signal: AbortSignal) => ask((runtime) => lookAt(runtime, settings, signal))
  let comparing: Promise<DiffView> | undefined
  return {
    readTraffic: (scope, signal) => ask((runtime) => readTraffic(runtime, scope, signal)),
    diff: (signal) => {
      comparing ??= compare(settings, agent, look, signal).finally(() => {
        comparing = undefined
      })
      return comparing
    },
  }
}

/**
 * Shares one connection among questions that overlap, and closes it after the last: one that stays open would keep an
 * old worker alive after a reload.
 */
function createAsking(socketPath: string) {
  const runtime = createRuntime({ socketPath, timeoutMs })
  let asking = 0
  return async <T>(question: (runtime: Runtime) => Promise<T>): Promise<T> => {
    asking += 1
    try {
      return await question(runtime)
    } finally {
      asking -= 1
      if (asking === 0) await runtime.reset()
    }
  }
}

async function lookAt(runtime: Runtime, settings: Settings, signal: AbortSignal): Promise<Observed> {
  const options = { ...settings.config, ignoreBackends: ownSections }
  return observe(runtime, options, signal)
}

async function compare(
  settings: Settings,
  { status, renderer }: Pick<Agent, 'status' | 'renderer'>,
  look: (signal: AbortSignal) => Promise<Observed>,
  signal: AbortSignal,
): Promise<DiffView> {
  const read = await look(signal)
  const { runDir } = settings.haproxy
  const { routing, observed } = status()
  if (routing === undefined) throw notYet()
  const files = await readFiles(runDir, renderer.render(routing), signal)
  const config = files.get(fileNames.config)
  return compareSides({
    toldBy: 'agent',
    desired: routing,
    observed: recall(read, observed),
    disk: config === undefined ? undefined : readDisk(config, files.get(fileNames.routes) ?? ''),
    files,
    render: renderer.render,
    structureOf: (placed: Routing) => renderer.structureOf(placed),
  })
}

async function readFiles(
  dir: string,
  rendered: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const store = createFiles({ dir })
  const found = new Map<string, string>()
  for (const name of rendered.keys()) {
    const text = await store.read(name, signal)
    if (text !== undefined) found.set(name, text)
  }
  return found
}

/** Before the first view of the engine nobody knows what should be. */
export function notYet(): AgentError {
  return new AgentError('docker-unreachable', 'the engine has not said yet what should be', {
    hint: 'Ask again when /readyz says that it has.',
  })
}
