// `show stat` and `show info`: what HAProxy counts and measures, as data.
// Owns their columns, found by name. Refuses to keep a reading: rates between two are the core's (core/rates.ts).

import type { AgentError } from '../core/errors.ts'
import type {
  BackendFigures,
  CheckFigures,
  FrontendFigures,
  Latency,
  ProcessInfo,
  ResponseCounts,
  ServerFigures,
  Traffic,
  TrafficScope,
} from '../core/traffic.ts'
import { badReply, infoFacts, infoNumber, infoText } from './replies.ts'
import type { Runtime } from './runtime.ts'

/** Bits of the object types that `show stat` is asked for (management guide, section 9.3, `show stat`). */
const types = { frontend: 1, backend: 2, server: 4 } as const

/** What the guide calls the column `type`, by its value (section 9.1). */
const rowTypes = { frontend: '0', backend: '1', server: '2' } as const

/** A clock that reads like the wall's and only grows. */
const clock = (): number => Math.round(performance.timeOrigin + performance.now())

/**
 * HAProxy's live figures: of all frontends and backends, which costs HAProxy the same however many servers there are,
 * or of one backend and its servers. A backend that is not there has no figures.
 *
 * A connection outlives a reload, and then tells of the worker on its way out; so such an answer is asked for once more
 * on a new connection. `info.stopping` still says so where the old worker answers there as well.
 * @param runtime a connection of the caller's own: it may be closed here
 * @throws AgentError `runtime-unreachable`, `runtime-bad-reply`
 */
export async function readTraffic(
  runtime: Pick<Runtime, 'send' | 'reset'>,
  scope: TrafficScope,
  signal: AbortSignal,
): Promise<Traffic> {
  const traffic = await readOnce(runtime, scope, signal)
  if (!traffic.info.stopping) return traffic
  await runtime.reset()
  return readOnce(runtime, scope, signal)
}

async function readOnce(
  runtime: Pick<Runtime, 'send'>,
  scope: TrafficScope,
  signal: AbortSignal,
): Promise<Traffic> {
  const questions = ['show info', ...(canExist(scope) ? [statCommand(scope)] : [])]
  const [info = '', stat = noSuchProxy] = await runtime.send(questions, signal)
  return { atMs: clock(), info: parseProcessInfo(info), ...parseStat(stat, scope) }
}

const noSuchProxy = 'No such proxy.'

/** What HAProxy takes in a name (configuration manual, section 4); anything else would be another command. */
function canExist(scope: TrafficScope): boolean {
  return scope === 'backends' || /^[\w.:-]+$/.test(scope.backend)
}

/** `show stat <proxy> <types> <server>`; -1 stands for every one. */
function statCommand(scope: TrafficScope): string {
  if (scope === 'backends') return `show stat -1 ${types.frontend | types.backend} -1`
  return `show stat ${scope.backend} ${types.backend | types.server} -1`
}

/** Reads `show info`, drawn at `parseInfo`. */
export function parseProcessInfo(reply: string): ProcessInfo {
  const facts = infoFacts(reply)
  return {
    pid: infoNumber(facts, 'Pid'),
    version: infoText(facts, 'Version'),
    uptimeS: infoNumber(facts, 'Uptime_sec'),
    stopping: infoNumber(facts, 'Stopping') !== 0,
    threads: infoNumber(facts, 'Nbthread'),
    connections: infoNumber(facts, 'CurrConns'),
    connectionsMax: infoNumber(facts, 'Maxconn'),
    connectionsPerS: infoNumber(facts, 'ConnRate'),
    sessionsPerS: infoNumber(facts, 'SessRate'),
    requests: infoNumber(facts, 'CumReq'),
    idlePercent: infoNumber(facts, 'Idle_pct'),
  }
}

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

type ColumnName = (typeof columnNames)[number]

/** Where each column stands in this HAProxy's rows, and how many of a row's cells are worth looking for. */
type Columns = { readonly indexOf: ReadonlyMap<string, number>; readonly cells: number }

/**
 * One row of the reply. Cells are found once for each row and cut out when they are asked for: most are not, and a
 * thousand rows a second are to cost next to nothing.
 */
type Row = {
  readonly command: string
  readonly columns: Columns
  /** The reply; or a row that had quotes in it, with each quoted cell made plain. */
  text: string
  /** Where the cells begin; one behind the last as well, as if a cell began there. */
  readonly starts: number[]
}

/**
 * Reads `show stat`. Positions differ between versions, and cells are empty where a column means nothing for a row:
 *
 *     # pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,…
 *     http,FRONTEND,,,1,1,9974,1,131,332,…
 *     web.example,web.1.x8k2,0,0,0,1,,7,48,217,…
 *     web.example,BACKEND,0,0,0,1,998,7,48,217,…
 *
 * Where the backend asked for is not there, the reply is `No such proxy.`; or another's figures, because HAProxy takes
 * a name that begins with a number for one. Those are left out.
 */
export function parseStat(
  reply: string,
  scope: TrafficScope,
): Pick<Traffic, 'frontends' | 'backends' | 'servers'> {
  const frontends: FrontendFigures[] = []
  const backends: BackendFigures[] = []
  const servers: ServerFigures[] = []
  if (scope !== 'backends' && reply === noSuchProxy) return { frontends, backends, servers }
  const command = statCommand(scope)
  const headerEnd = endOfLine(reply, 0)
  const columns = findColumns(reply.slice(0, headerEnd), command)
  const row: Row = { command, columns, text: reply, starts: [] }
  for (let at = headerEnd + 1; at < reply.length; ) {
    const end = endOfLine(reply, at)
    if (end > at) {
      findCells(row, reply, at, end)
      if (scope === 'backends' || cell(row, 'pxname') === scope.backend) take(row)
    }
    at = end + 1
  }
  return { frontends, backends, servers }

  function take(found: Row): void {
    const type = cell(found, 'type')
    if (type === rowTypes.frontend) frontends.push(frontendOf(found))
    else if (type === rowTypes.backend) backends.push(backendOf(found))
    else if (type === rowTypes.server) servers.push(serverOf(found))
    else throw badRow(found)
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function findColumns(header: string, command: string): Columns {
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
function findCells(row: Row, reply: string, from: number, end: number): void {
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

function cell({ text, starts, columns }: Row, name: ColumnName): string {
  const index = columns.indexOf.get(name) ?? 0
  const [start, next] = [starts[index], starts[index + 1]]
  return start === undefined || next === undefined ? '' : text.slice(start, next - 1)
}

/** Undefined for an empty cell. */
function optionalNumber(row: Row, name: ColumnName): number | undefined {
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

function badRow({ command, text, starts }: Row): AgentError {
  const from = starts[0] ?? 0
  return badReply(command, text.slice(from, endOfLine(text, from)))
}

/** A column that means nothing for a row is empty, and counts for nothing. */
function number(row: Row, name: ColumnName): number {
  return optionalNumber(row, name) ?? 0
}

function responsesOf(row: Row): ResponseCounts {
  return {
    '1xx': number(row, 'hrsp_1xx'),
    '2xx': number(row, 'hrsp_2xx'),
    '3xx': number(row, 'hrsp_3xx'),
    '4xx': number(row, 'hrsp_4xx'),
    '5xx': number(row, 'hrsp_5xx'),
    other: number(row, 'hrsp_other'),
  }
}

function latencyOf(row: Row): Latency {
  return {
    queueMs: number(row, 'qtime'),
    connectMs: number(row, 'ctime'),
    responseMs: number(row, 'rtime'),
    totalMs: number(row, 'ttime'),
  }
}

function frontendOf(row: Row): FrontendFigures {
  return {
    name: cell(row, 'pxname'),
    status: cell(row, 'status'),
    sessions: number(row, 'scur'),
    requests: number(row, 'req_tot'),
    responses: responsesOf(row),
    bytesIn: number(row, 'bin'),
    bytesOut: number(row, 'bout'),
    sessionsMax: number(row, 'slim'),
  }
}

/** Written out, as is a server's: to put a thousand objects together from parts takes ten times as long. */
function backendOf(row: Row): BackendFigures {
  return {
    name: cell(row, 'pxname'),
    status: cell(row, 'status'),
    sessions: number(row, 'scur'),
    requests: number(row, 'req_tot'),
    responses: responsesOf(row),
    bytesIn: number(row, 'bin'),
    bytesOut: number(row, 'bout'),
    queued: number(row, 'qcur'),
    connectErrors: number(row, 'econ'),
    responseErrors: number(row, 'eresp'),
    retries: number(row, 'wretr'),
    redispatches: number(row, 'wredis'),
    latency: latencyOf(row),
    statusForS: number(row, 'lastchg'),
    serversUp: number(row, 'act'),
  }
}

/** HAProxy counts no requests of a server; each of its sessions is one request (`stot`). */
function serverOf(row: Row): ServerFigures {
  return {
    name: cell(row, 'svname'),
    status: cell(row, 'status'),
    sessions: number(row, 'scur'),
    requests: number(row, 'stot'),
    responses: responsesOf(row),
    bytesIn: number(row, 'bin'),
    bytesOut: number(row, 'bout'),
    queued: number(row, 'qcur'),
    connectErrors: number(row, 'econ'),
    responseErrors: number(row, 'eresp'),
    retries: number(row, 'wretr'),
    redispatches: number(row, 'wredis'),
    latency: latencyOf(row),
    statusForS: number(row, 'lastchg'),
    backend: cell(row, 'pxname'),
    address: cell(row, 'addr'),
    weight: number(row, 'weight'),
    check: checkOf(row),
  }
}

function checkOf(row: Row): CheckFigures | undefined {
  const status = cell(row, 'check_status')
  if (status === '') return undefined
  return {
    status,
    code: optionalNumber(row, 'check_code'),
    durationMs: optionalNumber(row, 'check_duration'),
    failures: number(row, 'chkfail'),
    downs: number(row, 'chkdown'),
  }
}
