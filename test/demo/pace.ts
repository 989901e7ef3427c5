// How fast the demo goes: as a person reads, or as a test wants it.
// Owns the times. Refuses the product's settings, but for the tests' quicker ones.

import { settingTable } from '../../agent/cli/settings-table.ts'
import { fastTiming, realTiming, type Timing } from '../sim/timing.ts'

export type Pace = {
  /** Between what is going to be done and its doing. */
  readonly beforeMs: number
  /** How long traffic still counts for a step that has come to rest. */
  readonly watchMs: number
  /** Between what came of it and the next step. */
  readonly afterMs: number
  /** For whoever opens the page. */
  readonly openMs: number
  readonly swarm: Timing
  /** Settings of the agent, by flag. */
  readonly flags: Readonly<Record<string, string>>
}

const asInProduction = [
  'poll-quiet',
  'poll-moving',
  'poll-moving-for',
  'reconcile-interval',
  'reload-settle',
  'reload-settle-max',
] as const

/** Swarm in about half its time, so that the tour stays short; the agent as it is in production. */
export const readingPace: Pace = {
  beforeMs: 400,
  watchMs: 200,
  afterMs: 500,
  openMs: 8000,
  swarm: {
    ...realTiming,
    prepareMs: 200,
    startMs: 250,
    stopDelayMs: 1000,
    stopGraceMs: 2000,
    restartDelayMs: 1500,
    updateMonitorMs: 300,
  },
  flags: Object.fromEntries(asInProduction.map((key) => [key, settingTable[key].default.words])),
}

/** For tests: the same order of events. */
export const testPace: Pace = {
  beforeMs: 100,
  watchMs: 100,
  afterMs: 0,
  openMs: 0,
  swarm: fastTiming,
  flags: {},
}
