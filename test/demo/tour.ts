// Takes the steps one after the other, and measures what came of each.
// Owns the order of a step. Refuses to print (the screen does) and to judge (judge.ts).

import { setTimeout as delay } from 'node:timers/promises'
import { type Problem, problemText } from '../../agent/core/problem.ts'
import type { Outcome } from '../../agent/reconcile/ports.ts'
import type { Tally } from '../support/traffic.ts'
import type { Commits } from './commits.ts'
import { faultsOf, type Tour, verdictOf } from './judge.ts'
import type { Pace } from './pace.ts'
import type { Screen } from './screen.ts'
import type { Stage, Totals } from './stage.ts'
import type { Change, Evidence, Measured, Step, StepResult } from './step.ts'

/** Collects what the agent tells, and shows it at once. */
export type Recorder = {
  readonly outcome: (outcome: Outcome) => void
  /** What has been told since the last call. */
  readonly take: () => readonly Change[]
}

export function createRecorder(commits: Commits, screen: Screen): Recorder {
  let changes: Change[] = []
  return {
    outcome: (outcome) => {
      const change = { outcome, sinceCommitMs: commits.sinceCommit(outcome) }
      changes.push(change)
      screen.change(change)
    },
    take: () => {
      const taken = changes
      changes = []
      return taken
    },
  }
}

export type TourParts = {
  readonly stage: Stage
  readonly recorder: Recorder
  readonly screen: Screen
  readonly pace: Pace
  readonly signal: AbortSignal
}

/** Takes the steps. One that does not come to an end ends the tour; rejects only when the signal is aborted. */
export async function runTour(parts: TourParts, steps: readonly Step[]): Promise<Tour> {
  const startedMs = performance.now()
  const results: StepResult[] = []
  // Each step counts from where the one before stopped counting, so that no request falls between two steps.
  let counted = countsOf(parts.stage)
  let broken: string | undefined
  try {
    for (const [index, step] of steps.entries()) {
      if (index > 0) await delay(parts.pace.afterMs, undefined, { signal: parts.signal })
      parts.screen.heading(step, index + 1)
      const evidence = await takeStep(parts, step)
      const before = counted
      counted = countsOf(parts.stage)
      const result = resultOf(step, {
        ...between(before, counted),
        changes: parts.recorder.take(),
        evidence,
      })
      results.push(result)
      parts.screen.result(result)
      if (index === 0) await offerPage(parts)
    }
  } catch (error) {
    parts.signal.throwIfAborted()
    broken = `${steps[results.length]?.title}: ${error instanceof Error ? error.message : String(error)}`
  }
  return { results, durationMs: performance.now() - startedMs, broken }
}

/** Where the page is open, from the first moment on: whoever opens it sees there what the steps bring. */
async function offerPage({ stage, screen, pace, signal }: TourParts): Promise<void> {
  const address = await stage.pageAddress()
  if (address === undefined) return
  screen.lines(['', 'Open this in a browser now: each step shows there as it happens.', `  ${address}`])
  await delay(pace.openMs, undefined, { signal })
}

type Counts = { readonly totals: Totals; readonly tally: Tally; readonly problems: readonly Problem[] }

function countsOf(stage: Stage): Counts {
  return { totals: stage.totals(), tally: stage.tally(), problems: stage.problems() }
}

async function takeStep({ stage, pace, signal }: TourParts, step: Step): Promise<Evidence | undefined> {
  stage.askByGetOnly(step.getOnly)
  await delay(pace.beforeMs, undefined, { signal })
  await step.act(stage)
  await stage.rest()
  const evidence = await step.show?.(stage)
  await delay(pace.watchMs, undefined, { signal })
  return evidence
}

function between(before: Counts, after: Counts): Omit<Measured, 'changes' | 'evidence'> {
  const known = new Set(before.problems.map(problemText))
  return {
    problems: after.problems.filter((problem) => !known.has(problemText(problem))),
    reloads: after.totals.reloads - before.totals.reloads,
    commands: after.totals.commands - before.totals.commands,
    troubles: after.totals.troubles.slice(before.totals.troubles.length),
    traffic: {
      answered: after.tally.answered - before.tally.answered,
      failures: after.tally.failures.slice(before.tally.failures.length),
    },
  }
}

function resultOf(step: Step, measured: Measured): StepResult {
  return { ...measured, step, verdict: verdictOf(measured), faults: faultsOf(step.expect, measured) }
}
