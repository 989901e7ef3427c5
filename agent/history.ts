// Writes down what the agent reports, beside the tallies.
// Owns when trouble is new and how long it lasted. Refuses wording (core/history.ts).

import type { History } from './admin/history.ts'
import type { AgentReport } from './agent.ts'
import type { AgentError } from './core/errors.ts'
import {
  changeEntry,
  driftEntry,
  edgeEntry,
  lateEntry,
  networksTroubleEntry,
  problemEntries,
  processEntry,
  recoveredEntry,
  troubleEntry,
} from './core/history.ts'
import type { LivePaths } from './core/settings.ts'

export type Chronicle = {
  /** The same report, written down on its way. */
  readonly recorded: (report: AgentReport) => AgentReport
  /** Trouble that no report tells of: the engine's, once as it begins. */
  readonly engineFailed: (error: AgentError) => void
  readonly engineRecovered: (troubledMs: number) => void
}

export type ChronicleOptions = {
  readonly history: History
  /** As the commands name it. */
  readonly files: LivePaths
  readonly nowMs: () => number
}

export function createChronicle({ history, files, nowMs }: ChronicleOptions): Chronicle {
  const { add } = history
  const troubles = createTroubles(nowMs)
  const networkTroubles = createTroubles(nowMs)
  return {
    engineFailed: (error) => add(troubleEntry(error)),
    engineRecovered: (troubledMs) => add(recoveredEntry('the engine answers', troubledMs)),
    recorded: (report) => ({
      ...report,
      outcome: (outcome) => {
        add(changeEntry(outcome, files))
        report.outcome(outcome)
      },
      problems: (appeared, gone) => {
        for (const draft of problemEntries(appeared, gone)) add(draft)
        report.problems(appeared, gone)
      },
      trouble: (error, retryMs) => {
        if (troubles.isNew(error)) add(troubleEntry(error))
        report.trouble(error, retryMs)
      },
      recovered: () => {
        add(recoveredEntry('HAProxy takes changes', troubles.over()))
        report.recovered()
      },
      late: (newcomer, graceMs) => {
        add(lateEntry(newcomer, graceMs))
        report.late(newcomer, graceMs)
      },
      drift: (actions) => {
        add(driftEntry(actions, files))
        report.drift(actions)
      },
      haproxy: (event) => {
        if (event.kind !== 'output') add(processEntry(event))
        report.haproxy(event)
      },
      attached: (plan) => {
        networkTroubles.over()
        add(edgeEntry(plan))
        report.attached(plan)
      },
      notAttached: (error, retryMs) => {
        if (networkTroubles.isNew(error)) add(networksTroubleEntry(error))
        report.notAttached(error, retryMs)
      },
    }),
  }
}

/** Tries that end alike are one trouble. */
function createTroubles(nowMs: () => number) {
  let trouble: { readonly sameness: string; readonly sinceMs: number } | undefined
  return {
    isNew: ({ code, message }: AgentError): boolean => {
      const sameness = `${code}\0${message}`
      const isNew = trouble?.sameness !== sameness
      trouble = { sameness, sinceMs: trouble?.sinceMs ?? nowMs() }
      return isNew
    },
    over: (): number => {
      const sinceMs = trouble?.sinceMs
      trouble = undefined
      return sinceMs === undefined ? 0 : nowMs() - sinceMs
    },
  }
}
