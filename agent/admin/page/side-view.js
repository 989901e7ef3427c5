// Problems with their cures, and the stream of changes.
// Owns the two lists. An entry's element stays while the entry does.

import { byId, el, setText } from './dom.js'
import { clockText, countText, durationText } from './words.js'

/**
 * @typedef {import('./model.js').Entry} Entry
 * @typedef {import('../../core/problem.ts').Problem} Problem
 */

/** More problems than this are one problem: of the Swarm. */
const problemsMax = 50

/** @param {readonly Problem[]} problems */
export function showProblems(problems) {
  byId('problems-panel').hidden = problems.length === 0
  setText(byId('problems-count'), String(problems.length))
  const rest = problems.length - problemsMax
  const lines = problems.slice(0, problemsMax).map(problemLine)
  if (rest > 0) lines.push(el('li', {}, `and ${countText(rest, 'more')}; in a terminal: tidegate check`))
  byId('problems').replaceChildren(...lines)
}

/** @param {Problem} problem */
function problemLine({ severity, service, label, found, expected, hint, code }) {
  return el(
    'li',
    {},
    el('p', {}, badge(severity, severity), el('strong', {}, service), label === undefined ? '' : ` ${label}`),
    el('p', { title: code }, `${found}; expected ${expected}.`),
    el('p', { class: 'cure' }, hint),
  )
}

/** @param {string} kind @param {string} text */
function badge(kind, text) {
  return el('span', { class: 'badge', 'data-kind': kind }, text)
}

/** By number and time: another life of the agent begins its numbers anew. @type {Map<string, HTMLElement>} */
let shown = new Map()

/**
 * The changes, newest first.
 * @param {readonly Entry[]} entries
 */
export function showChanges(entries) {
  const list = byId('changes')
  const before = shown
  shown = new Map(
    entries.map((entry) => [keyOf(entry), before.get(keyOf(entry)) ?? changeLine(entry, before.size > 0)]),
  )
  for (const [key, line] of before) if (!shown.has(key)) line.remove()
  let at = list.firstElementChild
  for (const line of shown.values()) {
    if (line === at) at = at.nextElementSibling
    else list.insertBefore(line, at)
  }
  byId('no-changes').hidden = entries.length > 0
}

/** @param {Entry} entry */
const keyOf = ({ seq, at }) => `${seq} ${at}`

/** @param {Entry} entry @param {boolean} isNew */
function changeLine(entry, isNew) {
  const { kind, cause, at, durationMs, reasons, commands, commandCount } = entry
  const took = durationMs === undefined ? '' : ` · ${durationText(durationMs)}`
  const line = el(
    'li',
    isNew ? { class: 'new' } : {},
    el(
      'p',
      {},
      el('time', { class: 'when', datetime: at }, `${clockText(at)}${took}`),
      badge(kind, kind),
      cause,
    ),
  )
  // A cause that says all of its one reason needs no second telling.
  const more = reasons.filter((reason) => !cause.includes(reason))
  for (const reason of more.slice(0, 5)) line.append(el('p', { class: 'cure' }, reason))
  if (commandCount > 0) {
    const rest = commandCount > commands.length ? `\n… and ${commandCount - commands.length} more` : ''
    line.append(
      el(
        'details',
        {},
        el('summary', {}, `${countText(commandCount, 'command')} on the runtime socket`),
        el('pre', {}, `${commands.join('\n')}${rest}`),
      ),
    )
  }
  return line
}
