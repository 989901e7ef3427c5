import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RuntimeCommand } from '../../../agent/haproxy/runtime.ts'
import { parseProcessInfo, parseStat, readTraffic } from '../../../agent/haproxy/stats.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/haproxy-replies')
const versions = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

/** A recorded reply as the runtime hands it on: without the prompt and the newlines before it. */
function recorded(version: string, name: string): string {
  return readFileSync(join(fixtures, version, `${name}.txt`), 'utf8').replace(/\n+> $/, '')
}

describe.each(versions)('replies of HAProxy %s', (version) => {
  test('frontends and backends come with what they counted', () => {
    const { frontends, backends, servers } = parseStat(recorded(version, 'show-stat-backends'), 'backends')
    expect(servers).toEqual([])
    expect(frontends.map(({ name, status, requests }) => ({ name, status, requests }))).toEqual([
      { name: 'http', status: 'OPEN', requests: 5 },
    ])
    expect(backends.map(({ name }) => name)).toEqual(['app', 'empty'])
    expect(backends[0]).toMatchObject({
      requests: 1,
      connectErrors: 1,
      retries: 3,
      responses: { '2xx': 0, '5xx': 1 },
      serversUp: 2,
    })
    expect(backends[1]).toMatchObject({
      requests: 4,
      sessions: 0,
      queued: 0,
      responses: { '2xx': 2, '5xx': 2 },
      status: 'UP',
      serversUp: 1,
    })
  })

  test('the servers of one backend come with their state and their check', () => {
    const scope = { backend: 'empty' }
    const { frontends, backends, servers } = parseStat(recorded(version, 'show-stat-servers'), scope)
    expect(frontends).toEqual([])
    expect(backends.map(({ name }) => name)).toEqual(['empty'])
    expect(servers.map(({ name, status }) => [name, status])).toEqual([
      ['busy', 'MAINT'],
      ['up', 'no check'],
      ['refusing', 'DOWN'],
    ])
    expect(servers[1]).toMatchObject({
      backend: 'empty',
      requests: 3,
      responses: { '2xx': 2, '5xx': 1 },
      weight: 100,
      check: undefined,
    })
    expect(servers[2]).toMatchObject({
      address: '127.0.0.1:1',
      check: { status: 'L4CON', code: undefined, downs: 1 },
    })
    expect(servers[2]?.check?.failures).toBeGreaterThan(0)
  })

  test('a backend that is not there has no figures', () => {
    expect(parseStat(recorded(version, 'show-stat-unknown'), { backend: 'nope' })).toEqual({
      frontends: [],
      backends: [],
      servers: [],
    })
  })

  test('the worker says who it is and how busy', () => {
    expect(parseProcessInfo(recorded(version, 'show-info-traffic'))).toMatchObject({
      pid: expect.any(Number),
      version: expect.stringContaining(version),
      stopping: false,
      threads: 2,
      uptimeS: expect.any(Number),
    })
    expect(parseProcessInfo(recorded(version, 'show-info-stopping')).stopping).toBe(true)
  })
})

const header = `# ${[
  ...['svname', 'pxname', 'last_chk', 'type', 'status', 'qcur', 'scur', 'slim', 'stot', 'req_tot'],
  ...['bin', 'bout', 'econ', 'eresp', 'wretr', 'wredis', 'weight', 'act', 'lastchg', 'chkfail', 'chkdown'],
  ...['check_status', 'check_code', 'check_duration', 'hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx'],
  ...['hrsp_5xx', 'hrsp_other', 'qtime', 'ctime', 'rtime', 'ttime', 'addr', ''],
].join(',')}`

describe('show stat', () => {
  const row = (pxname: string, lastCheck: string) =>
    `s1,${pxname},${lastCheck},2,UP,1,2,,3,,4,5,6,7,8,9,10,1,11,0,0,L7OK,200,3,0,1,0,0,2,0,1,2,3,4,[::1]:80,`

  test('columns are found by their names, wherever they stand', () => {
    expect(parseStat(`${header}\n${row('web', '')}`, { backend: 'web' }).servers).toEqual([
      {
        name: 's1',
        backend: 'web',
        status: 'UP',
        queued: 1,
        sessions: 2,
        requests: 3,
        bytesIn: 4,
        bytesOut: 5,
        connectErrors: 6,
        responseErrors: 7,
        retries: 8,
        redispatches: 9,
        weight: 10,
        statusForS: 11,
        responses: { '1xx': 0, '2xx': 1, '3xx': 0, '4xx': 0, '5xx': 2, other: 0 },
        latency: { queueMs: 1, connectMs: 2, responseMs: 3, totalMs: 4 },
        address: '[::1]:80',
        check: { status: 'L7OK', code: 200, durationMs: 3, failures: 0, downs: 0 },
      },
    ])
  })

  test('a comma or a quote in a cell moves no other cell', () => {
    const quoted = row('web', '"he said ""no"", twice"')
    expect(parseStat(`${header}\n${quoted}`, { backend: 'web' })).toEqual(
      parseStat(`${header}\n${row('web', '')}`, { backend: 'web' }),
    )
  })

  test('figures of another backend are left out: HAProxy takes a name that begins with a number for one', () => {
    expect(parseStat(`${header}\n${row('web', '')}`, { backend: '10.0.0.1' }).servers).toEqual([])
  })

  test.for([
    ['a refusal', 'Permission denied'],
    ['a header without a column', header.replace('req_tot', 'req')],
    ['a cell that is no number', `${header}\n${row('web', '').replace('2,UP,1', '2,UP,x')}`],
    ['a row of an unknown type', `${header}\n${row('web', '').replace(',2,UP', ',9,UP')}`],
  ] as const)('%s is refused', ([, reply]) => {
    expect(() => parseStat(reply, { backend: 'web' })).toThrow(
      'unexpected line in the reply to "show stat web 6 -1"',
    )
  })
})

describe('a reading', () => {
  const signal = AbortSignal.timeout(5000)

  test('a name that would be another command is not sent', async () => {
    const sent: string[] = []
    const runtime = {
      send: async (commands: readonly RuntimeCommand[]) => {
        sent.push(...commands.map((command) => (typeof command === 'string' ? command : command.line)))
        return [recorded('3.4.7', 'show-info-traffic')]
      },
      reset: async () => {},
    }
    const traffic = await readTraffic(runtime, { backend: 'a; shutdown frontend http' }, signal)
    expect(traffic.backends).toEqual([])
    expect(sent).toEqual(['show info'])
  })

  test('a worker on its way out is left for the one that follows it', async () => {
    const infos = [recorded('3.4.7', 'show-info-stopping'), recorded('3.4.7', 'show-info-traffic')]
    let resets = 0
    const runtime = {
      send: async () => [infos.shift() ?? '', recorded('3.4.7', 'show-stat-backends')],
      reset: async () => {
        resets += 1
      },
    }
    expect((await readTraffic(runtime, 'backends', signal)).info.stopping).toBe(false)
    expect(resets).toBe(1)
  })
})
