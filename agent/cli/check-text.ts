// What `check` finds, in words: each problem with what was found, what is expected and the cure.
// Pure. Refuses to judge: the problems come from the core.

import type { Problem } from '../core/problem.ts'
import type { Routing } from '../core/routing.ts'
import { compareText } from '../core/text.ts'
import { alignRows, count, type Paint } from './paint.ts'

/** What was checked, as data. */
export type Checked = {
  readonly services: number
  /** Names of services that are published, sorted. */
  readonly published: readonly string[]
  readonly problems: readonly Problem[]
}

/** Sums up a routing that was computed from so many services. */
export function checkedOf(routing: Routing, services: number): Checked {
  const published = new Set<string>()
  for (const backend of routing.backends.values()) {
    for (const service of backend.services) published.add(service.name)
  }
  return { services, published: [...published].sort(compareText), problems: routing.problems }
}

/** True where `check` is to fail: at an error, and if strict also at a warning. */
export function isAtFault({ problems }: Pick<Checked, 'problems'>, strict: boolean): boolean {
  return problems.some((problem) => strict || problem.severity === 'error')
}

/** A block for each problem, and a line that sums up. */
export function checkLines(checked: Checked, paint: Paint): readonly string[] {
  return [
    ...checked.problems.flatMap((problem) => [...problemLines(problem, paint), '']),
    summary(checked, paint),
  ]
}

function problemLines(problem: Problem, paint: Paint): readonly string[] {
  const { severity, service, label, found, expected, hint } = problem
  const head = [paint(severity === 'error' ? 'red' : 'yellow', severity), paint('bold', service)]
  const rows = [
    ['  found', found],
    ['  expected', expected],
    ['  cure', hint],
  ]
  return [[...head, ...(label === undefined ? [] : [label])].join('  '), ...alignRows(rows)]
}

function summary({ services, published, problems }: Checked, paint: Paint): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const warnings = problems.length - errors
  const kinds = [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
  const detail = problems.length === 0 ? '' : ` (${kinds.filter(Boolean).join(', ')})`
  const style = errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green'
  const found = paint(style, count(problems.length, 'problem'))
  return `${count(services, 'service')}, ${published.length} published, ${found}${detail}`
}
