// Differences in words: a row each, with the three sides beside one another.
// Pure. Refuses to compare.

import type { DiffRow, DiffView } from '../core/diff/diff.ts'
import { alignRows, count, type Paint } from './paint.ts'

/** How many differences a person is shown. */
const rowsMax = 100

const absent = '-'
const unknown = '?'

/** Differences, one a line, with what each side says; `-` stands for what a side does not have. */
export function diffLines(view: DiffView, paint: Paint): readonly string[] {
  const { rows, rowCount, sides } = view
  const shown = rows.slice(0, rowsMax)
  const cells = shown.map((row) => [
    row.kind,
    row.name,
    row.desired ?? absent,
    sides.observed && row.kind !== 'file' ? (row.observed ?? absent) : unknown,
    sides.disk || row.kind === 'file' ? (row.disk ?? absent) : unknown,
  ])
  const [head = '', ...lines] = alignRows([['', '', 'desired', 'HAProxy', 'on disk'], ...cells])
  const rest = rowCount - shown.length
  return [
    paint('dim', head),
    ...lines.map((line, index) => painted(line, shown[index], paint)),
    ...(rest > 0 ? [`... and ${rest} more; --json lists up to a thousand`] : []),
    '',
    ...closingLines(view).map((line) => paint('dim', line)),
  ]
}

function painted(line: string, row: DiffRow | undefined, paint: Paint): string {
  return row === undefined ? line : `${paint('yellow', row.kind)}${line.slice(row.kind.length)}`
}

function closingLines({ rowCount, draining, toldBy, sides }: DiffView): readonly string[] {
  const told = toldBy === 'agent' ? 'as the running agent sees it' : 'no agent answers: as the engine says'
  return [
    `${count(rowCount, 'difference')}, ${told}`,
    ...drainingLines(draining),
    ...(sides.observed ? [] : ['HAProxy does not answer']),
    ...(sides.disk ? [] : ['there is no configuration in the run folder']),
  ]
}

function drainingLines(draining: number): readonly string[] {
  const verb = draining === 1 ? 'waits for its' : 'wait for their'
  return draining === 0 ? [] : [`${count(draining, 'server')} ${verb} last session, which is no difference`]
}

/** What a person is told where there is no difference. */
export function sameLine({ draining }: DiffView, paint: Paint): string {
  const told = `${paint('green', 'no difference')}: HAProxy and its files are what the services ask for`
  return [told, ...drainingLines(draining)].join('\n')
}
