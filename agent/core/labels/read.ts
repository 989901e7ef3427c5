// Reading a service's labels by the table: every value that can be used, and a problem for each part that cannot.
// Refuses networks, tasks and routes: it sees one service's labels only.

import type { Problem, ProblemCode } from '../problem.ts'
import { limits } from '../settings.ts'
import type { Service } from '../snapshot.ts'
import { compareText, nearest, quote } from '../text.ts'
import { readTable } from './read-table.ts'
import { type FamilyRow, type LabelRow, labelPrefix, ownPrefix } from './row.ts'
import { type LabelValues, labelFamilies, labelTable } from './table.ts'
import { bad, type Fault, type Parsed } from './values.ts'

const known = new Set(Object.values(labelTable).map((row) => row.label))

const families = Object.values(labelFamilies).map((row) => row.label)
const names = [...known, ...families]

const isKnown = (label: string) => known.has(label) || families.some((family) => label.startsWith(family))

/** The same name with the other one of the two prefixes. */
function otherPrefix(label: string): string {
  return label.startsWith(ownPrefix)
    ? labelPrefix + label.slice(ownPrefix.length)
    : ownPrefix + label.slice(labelPrefix.length)
}

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
  const readFamily = <T>(row: FamilyRow<T>): readonly T[] | undefined => {
    const { values: found, problems: met } = readMembers(service, row)
    problems.push(...met)
    return found.length === 0 ? undefined : found
  }
  const values = readTable(read, readFamily)
  return { values, problems: [...problems, ...strangeLabels(service)] }
}

function readRow<T>(service: Service, row: LabelRow<T>): Parsed<T> {
  const text = service.labels[row.label]
  if (text === undefined) return { value: undefined, faults: [] }
  const { value, faults } = text.length > limits.labelLength ? tooLong(text) : row.parse(text)
  return { value: value ?? row.fallback, faults }
}

function tooLong(text: string): Parsed<never> {
  const fault = {
    found: `${text.length} characters`,
    expected: `at most ${limits.labelLength}`,
    hint: 'Shorten it.',
  }
  return { value: undefined, faults: [fault] }
}

/** The members of a family, sorted by name without regard to case; of two with the same name the first counts. */
function readMembers<T>(service: Service, row: FamilyRow<T>) {
  const values = new Map<string, T>()
  let bytes = 0
  const problems: Problem[] = []
  const labels = Object.keys(service.labels).filter((label) => label.startsWith(row.label))
  for (const label of labels.sort(compareText)) {
    const member = label.slice(row.label.length)
    const text = service.labels[label] ?? ''
    const isDouble = values.has(member.toLowerCase())
    const parsed = isDouble
      ? double(member)
      : values.size >= limits.familySize || bytes + member.length + text.length > limits.familyBytes
        ? tooMany
        : text.length > limits.labelLength
          ? tooLong(text)
          : row.parse(member, text)
    if (parsed.value !== undefined) {
      values.set(member.toLowerCase(), parsed.value)
      bytes += member.length + text.length
    }
    // A member's name is foreign text as well.
    for (const fault of parsed.faults)
      problems.push(labelProblem(service, quote(label).slice(1, -1), row.code, fault))
  }
  const sorted = [...values].sort(([a], [b]) => compareText(a, b))
  return { values: sorted.map(([, value]) => value), problems }
}

function double(member: string): Parsed<never> {
  return bad(
    member,
    'each name once',
    'Another label says it in other letters, and counts. Remove one of them.',
  )
}

const tooMany: Parsed<never> = {
  value: undefined,
  faults: [
    {
      found: `more than ${limits.familySize} such labels, or more than ${limits.familyBytes} bytes`,
      expected: `at most ${limits.familySize}, and ${limits.familyBytes} bytes together`,
      hint: 'Have the application do it.',
    },
  ],
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
    if (isEdgeLabel(label) && !isKnown(label)) problems.push(strangeLabel(service, label))
  }
  return problems
}

function strangeLabel(service: Service, label: string): Problem {
  // The label's own name is foreign text as well.
  const shown = quote(label).slice(1, -1)
  const near = nearest(label, names) ?? nearest(otherPrefix(label), names)
  const fault = {
    found: `the label ${quote(label)}`,
    expected: 'a label that Tidegate knows',
    hint: near === undefined ? 'It has no effect; remove it.' : `Did you mean ${near}?`,
  }
  return { ...labelProblem(service, shown, 'label-unknown', fault), severity: 'warning' }
}
