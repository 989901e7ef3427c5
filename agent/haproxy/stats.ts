// `show stat` and `show info`: what HAProxy counts and measures, as data.
// Owns their columns, found by name. Refuses to keep a reading: rates between two are the core's (core/rates.ts).

import type {
  BackendFigures,
  CheckFigures,
  Figures,
  FrontendFigures,
  ProcessInfo,
  ServerFigures,
  ServingFigures,
  Traffic,
  TrafficScope,
} from '../core/traffic.ts'
import { badReply, infoFacts, infoNumber, infoText, linesOf } from './replies.ts'
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

/** Where each column stands in this HAProxy's rows, and how many of a row's cells are worth cutting out. */
type Columns = { readonly indexOf: ReadonlyMap<string, number>; readonly cells: number }

type Row = {
  readonly command: string
  readonly text: string
  readonly cells: readonly string[]
  readonly columns: Columns
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
  const [header = '', ...lines] = linesOf(reply)
  const columns = findColumns(header, command)
  for (const text of lines) {
    if (text === '') continue
    const row = { command, text, cells: cellsOf(text, columns.cells), columns }
    if (scope !== 'backends' && cell(row, 'pxname') !== scope.backend) continue
    const type = cell(row, 'type')
    if (type === rowTypes.frontend) frontends.push(frontendOf(row))
    else if (type === rowTypes.backend) backends.push(backendOf(row))
    else if (type === rowTypes.server) servers.push(serverOf(row))
    else throw badReply(command, text)
  }
  return { frontends, backends, servers }
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

/** The first cells of a row. HAProxy quotes a cell with a comma or a quote in it, and doubles its quotes. */
function cellsOf(text: string, most: number): readonly string[] {
  if (!text.includes('"')) return text.split(',', most)
  const cells: string[] = []
  for (const [, quoted, bare] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)) {
    cells.push(quoted?.replaceAll('""', '"') ?? bare ?? '')
    if (cells.length === most) break
  }
  return cells
}

function cell({ cells, columns }: Row, name: ColumnName): string {
  return cells[columns.indexOf.get(name) ?? -1] ?? ''
}

function optionalNumber(row: Row, name: ColumnName): number | undefined {
  const text = cell(row, name)
  if (text === '') return undefined
  const value = Number(text)
  if (!Number.isInteger(value)) throw badReply(row.command, row.text)
  return value
}

/** A column that means nothing for a row is empty, and counts for nothing. */
function number(row: Row, name: ColumnName): number {
  return optionalNumber(row, name) ?? 0
}

function figuresOf(row: Row, name: string, requests: ColumnName): Figures {
  return {
    name,
    status: cell(row, 'status'),
    sessions: number(row, 'scur'),
    requests: number(row, requests),
    responses: {
      '1xx': number(row, 'hrsp_1xx'),
      '2xx': number(row, 'hrsp_2xx'),
      '3xx': number(row, 'hrsp_3xx'),
      '4xx': number(row, 'hrsp_4xx'),
      '5xx': number(row, 'hrsp_5xx'),
      other: number(row, 'hrsp_other'),
    },
    bytesIn: number(row, 'bin'),
    bytesOut: number(row, 'bout'),
  }
}

function servingOf(row: Row, name: string, requests: ColumnName): ServingFigures {
  return {
    ...figuresOf(row, name, requests),
    queued: number(row, 'qcur'),
    connectErrors: number(row, 'econ'),
    responseErrors: number(row, 'eresp'),
    retries: number(row, 'wretr'),
    redispatches: number(row, 'wredis'),
    latency: {
      queueMs: number(row, 'qtime'),
      connectMs: number(row, 'ctime'),
      responseMs: number(row, 'rtime'),
      totalMs: number(row, 'ttime'),
    },
    statusForS: number(row, 'lastchg'),
  }
}

function frontendOf(row: Row): FrontendFigures {
  return { ...figuresOf(row, cell(row, 'pxname'), 'req_tot'), sessionsMax: number(row, 'slim') }
}

function backendOf(row: Row): BackendFigures {
  return { ...servingOf(row, cell(row, 'pxname'), 'req_tot'), serversUp: number(row, 'act') }
}

/** HAProxy counts no requests of a server; each of its sessions is one request (`stot`). */
function serverOf(row: Row): ServerFigures {
  return {
    ...servingOf(row, cell(row, 'svname'), 'stot'),
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
