// Where the demo shows what happens: a terminal, a log, or nothing but JSON at the end.
// Owns the writing, and the one line that moves. Refuses layout (lines.ts).

import { type Paint, textOfLines } from '../../agent/cli/paint.ts'
import type { Problem } from '../../agent/core/problem.ts'
import type { Tally } from '../support/traffic.ts'
import type { Summary, Tour } from './judge.ts'
import {
  changeLines,
  headingLines,
  openingLines,
  problemLines,
  resultLines,
  summaryLines,
  tickerLine,
} from './lines.ts'
import type { Change, Step, StepResult } from './step.ts'
import { summaryJson } from './summary-json.ts'

export type Screen = Disposable & {
  readonly opening: () => void
  readonly heading: (step: Step, number: number) => void
  readonly change: (change: Change) => void
  readonly problem: (problem: Problem) => void
  readonly result: (result: StepResult) => void
  readonly closing: (tour: Tour, summary: Summary) => void
  readonly lines: (lines: readonly string[]) => void
  /** From now on a line shows what the traffic comes to. */
  readonly watch: () => void
}

export type ScreenOptions = {
  readonly write: (text: string) => void
  /** Lines can be drawn anew. */
  readonly isTerminal: boolean
  readonly columns: number
  readonly paint: Paint
  readonly haproxyVersion: () => string
  readonly tally: () => Tally
}

const tickMs = 100
/** Back to the first column, and nothing on the line (ECMA-48: EL). */
const clearLine = '\r\u001b[K'

/** A screen for people. */
export function createScreen(options: ScreenOptions): Screen {
  const { write, isTerminal, tally, haproxyVersion } = options
  let before = tally()
  let ticker: NodeJS.Timeout | undefined
  const draw = () => {
    const now = tally()
    const failed = now.failures.length - before.failures.length
    write(clearLine + tickerLine(now.answered - before.answered, failed, options))
  }
  const lines = (text: readonly string[]) => {
    write((ticker === undefined ? '' : clearLine) + textOfLines(text))
    if (ticker !== undefined) draw()
  }
  const still = () => {
    if (ticker !== undefined) write(clearLine)
    clearInterval(ticker)
    ticker = undefined
  }
  const watch = () => {
    if (isTerminal) ticker ??= setInterval(draw, tickMs)
  }
  return {
    opening: () => lines(openingLines(options)),
    heading: (step, number) => {
      lines(headingLines(step, number, options))
      watch()
    },
    change: (change) => lines(changeLines(change, haproxyVersion(), options)),
    problem: (problem) => lines(problemLines(problem, options)),
    result: (result) => {
      still()
      before = tally()
      lines(resultLines(result, options))
    },
    closing: (_tour, summary) => {
      still()
      lines(summaryLines(summary, options))
    },
    lines,
    watch,
    [Symbol.dispose]: still,
  }
}

/** A screen for machines: the summary as JSON, and nothing else. */
export function createJsonScreen(write: (text: string) => void): Screen {
  const silent = () => {}
  return {
    opening: silent,
    heading: silent,
    change: silent,
    problem: silent,
    result: silent,
    closing: (tour, summary) => write(`${JSON.stringify(summaryJson(tour, summary), undefined, 2)}\n`),
    lines: silent,
    watch: silent,
    [Symbol.dispose]: silent,
  }
}
