// The answer to "why is it (not) routed", below the search field.

import { isExplanation } from './answers.js'
import { getJson } from './api.js'
import { byId, el } from './dom.js'

/**
 * @typedef {import('../../core/explain/explanation.ts').Explanation} Explanation
 * @typedef {Explanation['ways'][number]} Way
 * @typedef {Explanation['reasons'][number]} Reason
 */

/** @param {string} question a host, a URL or a service */
export async function explain(question) {
  const panel = byId('explanation')
  const answer = await getJson(`/api/explain?of=${encodeURIComponent(question)}`, isExplanation)
  panel.hidden = false
  if ('error' in answer) {
    panel.className = ''
    panel.replaceChildren(closeButton(), el('p', { class: 'verdict' }, answer.error))
    return
  }
  const { isServed, verdict, ways, reasons } = answer.value
  panel.className = isServed ? 'served' : ''
  panel.replaceChildren(closeButton(), el('p', { class: 'verdict' }, verdict))
  if (reasons.length > 0) panel.append(el('ul', {}, ...reasons.map(reasonLine)))
  panel.append(...ways.map(wayLine))
}

/** Takes the answer away. */
export function closeExplanation() {
  byId('explanation').hidden = true
}

function closeButton() {
  const button = el('button', { type: 'button', class: 'close' }, 'Close')
  button.addEventListener('click', closeExplanation)
  return button
}

/** @param {Reason} reason */
function reasonLine({ service, label, found, expected, cure }) {
  const who = [service, label].filter((text) => text !== undefined).join(' ')
  return el(
    'li',
    {},
    el('p', {}, `${who === '' ? '' : `${who}: `}${found}; expected ${expected}.`),
    el('p', { class: 'cure' }, cure),
  )
}

/** @param {Way} way */
function wayLine({ routes, backend, services, servers, serversLeftOut, takingRequests }) {
  const rule = routes.map(({ host, path }) => `${host}${path}`).join(', ')
  const names = services.map(({ name }) => name).join(', ')
  const total = servers.length + serversLeftOut
  const lines = servers.map(({ name, address, state, why }) =>
    el(
      'li',
      { class: 'mono' },
      el('span', { class: 'word', 'data-word': state === 'open' ? 'open' : 'closing' }, state),
      ` ${name} ${address}${why === undefined ? '' : ` (${why})`}`,
    ),
  )
  if (serversLeftOut > 0) lines.push(el('li', {}, `and ${serversLeftOut} more`))
  return el(
    'details',
    {},
    el('summary', {}, `${rule} → backend ${backend} (${names}): ${takingRequests} of ${total} take requests`),
    el('ul', {}, ...lines),
  )
}
