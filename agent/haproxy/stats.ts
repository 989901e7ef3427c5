// `show stat` and `show info`: what HAProxy counts and measures, as data.
// Owns what the columns mean; stat-rows.ts cuts the rows. Refuses to keep a reading: rates are the core's (core/rates.ts).

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
import { infoFacts, infoNumber, infoText } from './replies.ts'
import type { Runtime } from './runtime.ts'
import {
  badRow,
  cell,
  endOfLine,
  findCells,
  findColumns,
  number,
  optionalNumber,
  type Row,
} from './stat-rows.ts'

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
