// The labels' table in words: for a terminal, for machines, for the documents.
// Pure. Refuses to read labels (core/labels.ts).

import { labelTable } from '../core/labels/table.ts'
import { markdownTable, type Paint } from './paint.ts'

/** A label that Tidegate acts on. */
export type LabelEntry = {
  readonly label: string
  readonly type: string
  readonly meaning: string
  readonly example: string
}

/** Every label, with its prefix, in the order of the table. */
export function labelEntries(): readonly LabelEntry[] {
  return Object.values(labelTable).map(({ label, type, meaning, example }) => ({
    label,
    type,
    meaning,
    example,
  }))
}

/** Each label with an example, its type and its meaning. */
export function labelsLines(paint: Paint): readonly string[] {
  return labelEntries().flatMap(({ label, type, meaning, example }, index) => [
    ...(index === 0 ? [] : ['']),
    `${paint('bold', label)}=${example}`,
    `  ${meaning.replaceAll('`', '')} ${paint('dim', `(${type})`)}`,
  ])
}

/** The labels as a table of Markdown. */
export function labelsMarkdown(): readonly string[] {
  return markdownTable(
    ['Label', 'What it does', 'May be', 'Example'],
    labelEntries().map(({ label, type, meaning, example }) => [
      `\`${label}\``,
      meaning,
      type,
      `\`${example}\``,
    ]),
  )
}
