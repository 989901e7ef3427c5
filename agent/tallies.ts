// Counts what the agent reports, for the metrics.
// Owns the counts. Refuses to log (log.ts does, with the same reports).

import type { Histogram, Tallies } from './admin/facts.ts'
import type { AgentReport } from './agent.ts'
import type { AgentError } from './core/errors.ts'
import type { Outcome } from './reconcile/ports.ts'

/** Upper bounds in seconds: a live change takes a few milliseconds, a reload a few hundred. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

export type Tally = {
  readonly tallies: () => Tallies
  /** The same report, counted on its way. */
  readonly counted: (report: AgentReport) => AgentReport
  /** Trouble that no report tells of: the engine's. */
  readonly failed: (error: AgentError) => void
}

export function createTallies(): Tally {
  const reloadsByReason = new Map<string, number>()
  const actionsByKind = new Map<string, number>()
  const errorsByCode = new Map<string, number>()
  const durations = { live: createHistogram(), reload: createHistogram() }
  const propagation = { live: createHistogram(), reload: createHistogram() }
  let late = 0
  const failed = ({ code }: AgentError) => add(errorsByCode, code)
  const time = ({ kind, durationMs, sinceViewMs }: Outcome) => {
    if (kind !== 'live' && kind !== 'reload') return
    durations[kind].take(durationMs / 1000)
    if (sinceViewMs !== undefined) propagation[kind].take(sinceViewMs / 1000)
  }
  return {
    failed,
    tallies: () => ({
      reloadsByReason,
      actionsByKind,
      errorsByCode,
      late,
      durations: { live: durations.live.read(), reload: durations.reload.read() },
      propagation: { live: propagation.live.read(), reload: propagation.reload.read() },
    }),
    counted: (report) => ({
      ...report,
      outcome: (outcome) => {
        if (outcome.kind === 'live') for (const { kind } of outcome.actions) add(actionsByKind, kind)
        if (outcome.kind === 'reload') for (const { kind } of outcome.reasons) add(reloadsByReason, kind)
        time(outcome)
        report.outcome(outcome)
      },
      trouble: (error, retryMs) => {
        failed(error)
        report.trouble(error, retryMs)
      },
      notAttached: (error, retryMs) => {
        failed(error)
        report.notAttached(error, retryMs)
      },
      late: (newcomer, graceMs) => {
        late += 1
        report.late(newcomer, graceMs)
      },
    }),
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function createHistogram() {
  const counts = bounds.map(() => 0)
  let count = 0
  let sumSeconds = 0
  return {
    take: (seconds: number) => {
      count += 1
      sumSeconds += seconds
      for (const [index, bound] of bounds.entries())
        if (seconds <= bound) counts[index] = (counts[index] ?? 0) + 1
    },
    read: (): Histogram => ({ bounds, counts: [...counts], count, sumSeconds }),
  }
}
