// The demo as its users run it: as a program of its own, for its exit status and its JSON, and for what it leaves behind.
// Also its judge, case by case: a demo that cannot fail would show nothing.

import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Outcome } from '../../agent/reconcile/ports.ts'
import { runDemo } from '../demo/demo.ts'
import { faultsOf, summaryOf, verdictOf } from '../demo/judge.ts'
import type { Expectation, Measured, Step } from '../demo/step.ts'
import { steps } from '../demo/steps.ts'
import { tempDir } from '../support/temp-dir.ts'

const summarySchema = z.object({
  ok: z.boolean(),
  requests: z.object({ answered: z.number(), failed: z.number() }),
  reloads: z.object({ made: z.number(), expected: z.number() }),
  faults: z.array(z.string()),
  steps: z.array(
    z.object({
      title: z.string(),
      outcome: z.string(),
      expected: z.string(),
      reloads: z.number(),
      runtimeCommands: z.number(),
      problems: z.array(z.string()),
      requests: z.object({ answered: z.number(), failed: z.number() }),
    }),
  ),
})

/** Starts the demo with `folder` for its temporary files. */
function startDemo(folder: string, ...flags: readonly string[]) {
  const main = join(import.meta.dirname, '../demo/main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...flags], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const status = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ended = Promise.all([status, text(child.stdout), text(child.stderr)])
  return { child, ended: ended.then(([code, stdout, stderr]) => ({ code, stdout, stderr })) }
}

/** Files in the folder (but tsx's cache), and processes that were started with its name. */
async function leftIn(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  const files = (await readdir(folder)).filter((name) => !name.startsWith('tsx-'))
  return [...files, ...lines.filter((line) => line.includes(folder))]
}

describe('the demo', () => {
  it('goes as it should from the first step to the last, tells so as JSON, and leaves nothing behind', async () => {
    await using dir = await tempDir()
    const { code, stdout, stderr } = await startDemo(dir.path, '--json', '--fast').ended
    expect(stderr).toBe('')
    const summary = summarySchema.parse(JSON.parse(stdout))
    expect(summary).toMatchObject({ ok: true, reloads: { made: 3, expected: 3 }, requests: { failed: 0 } })
    expect(summary.faults).toEqual([])
    expect(code).toBe(0)
    expect(summary.steps.map((step) => step.title)).toEqual(steps.map((step) => step.title))
    for (const step of summary.steps) {
      expect(step.outcome).toBe(step.expected)
      expect(step.requests.answered).toBeGreaterThan(0)
      if (step.expected === 'nothing') expect(step.runtimeCommands).toBe(0)
    }
    const answered = summary.steps.reduce((sum, step) => sum + step.requests.answered, 0)
    expect(summary.requests.answered).toBe(answered)
    expect(await leftIn(dir.path)).toEqual([])
  })

  it('cleans up when it is interrupted in the middle', async () => {
    await using dir = await tempDir()
    const demo = startDemo(dir.path, '--fast')
    let seen = ''
    demo.child.stdout.on('data', (chunk: Buffer) => {
      seen += String(chunk)
      if (seen.includes('requests answered')) demo.child.kill('SIGINT')
    })
    const { code, stderr } = await demo.ended
    expect(stderr).toBe('demo: ended by SIGINT\n')
    expect(code).toBe(130)
    expect(await leftIn(dir.path)).toEqual([])
  })

  it.for([
    ['--nope', "unknown option '--nope'"],
    ['more', 'too many arguments'],
  ])(
    'refuses the argument %s, and says how to learn the right ones',
    async ([argument = '', message = '']) => {
      await using dir = await tempDir()
      const { code, stdout, stderr } = await startDemo(dir.path, argument).ended
      expect(code).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toContain(message)
      expect(stderr).toContain('--help')
    },
  )

  it('ends with status 1, and names the step, where a step does not come to what was expected', async () => {
    const [first] = steps
    const wrong: readonly Step[] =
      first === undefined ? [] : [{ ...first, expect: { verdict: 'reload', reloads: 1 } }]
    let written = ''
    const status = await runDemo({
      flags: { fast: true, json: true, keep: false },
      write: (more) => {
        written += more
      },
      terminal: { isTerminal: false, columns: undefined },
      env: {},
      signal: AbortSignal.timeout(30_000),
      steps: wrong,
    })
    expect(status).toBe(1)
    const summary = summarySchema.parse(JSON.parse(written))
    expect(summary.faults).toEqual([
      `${first?.title}: expected reload, and it was start`,
      `${first?.title}: expected 1 reload, and there were 0 reloads`,
    ])
  })
})

const counts = { atMs: 0, durationMs: 1, backends: 1, servers: 1 }
const opened: Outcome = {
  ...counts,
  kind: 'live',
  actions: [{ kind: 'open-server', backend: 'shop.local', server: 'shop.1.x' }],
}
const reloaded: Outcome = { ...counts, kind: 'reload', reasons: [] }

function measured(
  given: Partial<Omit<Measured, 'changes'>> & { readonly outcomes?: readonly Outcome[] },
): Measured {
  const { outcomes = [], ...rest } = given
  return {
    changes: outcomes.map((outcome) => ({ outcome, sinceCommitMs: undefined })),
    problems: [],
    reloads: 0,
    commands: 0,
    traffic: { answered: 100, failures: [] },
    evidence: undefined,
    troubles: [],
    ...rest,
  }
}

const failure = { host: 'shop.local', method: 'GET', kept: true, atMs: 0, what: '503' }
const problem = {
  code: 'port-invalid',
  severity: 'error',
  serviceId: 'id-wiki',
  service: 'wiki',
  found: '"80a"',
  expected: 'a port',
  hint: 'Write digits.',
} as const

describe('the judge of the demo', () => {
  it.for<readonly [string, Expectation, Measured, readonly string[]]>([
    ['a live change', { verdict: 'live', reloads: 0 }, measured({ outcomes: [opened], commands: 1 }), []],
    ['nothing at all', { verdict: 'nothing', reloads: 0 }, measured({}), []],
    [
      'a problem that was to come',
      { verdict: 'nothing', reloads: 0, problems: ['port-invalid'] },
      measured({ problems: [problem] }),
      [],
    ],
    [
      'a reload where a live change was expected',
      { verdict: 'live', reloads: 0 },
      measured({ outcomes: [opened, reloaded], reloads: 1 }),
      ['expected live, and it was reload', 'expected 0 reloads, and there was 1 reload'],
    ],
    [
      'one reload too many',
      { verdict: 'reload', reloads: 1 },
      measured({ outcomes: [reloaded, reloaded], reloads: 2 }),
      ['expected 1 reload, and there were 2 reloads'],
    ],
    [
      'commands where nothing was to be done',
      { verdict: 'nothing', reloads: 0 },
      measured({ commands: 2 }),
      ['nothing was to be done, and 2 commands were sent to HAProxy'],
    ],
    [
      'a problem that nobody expected',
      { verdict: 'live', reloads: 0 },
      measured({ outcomes: [opened], problems: [problem] }),
      ['expected no problem, and found port-invalid'],
    ],
    [
      'a failed request',
      { verdict: 'live', reloads: 0 },
      measured({ outcomes: [opened], traffic: { answered: 99, failures: [failure] } }),
      ['1 request failed'],
    ],
    [
      'no traffic',
      { verdict: 'live', reloads: 0 },
      measured({ outcomes: [opened], traffic: { answered: 0, failures: [] } }),
      ['no request was answered'],
    ],
    [
      'trouble that the agent told of',
      { verdict: 'live', reloads: 0 },
      measured({ outcomes: [opened], troubles: ['the engine does not answer'] }),
      ['the engine does not answer'],
    ],
  ])('judges %s', ([, expectation, what, faults]) => {
    expect(faultsOf(expectation, what)).toEqual(faults)
  })

  it('finds a tour that was cut short at fault, and one without steps', () => {
    const what = measured({ outcomes: [opened] })
    const step: Step = {
      title: 'Scale up',
      commands: [],
      act: () => {},
      expect: { verdict: 'live', reloads: 0 },
    }
    const result = { ...what, step, verdict: verdictOf(what), faults: [] }
    const whole = { results: [result], durationMs: 1, broken: undefined }
    expect(summaryOf(whole).ok).toBe(true)
    expect(summaryOf({ ...whole, broken: 'Scale down: too late' })).toMatchObject({
      ok: false,
      faults: ['Scale down: too late'],
    })
    expect(summaryOf({ ...whole, results: [] }).ok).toBe(false)
  })
})
