import { describe, expect, it } from 'vitest'
import { delaysOf, spreadOf } from '../../../bench/churn/delays.ts'
import { parseOpenServers } from '../../../bench/churn/haproxy.ts'
import { namedIn, readLogLine } from '../../../bench/churn/log.ts'
import { note, type Seen } from '../../../bench/churn/observer.ts'

const header = '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight'

describe('parseOpenServers', () => {
  it('leaves out servers in maintenance and drain, and asks for no health', () => {
    const rows = [
      '3 web 1 web.1.a 10.0.0.1 2 0 1',
      '3 web 2 web.2.b 10.0.0.2 0 0 1',
      '3 web 3 web.3.c 10.0.0.3 2 1 1',
      '3 web 4 web.4.d 10.0.0.4 2 8 1',
      // The configuration had it disabled at first; it has long been opened.
      '3 web 5 web.5.e 10.0.0.5 2 4 1',
    ]
    const open = parseOpenServers(
      ['1', header, ...rows, '', '1', header, '4 shop 1 shop.1.f 10.0.0.6 2 0 1', ''].join('\n'),
    )
    expect([...open]).toEqual(['web.1.a', 'web.2.b', 'web.5.e', 'shop.1.f'])
  })
})

describe('readLogLine', () => {
  it('reads the agent’s lines and passes over everything else', () => {
    const text =
      '{"level":"info","time":"2026-11-24T10:00:00.250Z","actions":2,"changes":["open-server web.local/web.1.a","close-server web.local/web.2.b","add-route x"],"msg":"change applied live"}'
    const line = readLogLine(text)
    expect(line?.atMs).toBe(Date.UTC(2026, 10, 24, 10, 0, 0, 250))
    expect(line && namedIn(line)).toEqual([
      { server: 'web.1.a', is: 'open' },
      { server: 'web.2.b', is: 'closed' },
    ])
    expect(readLogLine('[NOTICE] Loading success.')).toBeUndefined()
  })
})

describe('note', () => {
  const told = new Map([
    ['open web.1.a', 100],
    ['closed web.1.a', 200],
  ])

  it('takes the time of the line that names a server, and its own where none does', () => {
    const seen = new Map<string, Seen>()
    note(seen, { before: new Set(), now: new Set(['web.1.a', 'web.2.b']), told, atMs: 103 })
    note(seen, { before: new Set(['web.1.a', 'web.2.b']), now: new Set(), told, atMs: 207 })
    expect([...seen]).toEqual([
      ['a', { openMs: 100, closedMs: 200 }],
      ['b', { openMs: 103, closedMs: 207 }],
    ])
  })

  it('counts the first opening and the closing after it', () => {
    const seen = new Map<string, Seen>([['a', { openMs: 1, closedMs: 2 }]])
    note(seen, { before: new Set(), now: new Set(['web.1.a']), told, atMs: 300 })
    note(seen, { before: new Set(['web.1.a']), now: new Set(), told, atMs: 400 })
    expect(seen.get('a')).toEqual({ openMs: 1, closedMs: 2 })
  })
})

describe('delaysOf', () => {
  const commits = [
    { id: 'a', is: 'running', atMs: 1000 },
    { id: 'b', is: 'running', atMs: 1000 },
    { id: 'c', is: 'running', atMs: 1000 },
    { id: 'a', is: 'stopping', atMs: 2000 },
  ] as const

  it('pairs commits and sightings by task, and counts what was never seen', () => {
    const seen = new Map<string, Seen>([
      ['a', { openMs: 1010, closedMs: 2003 }],
      ['b', { openMs: 1030 }],
    ])
    expect(delaysOf(commits, seen, 'running')).toEqual({ count: 2, p50: 10, p99: 30, max: 30, never: 1 })
    expect(delaysOf(commits, seen, 'stopping')).toEqual({ count: 1, p50: 3, p99: 3, max: 3, never: 0 })
  })

  it('has the 99th of a hundred stand for 99 %', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    expect(spreadOf(hundred)).toEqual({ count: 100, p50: 50, p99: 99, max: 100 })
  })
})
