// One step of the tour, and what came of it, as data.
// Owns the shapes. Refuses to do (tour.ts) or to judge (judge.ts).

import type { Problem } from '../../agent/core/problem.ts'
import type { Outcome } from '../../agent/reconcile/ports.ts'
import type { Tally } from '../support/traffic.ts'
import type { Stage } from './stage.ts'

/** What a step comes to, by its weightiest outcome. */
export type Verdict = Outcome['kind'] | 'nothing'

export type Expectation = {
  readonly verdict: Verdict
  readonly reloads: number
  /** Codes of the problems that it brings up, in order; none if absent. */
  readonly problems?: readonly Problem['code'][]
}

export type Step = {
  /** What the operator does, in a person's words. */
  readonly title: string
  /** What the operator types. */
  readonly commands: readonly string[]
  readonly act: (stage: Stage) => Promise<void> | void
  readonly expect: Expectation
  /** This host gets no POST during the step. */
  readonly getOnly?: string
  /** Why something is as it is, for whoever watches. */
  readonly note?: string
  /** Why nothing had to be done, where that is so. */
  readonly because?: string
  /** Looked at when all has come to rest. */
  readonly show?: (stage: Stage) => Promise<Evidence> | Evidence
}

/** Something that a watcher could see as well. */
export type Evidence = { readonly command?: string; readonly lines: readonly string[] }

/** An outcome, and the milliseconds from Swarm's commit until HAProxy had it. */
export type Change = { readonly outcome: Outcome; readonly sinceCommitMs: number | undefined }

/** What was measured while a step was taken. */
export type Measured = {
  readonly changes: readonly Change[]
  /** Those that are there when all has come to rest, and were not before. */
  readonly problems: readonly Problem[]
  readonly reloads: number
  /** Commands on HAProxy's runtime socket that change something. */
  readonly commands: number
  readonly traffic: Tally
  readonly evidence: Evidence | undefined
  /** Trouble that the agent reported. */
  readonly troubles: readonly string[]
}

export type StepResult = Measured & {
  readonly step: Step
  readonly verdict: Verdict
  /** What was not as it should be; empty if all was well. */
  readonly faults: readonly string[]
}
