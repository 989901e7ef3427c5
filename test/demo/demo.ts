// The demo as one thing: a Swarm, an edge, traffic, the tour, and a clean end.
// Owns the wiring. Refuses the process it runs in (main.ts).

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { createPaint } from '../../agent/cli/paint.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { tempDir } from '../support/temp-dir.ts'
import { watchCommits } from './commits.ts'
import type { Flags } from './flags.ts'
import { summaryOf } from './judge.ts'
import { keepRunning } from './keep.ts'
import { readingPace, testPace } from './pace.ts'
import { createJsonScreen, createScreen, type Screen } from './screen.ts'
import { openStage, type Stage } from './stage.ts'
import type { Step } from './step.ts'
import { home, network, steps } from './steps.ts'
import { createRecorder, runTour } from './tour.ts'

export type DemoOptions = {
  readonly flags: Flags
  readonly write: (text: string) => void
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number | undefined }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** In the place of the tour's own steps. */
  readonly steps?: readonly Step[]
}

/** The traffic ends by itself, also where nobody ends the demo. */
const tourMs = 5 * 60_000
const keepMs = 60 * 60_000

/** Takes the tour; resolves to the exit status. Rejects if the signal is aborted before its end. */
export async function runDemo(options: DemoOptions): Promise<0 | 1> {
  const { flags, signal } = options
  const pace = flags.fast ? testPace : readingPace
  let stage: Stage | undefined
  using screen = screenFor(options, () => stage)
  screen.opening()
  await using dir = await tempDir('tg-demo-')
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: pace.swarm,
  })
  await populate(swarm, signal)
  using commits = watchCommits(swarm)
  const recorder = createRecorder(commits, screen)
  await using opened = await openStage({
    swarm,
    runDir: join(dir.path, 'run'),
    version: await packageVersion(),
    flags: pace.flags,
    page: flags.keep,
    trafficMs: flags.keep ? tourMs + keepMs : tourMs,
    onOutcome: recorder.outcome,
    signal,
  })
  stage = opened
  const parts = { stage, recorder, screen, pace, signal }
  const tour = await runTour(parts, options.steps ?? steps)
  const summary = summaryOf(tour)
  screen.closing(tour, summary)
  if (flags.keep) await keepRunning(parts, keepMs)
  return summary.ok ? 0 : 1
}

const manifest = z.object({ version: z.string() })

/** It stands in the configuration, and `tidegate plan` compares it with its own. */
async function packageVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')
  return manifest.parse(JSON.parse(text)).version
}

function screenFor({ flags, terminal, env, write }: DemoOptions, stage: () => Stage | undefined): Screen {
  if (flags.json) return createJsonScreen(write)
  return createScreen({
    write,
    isTerminal: terminal.isTerminal,
    // A very wide terminal is no reason for very long lines.
    columns: Math.min(Math.max(terminal.columns ?? 80, 60), 110),
    paint: createPaint(terminal.isTerminal, env),
    haproxyVersion: () => stage()?.haproxyVersion() ?? '',
    tally: () => stage()?.tally() ?? { answered: 0, failures: [] },
  })
}

/** What there is before the edge comes. */
async function populate(swarm: SimulatedSwarm, signal: AbortSignal): Promise<void> {
  await swarm.createNetwork(network)
  swarm.createService(home)
  await swarm.waitFor(home.name, home.replicas ?? 1, signal)
}
