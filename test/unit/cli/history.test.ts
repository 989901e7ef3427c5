// `tidegate history`: what it asks the agent, and what it says where there is none.

import { expect, test } from 'vitest'
import type { CliPorts } from '../../../agent/cli/ports.ts'
import type { HistoryEntry } from '../../../agent/core/history.ts'
import { entries } from '../../golden/history-situations.ts'
import { tidegate } from './world.ts'

type Page = { readonly entries: readonly HistoryEntry[]; readonly lastSeq?: number; readonly missed?: number }

/** An agent that answers with a page of its history, and writes down what it was asked. */
function agent(page: Page, events: readonly (readonly [string, object])[] = []) {
  const asked: string[] = []
  const ports: Partial<CliPorts> = {
    askAgent: async (_, path) => {
      asked.push(path)
      return { status: 200, body: JSON.stringify({ run: 'r', lastSeq: 12, missed: 0, ...page }) }
    },
    followAgent: async (_, path) => {
      asked.push(path)
      return (async function* () {
        for (const [name, data] of events) yield { name, data: JSON.stringify(data) }
      })()
    },
  }
  return { asked, ports }
}

test('it lists the newest changes, and as many as are asked for', async () => {
  const { asked, ports } = agent({ entries })
  const { exitCode, stdout } = await tidegate(['history'], ports)
  expect(exitCode).toBe(0)
  expect(stdout.split('\n')[2]).toMatch(
    /^2026-11-24 18:22:06 {2}2 {3}live {7}2\.9 ms {3}shop: task 3 stops, task 7 runs$/,
  )
  await tidegate(['history', '--limit', '7'], ports)
  await tidegate(['history', '--since', '2h'], ports)
  expect(asked).toEqual(['/api/history?limit=20', '/api/history?limit=7', '/api/history?limit=1000'])
})

test('--since leaves out what is older', async () => {
  const now = new Date().toISOString()
  const [first, second] = entries
  if (first === undefined || second === undefined) return expect.unreachable()
  const { ports } = agent({ entries: [first, { ...second, at: now }] })
  const { stdout } = await tidegate(['history', '--since', '10m', '--json'], ports)
  expect(JSON.parse(stdout).entries).toEqual([{ ...second, at: now }])
})

test('one change is told in detail by its number', async () => {
  const { asked, ports } = agent({ entries: entries.slice(1, 2) })
  const { stdout } = await tidegate(['history', '2'], ports)
  expect(asked).toEqual(['/api/history?after=1&limit=1'])
  expect(stdout).toContain('  sent  set server shop.local/shop.7.x8k2 state ready\n')
  expect(JSON.parse((await tidegate(['history', '2', '--json'], ports)).stdout)).toEqual(entries[1])
})

test.for([
  ['is forgotten already', { entries: entries.slice(4, 5), missed: 2 }],
  ['is not there yet; the newest is 12', { entries: [] }],
] as const)('a change that %s is told as such', async ([what, page]) => {
  const { exitCode, stderr } = await tidegate(['history', '2'], agent(page).ports)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(`change 2 ${what}`)
})

test('-f goes on with what comes, and tells of a gap', async () => {
  const events = [
    ['hello', { run: 'r', lastSeq: 12 }],
    ['gap', { missed: 3 }],
    ['change', { ...entries[2], seq: 16 }],
  ] as const
  const { asked, ports } = agent({ entries: entries.slice(0, 1) }, events)
  const { stdout } = await tidegate(['history', '-f'], ports)
  expect(asked).toEqual(['/api/history?limit=20', '/api/stream?events=change&after=12'])
  expect(stdout.split('\n').map((line) => line.slice(0, 40))).toEqual([
    '2026-11-24 18:21:05  1      adopt      4',
    '... 3 changes missed',
    '2026-11-24 18:23:07  16     reload     1',
    '',
  ])
  const lines = (await tidegate(['history', '-f', '--json'], ports)).stdout.trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).seq)).toEqual([1, 16])
})

test('without an agent it says that only an agent remembers', async () => {
  const { exitCode, stderr } = await tidegate(['history'], { askAgent: async () => undefined })
  expect(exitCode).toBe(3)
  expect(stderr).toMatch(
    /no agent listens on \/run\/tidegate\/admin\.sock, and only a running agent remembers/,
  )
})

test.for([
  ['another version', { status: 404, body: '{}' }, /answered \/api\/history\?limit=20 with status 404/],
  ['nonsense', { status: 200, body: '{"entries":7}' }, /a history of another kind/],
] as const)('an agent that answers %s is told as such', async ([, answer, message]) => {
  const { exitCode, stderr } = await tidegate(['history'], { askAgent: async () => answer })
  expect(exitCode).toBe(3)
  expect(stderr).toMatch(message)
})

test.for([
  ['--since', '10', 'Add the unit: 10ms, 10s, 10m or 10h.'],
  ['--limit', '5000', 'The most is 1000.'],
  ['--limit', 'x', 'Write digits only.'],
] as const)('%s %s is a mistake in the call', async ([flag, text, cure]) => {
  const { exitCode, stderr } = await tidegate(['history', flag, text])
  expect(exitCode).toBe(2)
  expect(stderr).toContain(cure)
})
