// The labels' table in words: for a terminal, for machines, for the documents.
// Pure. Refuses to read labels (core/labels/read.ts).

import { type ChangeCost, changeCosts } from '../core/labels/changes.ts'
import { labelFamilies, labelTable } from '../core/labels/table.ts'
import { markdownTable, type Paint } from './paint.ts'

/** A label that Tidegate acts on, or a family of them. */
export type LabelEntry = {
  /** A family's ends in what stands for the last part: `<Name>`. */
  readonly label: string
  readonly type: string
  /** What holds without it; absent where nothing does. */
  readonly default?: string
  readonly meaning: string
  /** A label with a value. */
  readonly example: string
  readonly change: ChangeCost
}

/** Every label, with its prefix, in the order of the table; the families last. */
export function labelEntries(): readonly LabelEntry[] {
  const single = Object.keys(labelTable)
    .filter(isLabel)
    .map((key) => {
      const { label, example, ...row } = labelTable[key]
      return { label, ...told(row), example: `${label}=${example}`, change: changeCosts[key] }
    })
  const families = Object.keys(labelFamilies)
    .filter(isFamily)
    .map((key) => {
      const { label, placeholder, example, ...row } = labelFamilies[key]
      const { member, value } = example
      const shown = `${label}${member}=${value}`
      return { label: label + placeholder, ...told(row), example: shown, change: changeCosts[key] }
    })
  return [...single, ...families]
}

const isLabel = (key: string): key is keyof typeof labelTable => key in labelTable
const isFamily = (key: string): key is keyof typeof labelFamilies => key in labelFamilies

function told(row: { readonly type: string; readonly meaning: string; readonly default?: string }) {
  const { type, meaning } = row
  return row.default === undefined ? { type, meaning } : { type, default: row.default, meaning }
}

/** Each label with an example, its meaning, its type, what holds without it, and what a change costs. */
export function labelsLines(paint: Paint): readonly string[] {
  return labelEntries().flatMap((entry, index) => {
    const [name = ''] = entry.example.split('=', 1)
    const facts = [
      entry.type,
      ...(entry.default === undefined ? [] : [`without it: ${entry.default}`]),
      `a change: ${entry.change}`,
    ]
    return [
      ...(index === 0 ? [] : ['']),
      paint('bold', name) + entry.example.slice(name.length),
      `  ${entry.meaning.replaceAll('`', '')}`,
      `  ${paint('dim', `(${facts.join('; ').replaceAll('`', '')})`)}`,
    ]
  })
}

/** The labels as a table of Markdown. */
export function labelsMarkdown(): readonly string[] {
  return markdownTable(
    ['Label', 'What it does', 'May be', 'Without it', 'Example', 'A change'],
    labelEntries().map(({ label, type, meaning, default: without = '', example, change }) => [
      `\`${label}\``,
      meaning,
      type,
      without,
      `\`${example.slice(example.indexOf('=') + 1)}\``,
      change,
    ]),
  )
}
