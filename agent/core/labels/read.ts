// Reading a service's labels by the table: every value that can be used, and a problem for each part that cannot.
// Refuses networks, tasks and routes: it sees one service's labels only.

import type { Problem, ProblemCode } from '../problem.ts'
import { limits } from '../settings.ts'
import type { Service } from '../snapshot.ts'
import { compareText, nearest, quote } from '../text.ts'
import { readOptionRows } from './option-rows.ts'
import { readRoutingRows } from './routing-rows.ts'
import { type LabelRow, labelPrefix, ownPrefix } from './row.ts'
import { type LabelValues, labelTable, notSupported } from './table.ts'
import type { Fault, Parsed } from './values.ts'

const known = new Set(Object.values(labelTable).map((row) => row.label))

/** True if a label is meant for an edge, known or not. */
export function isEdgeLabel(label: string): boolean {
  return label.startsWith(labelPrefix) || label.startsWith(ownPrefix)
}

/** True if any label of the service is meant for an edge. */
export function hasEdgeLabels(service: Service): boolean {
  for (const label in service.labels) if (isEdgeLabel(label)) return true
  return false
}

/** Reads a service's labels: every value that can be used, and a problem for each part that cannot. */
export function readLabels(service: Service): {
  readonly values: LabelValues
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const read = <T>(row: LabelRow<T>): T | undefined => {
    const parsed = readRow(service, row)
    for (const fault of parsed.faults) problems.push(labelProblem(service, row.label, row.code, fault))
    return parsed.value
  }
  const values: LabelValues = {
    ...readRoutingRows(read),
    ...readOptionRows(read),
  }
  return { values, problems: [...problems, ...strangeLabels(service)] }
}

function readRow<T>(service: Service, row: LabelRow<T>): Parsed<T> {
  const text = service.labels[row.label]
  if (text === undefined) return { value: undefined, faults: [] }
  if (text.length > limits.labelLength) {
    const fault = {
      found: `${text.length} characters`,
      expected: `at most ${limits.labelLength}`,
      hint: 'Shorten it.',
    }
    return { value: undefined, faults: [fault] }
  }
  return row.parse(text)
}

/** A problem about one label of a service; `label` with its prefix. */
export function labelProblem(
  service: Pick<Service, 'id' | 'name'>,
  label: string,
  code: ProblemCode,
  fault: Fault,
): Problem {
  return { code, severity: 'error', serviceId: service.id, service: service.name, label, ...fault }
}

function strangeLabels(service: Service): readonly Problem[] {
  const problems: Problem[] = []
  for (const label of Object.keys(service.labels).toSorted(compareText)) {
    if (isEdgeLabel(label) && !known.has(label)) problems.push(strangeLabel(service, label))
  }
  return problems
}

function strangeLabel(service: Service, label: string): Problem {
  if (notSupported.includes(label)) {
    const fault = {
      found: quote(service.labels[label] ?? ''),
      expected: 'no such label',
      hint: 'This version of Tidegate does not act on it; the service is published without it.',
    }
    return { ...labelProblem(service, label, 'label-not-supported', fault), severity: 'warning' }
  }
  // The label's own name is foreign text as well.
  const shown = quote(label).slice(1, -1)
  const near = nearest(label, [...known, ...notSupported])
  const fault = {
    found: `the label ${quote(label)}`,
    expected: 'a label that Tidegate knows',
    hint: near === undefined ? 'It has no effect; remove it.' : `Did you mean ${near}?`,
  }
  return { ...labelProblem(service, shown, 'label-unknown', fault), severity: 'warning' }
}
