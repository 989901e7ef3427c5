// The reply to `show stat` as rows of cells, found by the columns' names.
// Owns how a row is cut, which is what reading thousands of them costs. Refuses to know what a column means (stats.ts).

import type { AgentError } from '../core/errors.ts'
import { badReply } from './replies.ts'

/** The columns that Tidegate reads, of the hundred and more that there are (management guide, section 9.1). */
const columnNames = [
  'pxname',
  'svname',
  'type',
  'status',
  'qcur',
  'scur',
  'slim',
  'stot',
  'req_tot',
  'bin',
  'bout',
  'econ',
  'eresp',
  'wretr',
  'wredis',
  'weight',
  'act',
  'lastchg',
  'chkfail',
  'chkdown',
  'check_status',
  'check_code',
  'check_duration',
  'hrsp_1xx',
  'hrsp_2xx',
  'hrsp_3xx',
  'hrsp_4xx',
  'hrsp_5xx',
  'hrsp_other',
  'qtime',
  'ctime',
  'rtime',
  'ttime',
  'addr',
] as const

export type ColumnName = (typeof columnNames)[number]

/** Where each column stands in this HAProxy's rows, and how many of a row's cells are worth looking for. */
type Columns = { readonly indexOf: ReadonlyMap<string, number>; readonly cells: number }

/**
 * One row of the reply. Cells are found once for each row and cut out when they are asked for: most are not, and a
 * thousand rows a second are to cost next to nothing.
 */
export type Row = {
  readonly command: string
  readonly columns: Columns
  /** The reply; or a row that had quotes in it, with each quoted cell made plain. */
  text: string
  /** Where the cells begin; one behind the last as well, as if a cell began there. */
  readonly starts: number[]
}

/** Where the line that begins there ends. */
export function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** Finds the columns in the reply's first line; throws AgentError `runtime-bad-reply` where one is not there. */
export function findColumns(header: string, command: string): Columns {
  if (!header.startsWith('# ')) throw badReply(command, header)
  const indexOf = new Map(
    header
      .slice(2)
      .split(',')
      .map((name, index) => [name, index]),
  )
  const positions = columnNames.map((name) => {
    const index = indexOf.get(name)
    if (index === undefined) throw badReply(command, `no column ${name}`)
    return index
  })
  return { indexOf, cells: Math.max(...positions) + 1 }
}

/** HAProxy quotes a cell with a comma or a quote in it, and doubles its quotes. */
const cellPattern = /(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g

const codes = { comma: 44, quote: 34, zero: 48 } as const

/** Finds the first cells of the row between two places of the reply. */
export function findCells(row: Row, reply: string, from: number, end: number): void {
  const { starts, columns } = row
  row.text = reply
  let count = 1
  starts[0] = from
  for (let at = from; at < end && count <= columns.cells; at += 1) {
    const code = reply.charCodeAt(at)
    if (code === codes.quote) {
      findQuoted(row, reply.slice(from, end))
      return
    }
    if (code === codes.comma) starts[count++] = at + 1
  }
  if (count <= columns.cells) starts[count++] = end + 1
  starts.length = count
}

/** The same of a row with quotes, which few have: what is read of it has none, so its cells are put together anew. */
function findQuoted(row: Row, text: string): void {
  const { starts } = row
  starts.length = 0
  let at = 0
  const cells: string[] = []
  for (const [, quoted, bare = ''] of text.matchAll(cellPattern)) {
    const found = quoted?.replaceAll('""', '"') ?? bare
    cells.push(found)
    starts.push(at)
    at += found.length + 1
  }
  starts.push(at)
  row.text = cells.join(',')
}

/** A cell's text; empty where the column means nothing for the row. */
export function cell({ text, starts, columns }: Row, name: ColumnName): string {
  const index = columns.indexOf.get(name) ?? 0
  const [start, next] = [starts[index], starts[index + 1]]
  return start === undefined || next === undefined ? '' : text.slice(start, next - 1)
}

/** Undefined for an empty cell. */
export function optionalNumber(row: Row, name: ColumnName): number | undefined {
  const { text, starts, columns } = row
  const index = columns.indexOf.get(name) ?? 0
  const start = starts[index]
  const next = starts[index + 1]
  if (start === undefined || next === undefined || next === start + 1) return undefined
  let value = 0
  for (let at = start; at < next - 1; at += 1) {
    const digit = text.charCodeAt(at) - codes.zero
    if (digit < 0 || digit > 9) return oddNumber(row, name)
    value = value * 10 + digit
  }
  return value
}

/** What is no row of digits: `lastchg` and the like may be -1. */
function oddNumber(row: Row, name: ColumnName): number {
  const value = Number(cell(row, name))
  if (!Number.isInteger(value)) throw badRow(row)
  return value
}

/** A row that cannot be what HAProxy meant. */
export function badRow({ command, text, starts }: Row): AgentError {
  const from = starts[0] ?? 0
  return badReply(command, text.slice(from, endOfLine(text, from)))
}

/** A column that means nothing for a row is empty, and counts for nothing. */
export function number(row: Row, name: ColumnName): number {
  return optionalNumber(row, name) ?? 0
}
