// docs/bounds.md against the code: every bound is where the table says, is seen as it says, and has its test.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const project = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(project, path), 'utf8')

const rows = read('docs/bounds.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| What') && !line.startsWith('| ---'))
  .map((line) => {
    const [what = '', bound = '', there = '', seenAs = '', heldIn = '', reachedBy = ''] = line
      .slice(2, -2)
      .split(' | ')
    return {
      what,
      there,
      name: /`(\w+)`[^`]*$/.exec(bound)?.[1] ?? '',
      metric: seenAs.slice(1, -1),
      heldIn,
      reachedBy,
    }
  })

const metrics = readdirSync(join(project, 'agent/admin'))
  .filter((file) => file.endsWith('metrics.ts'))
  .map((file) => read(`agent/admin/${file}`))
  .join('\n')

/** Limits on how much is told, not on what is kept. */
const ofAnAnswer = [
  'labelLength',
  'replyBytes',
  'diffRows',
  'metricBackends',
  'historyCommands',
  'historyReasons',
]

test('the table has the bounds that the code names', () => {
  expect(rows.length).toBeGreaterThanOrEqual(15)
  const limits = [...read('agent/core/settings.ts').matchAll(/^ {2}(\w+): [\d_* ]+,$/gm)].map(
    ([, name]) => name,
  )
  const told = new Set([...rows.map(({ name }) => name), ...ofAnAnswer])
  const untold = limits.filter((name) => !told.has(name ?? ''))
  expect(untold).toEqual([])
})

test.for(rows)('$what', ({ name, metric, heldIn, reachedBy, there }) => {
  expect(there).not.toBe('')
  expect(read(heldIn)).toContain(name)
  expect(metrics).toContain(`'${metric}'`)
  expect(read(reachedBy)).toMatch(/^(?:test|it|describe)\b/m)
})
