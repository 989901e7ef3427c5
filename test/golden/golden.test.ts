// Each situation's files, plan, commands and problems, byte for byte as a person has read them.
// GOLDEN_UPDATE=1 writes them instead (`npm run golden:update`); read the difference before you commit it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { parseSnapshot } from '../../agent/cli/snapshot-file.ts'
import { commandTexts } from '../../agent/core/commands.ts'
import { computeRouting } from '../../agent/core/desired.ts'
import { adopt } from '../../agent/core/observed.ts'
import { type Plan, planChanges } from '../../agent/core/plan.ts'
import { type Problem, problemText } from '../../agent/core/problem.ts'
import { fileNames } from '../../agent/core/settings.ts'
import {
  configSettings,
  observedFrom,
  planFacts,
  rendererFor,
  routingSettings,
  snapshot,
} from '../support/builders.ts'
import { type Situation, situations } from './situations.ts'

const casesDir = join(import.meta.dirname, 'cases')
const { GOLDEN_UPDATE: update } = env

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('')

/** A case's files by name. Snapshots are read back from their JSON, as the command line would. */
function filesOf({ before, after }: Situation): ReadonlyMap<string, string> {
  const snapshots = new Map([
    ...(before ? [['before.json', json(before)] as const] : []),
    ['snapshot.json', json(after)],
  ])
  const routingOf = (file: string) => {
    const text = snapshots.get(file)
    const read = text === undefined ? snapshot() : parseSnapshot(text, file)
    return computeRouting(read, routingSettings()).routing
  }
  const [running, desired] = [routingOf('before.json'), routingOf('snapshot.json')]
  const plan = planChanges(desired, adopt(observedFrom(running), running), planFacts())
  const actions = plan.kind === 'nothing' ? [] : plan.actions
  const rendered = rendererFor().render(desired)
  return new Map([
    ...snapshots,
    ['haproxy.cfg', rendered.get(fileNames.config) ?? ''],
    ['routes.map', rendered.get(fileNames.routes) ?? ''],
    ['plan.json', json(planData(plan))],
    ['commands.txt', lines(actions.flatMap((action) => commandTexts(action, configSettings())))],
    ['problems.txt', lines(desired.problems.map(problemLine))],
  ])
}

function planData(plan: Plan) {
  if (plan.kind === 'nothing') return { kind: plan.kind }
  return { kind: plan.kind, ...(plan.kind === 'reload' && { reasons: plan.reasons }), actions: plan.actions }
}

function problemLine(problem: Problem): string {
  return `${problem.severity} ${problem.code} ${problemText(problem)}`
}

function write(dir: string, files: ReadonlyMap<string, string>): void {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  for (const [file, text] of files) writeFileSync(join(dir, file), text)
}

test.for([...situations])('$name is as it was read', (situation) => {
  const dir = join(casesDir, situation.name)
  const files = filesOf(situation)
  if (update === '1') write(dir, files)
  expect(readdirSync(dir).sort()).toEqual([...files.keys()].sort())
  for (const [file, text] of files) expect(text, file).toBe(readFileSync(join(dir, file), 'utf8'))
})

test('every case is of a situation that there is', () => {
  expect(readdirSync(casesDir).sort()).toEqual(situations.map((situation) => situation.name).sort())
})
