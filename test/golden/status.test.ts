// The state as `tidegate status` shows it, byte for byte as one has read it.
// GOLDEN_UPDATE=1 writes them instead (`npm run golden:update`); read the difference before you commit it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { textOfLines } from '../../agent/cli/paint.ts'
import { parseStatus } from '../../agent/cli/status-answer.ts'
import { shown, statusSituations } from './status-situations.ts'

const dir = join(import.meta.dirname, 'cli/status')
const { GOLDEN_UPDATE: update } = env
const texts = new Map(
  statusSituations.map((situation) => {
    const asked = situation.asked === undefined ? '' : ` ${situation.asked}`
    return [`${situation.name}.txt`, `$ tidegate status${asked}\n${textOfLines(shown(situation))}`]
  }),
)

if (update === '1') {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  for (const [file, text] of texts) writeFileSync(join(dir, file), text)
}

test.for([...texts])('%s is as it was read', ([file, text]) => {
  expect(text).toBe(readFileSync(join(dir, file), 'utf8'))
})

test('every file is of a situation that there is', () => {
  expect(readdirSync(dir).sort()).toEqual([...texts.keys()].sort())
  expect(texts.size).toBe(statusSituations.length)
})

test('a view goes through JSON unharmed, as from a running agent', () => {
  for (const { view } of statusSituations) expect(parseStatus(JSON.stringify(view))).toEqual(view)
})
