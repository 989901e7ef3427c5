// The summary for machines, with what each step came to.
// Pure. Owns the names of its fields.

import { problemText } from '../../agent/core/problem.ts'
import type { Summary, Tour } from './judge.ts'
import type { Change, StepResult } from './step.ts'
import { changeWords } from './words.ts'

/** The summary with its steps; durations are in milliseconds. */
export function summaryJson({ results }: Tour, summary: Summary): object {
  return { ...summary, steps: results.map(stepJson) }
}

function stepJson(result: StepResult): object {
  const { step, verdict, reloads, commands, changes, problems, traffic, faults } = result
  return {
    title: step.title,
    commands: step.commands,
    outcome: verdict,
    expected: step.expect.verdict,
    reloads,
    expectedReloads: step.expect.reloads,
    runtimeCommands: commands,
    changes: changes.map(changeJson),
    problems: problems.map(problemText),
    requests: { answered: traffic.answered, failed: traffic.failures.length },
    failures: traffic.failures,
    faults,
  }
}

function changeJson(change: Change): object {
  const { outcome, sinceCommitMs } = change
  return {
    kind: outcome.kind,
    what: changeWords(change, '').what,
    durationMs: outcome.durationMs,
    sinceCommitMs,
  }
}
