// The screen of `tidegate top`, as lines.
// Pure: the same state in the same size gives the same lines. Refuses keys (model.ts) and terminals.

import { sparkline } from '../../core/sparkline.ts'
import { durationText, percentText, shortNumber } from '../figures-text.ts'
import { count, type Paint } from '../paint.ts'
import { type Column, columnsFor } from './columns.ts'
import { selectedIndex, shownRows, type TopState, totalRates } from './model.ts'
import { hostText, type Row } from './row.ts'
import { sortColumns } from './sort.ts'

export type Size = { readonly columns: number; readonly rows: number }

/** Lines around the table: two of totals, one that says what is shown, the table's head, the keys. */
const frameRows = 5

/** How many rows of the table a screen of that size has room for. */
export function pageRowsOf({ rows }: Size): number {
  return Math.max(1, rows - frameRows)
}

/** How long a reload is told of. */
const noticeMs = 15_000

/** Exactly as many lines as the screen has rows, none longer than it is wide. */
export function screenLines(state: TopState, size: Size, paint: Paint): readonly string[] {
  const rows = shownRows(state)
  const page = pageOf(state, rows, size)
  const lines = [
    ...headLines(state, rows.length, size, paint),
    ...tableLines(
      state,
      rows,
      page,
      { columns: columnsFor(state.scope, size.columns), width: size.columns },
      paint,
    ),
    keysLine(state, size, paint),
  ]
  return lines.slice(0, size.rows)
}

/** The same as one table without an end, for a file or a pipe. */
export function onceLines(state: TopState, columns: number, paint: Paint): readonly string[] {
  const rows = shownRows(state)
  const page = { from: 0, selected: -1, rows: rows.length }
  // There is no trend in one reading.
  const shown = columnsFor(state.scope, columns).filter(({ title }) => title !== 'TREND')
  return [
    processText(state),
    totalsText(state),
    ...tableLines(state, rows, page, { columns: shown, width: columns }, paint),
  ].map((line) => line.trimEnd())
}

type Page = { readonly from: number; readonly selected: number; readonly rows: number }

/** Rows are turned over by the page, so that a row stays where it is while one moves within the page. */
function pageOf(state: TopState, rows: readonly Row[], size: Size): Page {
  const pageRows = pageRowsOf(size)
  const selected = selectedIndex(state, rows)
  return { from: Math.floor(selected / pageRows) * pageRows, selected, rows: pageRows }
}

function headLines(state: TopState, shown: number, { columns }: Size, paint: Paint): readonly string[] {
  const cut = (text: string) => cutTo(text, columns)
  const { trouble, flows } = state
  if (trouble !== undefined)
    return [
      paint('red', cut(`HAProxy does not answer; trying again each second`)),
      cut(trouble.message),
      paint('dim', cut(trouble.hint)),
    ]
  if (flows === undefined) return [cut('waiting for HAProxy'), '', '']
  return [
    paint('bold', cut(processText(state))),
    cut(totalsText(state)),
    viewLine(state, shown, columns, paint),
  ]
}

function processText({ flows, reloadedAtMs }: TopState): string {
  if (flows === undefined) return ''
  const { version, pid, uptimeS, connections, connectionsMax, idlePercent, stopping } = flows.info
  const sinceMs = reloadedAtMs === undefined ? undefined : flows.atMs - reloadedAtMs
  const isNews = sinceMs !== undefined && sinceMs < noticeMs
  return [
    `HAProxy ${version}`,
    `worker ${pid}${stopping ? ' on its way out' : ''}`,
    `up ${durationText(uptimeS)}`,
    `${connections} of ${connectionsMax} connections`,
    `${100 - idlePercent} % busy`,
    ...(isNews ? ['RELOADED: counts began anew'] : []),
  ].join('  ')
}

function totalsText({ flows, totals, scope }: TopState): string {
  if (flows?.spanMs === undefined) return 'rates come with the second reading'
  const { requests, errors } = totalRates(flows, scope)
  const share = requests === 0 ? '' : ` (${percentText(Math.min(1, errors / requests))})`
  return [
    `requests ${shortNumber(requests)}/s${trend(totals.requests)}`,
    `errors ${shortNumber(errors)}/s${share}${trend(totals.errors)}`,
  ].join('   ')
}

function trend(series: readonly number[]): string {
  return series.length === 0 ? '' : ` ${sparkline(series, 20)}`
}

function viewLine(state: TopState, shown: number, columns: number, paint: Paint): string {
  const { flows, scope, filter, isTyping, sort } = state
  const all = scope === 'backends' ? (flows?.backends.length ?? 0) : (flows?.servers.length ?? 0)
  const word = sortColumns.find(({ column }) => column === sort.column)?.word ?? ''
  const parts = [
    scope === 'backends' ? count(all, 'host') : `${hostText(scope.backend)}: ${count(all, 'server')}`,
    ...(filter === '' && !isTyping ? [] : [`filter ${filter}${isTyping ? '_' : ''}`, `${shown} shown`]),
    `by ${word}${sort.isReversed ? ', reversed' : ''}`,
  ]
  return paint('dim', cutTo(parts.join('  '), columns))
}

function tableLines(
  state: TopState,
  rows: readonly Row[],
  page: Page,
  { columns, width }: { readonly columns: readonly Column[]; readonly width: number },
  paint: Paint,
): readonly string[] {
  if (state.flows === undefined) return Array<string>(page.rows + 1).fill('')
  const shown = rows.slice(page.from, page.from + page.rows)
  const lines = shown.map((row, index) => {
    const line = cutTo(columns.map((column) => cellOf(column, row, state)).join(' '), width)
    return page.from + index === page.selected
      ? paint('inverse', line.padEnd(width))
      : colour(row, line, paint)
  })
  const blank = Array<string>(page.rows - lines.length).fill('')
  return [paint('bold', cutTo(headOf(columns, state), width)), ...lines, ...blank]
}

function headOf(columns: readonly Column[], { sort }: TopState): string {
  const titles = columns.map((column) => {
    // Names go upwards unless they are reversed, figures downwards.
    const isUpwards = (column.sort === 'name') !== sort.isReversed
    const mark = column.sort === sort.column ? (isUpwards ? '▲' : '▼') : ''
    return inCell(`${column.title}${mark}`, column)
  })
  return titles.join(' ')
}

function cellOf(column: Column, row: Row, state: TopState): string {
  return inCell(column.text(row, state.series.get(row.name) ?? [], column.width), column)
}

function inCell(text: string, { width, isLeft }: Column): string {
  const cut = cutTo(text, width)
  return isLeft ? cut.padEnd(width) : cut.padStart(width)
}

function colour(row: Row, line: string, paint: Paint): string {
  if (row.status.startsWith('DOWN')) return paint('red', line)
  if ((row.rates?.errors ?? 0) > 0 || row.queued > 0) return paint('yellow', line)
  return /^(MAINT|DRAIN)/.test(row.status) ? paint('dim', line) : line
}

function keysLine({ isTyping, scope }: TopState, { columns }: Size, paint: Paint): string {
  if (isTyping) return paint('dim', cutTo('type to filter   enter keep   esc clear', columns))
  const way = scope === 'backends' ? '→ servers' : '← hosts'
  const keys = `q quit  ↑↓ move  ${way}  / filter  sort by:`
  const long = sortColumns.map(({ key, word }) => ` ${key} ${word}`).join('')
  const short = sortColumns.map(({ key }) => ` ${key}`).join('')
  const sorts = keys.length + long.length <= columns ? long : short
  return paint('dim', cutTo(keys + sorts, columns))
}

/** The text in at most so many characters, with a mark where it was cut. */
export function cutTo(text: string, width: number): string {
  if (text.length <= width) return text
  return width <= 0 ? '' : `${text.slice(0, width - 1)}…`
}
