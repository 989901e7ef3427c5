// Whether a step, and the whole tour, went as it should.
// Pure. Refuses leniency: a failed request is a fault, whatever the step.

import type { Expectation, Measured, StepResult, Verdict } from './step.ts'
import { counted } from './words.ts'

const byWeight: readonly Verdict[] = ['reload', 'start', 'adopt', 'live']

/** The weightiest of a step's outcomes. */
export function verdictOf({ changes }: Pick<Measured, 'changes'>): Verdict {
  const kinds = new Set<Verdict>(changes.map((change) => change.outcome.kind))
  return byWeight.find((kind) => kinds.has(kind)) ?? 'nothing'
}

/** What was not as expected, a sentence each. */
export function faultsOf(expect: Expectation, measured: Measured): readonly string[] {
  const { reloads, commands, traffic, troubles, problems } = measured
  const verdict = verdictOf(measured)
  const found = problems.map((problem) => problem.code).join(', ')
  const wanted = (expect.problems ?? []).join(', ')
  const faults: readonly (readonly [boolean, string])[] = [
    [verdict !== expect.verdict, `expected ${expect.verdict}, and it was ${verdict}`],
    [
      reloads !== expect.reloads,
      `expected ${counted(expect.reloads, 'reload')}, and there ${reloads === 1 ? 'was' : 'were'} ${counted(reloads, 'reload')}`,
    ],
    [
      expect.verdict === 'nothing' && commands > 0,
      `nothing was to be done, and ${counted(commands, 'command')} ${commands === 1 ? 'was' : 'were'} sent to HAProxy`,
    ],
    [found !== wanted, `expected ${wanted || 'no problem'}, and found ${found || 'none'}`],
    [traffic.failures.length > 0, `${counted(traffic.failures.length, 'request')} failed`],
    [traffic.answered === 0, 'no request was answered'],
  ]
  return [...faults.filter(([isFault]) => isFault).map(([, text]) => text), ...troubles]
}

/** The tour as a whole. */
export type Summary = {
  readonly ok: boolean
  readonly durationMs: number
  readonly steps: number
  readonly requests: { readonly answered: number; readonly failed: number }
  readonly reloads: { readonly made: number; readonly expected: number }
  readonly liveChanges: number
  readonly actions: number
  readonly faults: readonly string[]
}

export type Tour = {
  readonly results: readonly StepResult[]
  readonly durationMs: number
  /** What ended it before its time. */
  readonly broken: string | undefined
}

/** Sums up; `ok` only if every step was taken and none has a fault. */
export function summaryOf({ results, durationMs, broken }: Tour): Summary {
  const sum = (size: (result: StepResult) => number) =>
    results.reduce((total, result) => total + size(result), 0)
  const actions = results.flatMap(({ changes }) =>
    changes.flatMap(({ outcome }) => (outcome.kind === 'live' ? [outcome.actions.length] : [])),
  )
  const faults = [
    ...results.flatMap(({ step, faults: own }) => own.map((fault) => `${step.title}: ${fault}`)),
    ...(broken === undefined ? [] : [broken]),
  ]
  return {
    ok: faults.length === 0 && results.length > 0,
    durationMs,
    steps: results.length,
    requests: {
      answered: sum(({ traffic }) => traffic.answered),
      failed: sum(({ traffic }) => traffic.failures.length),
    },
    reloads: { made: sum(({ reloads }) => reloads), expected: sum(({ step }) => step.expect.reloads) },
    liveChanges: actions.length,
    actions: actions.reduce((total, each) => total + each, 0),
    faults,
  }
}
