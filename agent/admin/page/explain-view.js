// The answer to "why is it (not) routed", below the search field.

import { isExplanation } from './answers.js'
import { getJson } from './api.js'
import { byId, el } from './dom.js'

/**
 * @typedef {import('../../core/explain/explanation.ts').Explanation} Explanation
 * @typedef {Explanation['ways'][number]} Way
 * @typedef {Explanation['reasons'][number]} Reason
 * @typedef {NonNullable<Explanation['tls']>[number]} TlsAnswer
 * @typedef {NonNullable<Explanation['redirects']>[number]} RedirectAnswer
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
  const { isServed, verdict, tls = [], redirects = [], ways, reasons } = answer.value
  panel.className = isServed ? 'served' : ''
  panel.replaceChildren(closeButton(), el('p', { class: 'verdict' }, verdict))
  if (reasons.length > 0) panel.append(el('ul', {}, ...reasons.map(reasonLine)))
  const notes = [...tls.map(tlsText), ...redirects.map(redirectText)]
  panel.append(...notes.map((text) => el('p', {}, text)), ...ways.map(wayLine))
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

/** @param {TlsAnswer} answer */
function tlsText({ hosts, does, certificate, isDefault, backend }) {
  const names = hosts.slice(0, 3).join(', ') + (hosts.length > 3 ? ` and ${hosts.length - 3} more` : '')
  if (does === 'pass') return `TLS for ${names} is passed through to backend ${backend ?? ''}.`
  if (does === 'refuse') return `TLS for ${names} is refused: there is no certificate.`
  const end = certificate?.notAfter === undefined ? '' : `, until ${certificate.notAfter.slice(0, 10)}`
  return `TLS for ${names}: ${isDefault ? 'the default certificate ' : ''}${certificate?.name ?? ''}${end}.`
}

/** @param {RedirectAnswer} answer */
function redirectText({ from, to, status }) {
  return from === 'http://'
    ? `Plain HTTP is sent to TLS (${status}).`
    : `${from} is sent to ${to} (${status}).`
}

/** @param {Way} way */
function wayLine({ routes, backend, services, servers, serversLeftOut, takingRequests }) {
  const rule = routes
    .map(
      ({ host, path, isPassedThrough }) =>
        `${isPassedThrough ? 'TLS passed through for ' : ''}${host}${path}`,
    )
    .join(', ')
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
