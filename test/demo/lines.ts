// The demo's layout: each thing that happens as lines for a terminal, as wide as that is.
// Pure. Refuses to write them (screen.ts).

import type { Paint, Style } from '../../agent/cli/paint.ts'
import type { Problem } from '../../agent/core/problem.ts'
import type { Summary } from './judge.ts'
import type { Change, Evidence, Step, StepResult, Verdict } from './step.ts'
import { changeWords, counted, duration } from './words.ts'

export type Look = { readonly columns: number; readonly paint: Paint }

/** Where the columns of a step begin. */
const indent = '    '
const textAt = 21

const styles: { readonly [V in Verdict | 'problem']: Style } = {
  start: 'green',
  adopt: 'green',
  live: 'green',
  reload: 'yellow',
  nothing: 'dim',
  problem: 'red',
}

export function openingLines({ columns, paint }: Look): readonly string[] {
  const text =
    'A simulated Swarm of three nodes; a real HAProxy; the agent, with the settings of production; ' +
    'and 200 requests a second, every third a POST, half of them on new connections. ' +
    'Nothing leaves this machine. Times count from Swarm’s commit until HAProxy has it.'
  return [
    '',
    `${paint('bold', 'Tidegate')}  a tour in half a minute; Ctrl-C ends it`,
    '',
    ...wrap(text, columns).map((line) => paint('dim', line)),
  ]
}

export function headingLines(step: Step, number: number, { columns, paint }: Look): readonly string[] {
  const note = step.note === undefined ? [] : wrap(step.note, columns - indent.length)
  return [
    '',
    `${paint('bold', String(number).padStart(2))}  ${paint('bold', step.title)}`,
    ...step.commands.map((command) => `${indent}${command.startsWith(' ') ? '  ' : '$ '}${command}`),
    ...note.map((line) => indent + paint('dim', line)),
  ]
}

export function changeLines(change: Change, version: string, look: Look): readonly string[] {
  const { what, cost } = changeWords(change, version)
  const { sinceCommitMs, outcome } = change
  const time = sinceCommitMs === undefined ? '' : duration(sinceCommitMs)
  return row(outcome.kind, time, what, cost, look)
}

export function problemLines(problem: Problem, look: Look): readonly string[] {
  const { service, label, found, expected, hint } = problem
  return [
    ...row('problem', '', `${service}: ${label === undefined ? '' : `${label} is `}${found}`, '', look),
    ...row('', '', `expected ${expected}`, '', look),
    ...row('', '', hint, '', look),
  ]
}

function evidenceLines({ command, lines }: Evidence, { paint }: Look): readonly string[] {
  return [
    ...(command === undefined ? [] : [`${indent}$ ${command}`]),
    ...lines.map((line) => `${indent}  ${paint('dim', line)}`),
  ]
}

export function resultLines(result: StepResult, look: Look): readonly string[] {
  const { paint } = look
  const { step, traffic, faults, verdict, commands, evidence } = result
  const because = step.because === undefined ? '' : `: ${step.because}`
  const nothing = verdict === 'nothing' ? `${counted(commands, 'command')} to HAProxy${because}` : undefined
  const mark = faults.length === 0 ? paint('green', '✓') : paint('red', '✗')
  return [
    ...result.problems.flatMap((problem) => problemLines(problem, look)),
    ...(nothing === undefined ? [] : row('nothing', '', nothing, '', look)),
    ...(evidence === undefined ? [] : evidenceLines(evidence, look)),
    `${indent}${mark} ${trafficText(traffic.answered, traffic.failures.length, look)}`,
    ...faults.map((fault) => `${indent}  ${paint('red', fault)}`),
    ...traffic.failures.slice(0, 5).map(({ method, host, kept, what }) => {
      return `${indent}  ${method} ${host} on a ${kept ? 'kept' : 'new'} connection: ${what}`
    }),
  ]
}

/** What is shown while a step is under way. */
export function tickerLine(answered: number, failed: number, look: Look): string {
  return `${indent}${look.paint('dim', '·')} ${trafficText(answered, failed, look)}`
}

function trafficText(answered: number, failed: number, { paint }: Look): string {
  return `${counted(answered, 'request')} answered, ${paint(failed > 0 ? 'red' : 'green', `${failed} failed`)}`
}

/** The one line at the end. */
export function summaryLines(summary: Summary, { columns, paint }: Look): readonly string[] {
  const { ok, requests, reloads, liveChanges, faults } = summary
  const verdict = ok ? paint('green', '✓') : paint('red', '✗')
  const text = [
    `${counted(requests.answered, 'request')} answered, ${requests.failed} failed`,
    `${counted(reloads.made, 'reload')}, ${reloads.expected} expected`,
    counted(liveChanges, 'live change'),
  ].join(' · ')
  return [
    '',
    paint('dim', '─'.repeat(columns)),
    `${verdict} ${paint('bold', text)}`,
    ...faults.map((fault) => `  ${paint('red', fault)}`),
    '',
  ]
}

/** One thing that happened: its kind, its time, and what it was, wrapped under itself. */
function row(
  kind: Verdict | 'problem' | '',
  time: string,
  what: string,
  cost: string,
  { columns, paint }: Look,
): readonly string[] {
  const [first = '', ...others] = wrap(what, columns - textAt)
  const lead = `${indent}${kind === '' ? '        ' : paint(styles[kind], kind.padEnd(8))}${time.padStart(7)}  `
  const lines = [lead + first, ...others.map((line) => ' '.repeat(textAt) + line)]
  if (cost === '') return lines
  const used = textAt + (others.at(-1) ?? first).length
  if (used + 2 + cost.length > columns) return [...lines, ' '.repeat(textAt) + paint('dim', cost)]
  return [...lines.slice(0, -1), `${lines.at(-1)}  ${paint('dim', cost)}`]
}

/** Breaks a text at blanks. A word that is too long keeps a line of its own. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
