// Changes in words: a line each, or one in detail.
// Pure. Refuses to ask for them.

import type { HistoryEntry, HistoryKind } from '../core/history.ts'
import { alignRows, count, type Paint, type Style } from './paint.ts'

const styles: { readonly [K in HistoryKind]: Style } = {
  start: 'bold',
  adopt: 'bold',
  live: 'green',
  reload: 'yellow',
  drift: 'yellow',
  problem: 'yellow',
  solved: 'green',
  trouble: 'red',
  recovered: 'green',
  networks: 'yellow',
  haproxy: 'red',
  late: 'yellow',
}

/** As wide as the longest kind, and a number of up to five digits. */
const widths = { kind: 9, seq: 5, duration: 8 } as const

/** Changes, oldest first, one a line. Times are in UTC. */
export function historyLines(entries: readonly HistoryEntry[], paint: Paint): readonly string[] {
  if (entries.length === 0) return ['nothing has changed in that time']
  const rows = [['when (UTC)', '#', 'what', 'took', 'why'], ...entries.map(cells)]
  const [head = '', ...lines] = alignRows(rows)
  return [paint('dim', head), ...lines.map((line, index) => painted(line, entries[index], paint))]
}

/** The same for a change that comes later: without knowing the others, columns have fixed widths. */
export function followedLine(entry: HistoryEntry, paint: Paint): string {
  const [when = '', seq = '', kind = '', took = '', why = ''] = cells(entry)
  const line = [
    when,
    seq.padEnd(widths.seq),
    kind.padEnd(widths.kind),
    took.padEnd(widths.duration),
    why,
  ].join('  ')
  return painted(line, entry, paint)
}

/** Changes that were missed because the agent had forgotten them. */
export function gapLine(missed: number, paint: Paint): string {
  return paint('dim', `... ${count(missed, 'change')} missed`)
}

/** Aligned first, painted then: what colours a text has no width. */
function painted(line: string, entry: HistoryEntry | undefined, paint: Paint): string {
  return entry === undefined
    ? line
    : line.replace(` ${entry.kind}`, ` ${paint(styles[entry.kind], entry.kind)}`)
}

function cells(entry: HistoryEntry): readonly string[] {
  return [timeText(entry.at), `${entry.seq}`, entry.kind, durationText(entry.durationMs), entry.cause]
}

/** `2026-01-31 12:00:00`. */
function timeText(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)}`
}

function durationText(timeMs: number | undefined): string {
  if (timeMs === undefined) return '-'
  return timeMs < 1000 ? `${Math.round(timeMs * 10) / 10} ms` : `${Math.round(timeMs / 100) / 10} s`
}

/** One change in detail: its reasons, and the commands that were sent. */
export function entryLines(entry: HistoryEntry, paint: Paint): readonly string[] {
  const { seq, at, kind, cause, reasons, durationMs, backends, servers } = entry
  const after =
    backends === undefined ? [] : [`${count(backends, 'backend')}, ${count(servers ?? 0, 'server')}`]
  const rows = [
    ['when', `${at.slice(0, 10)} ${at.slice(11, 23)} UTC`],
    ...(durationMs === undefined ? [] : [['took', durationText(durationMs)]]),
    ...after.map((text) => ['then', text]),
    ...reasons.map((reason, index) => [index === 0 ? 'why' : '', reason]),
    ...commandRows(entry),
  ]
  return [
    `${paint('dim', `${seq}`)} ${paint(styles[kind], kind)}  ${cause}`,
    '',
    ...alignRows(rows).map((row) => `  ${row}`),
  ]
}

function commandRows({ commands, commandCount }: HistoryEntry): readonly (readonly string[])[] {
  const rows = commands.map((command, index) => [index === 0 ? 'sent' : '', command])
  const rest = commandCount - commands.length
  return rest > 0 ? [...rows, ['', `... and ${rest} more`]] : rows
}
