// The table of hosts: one row for each backend, its servers below it when it is opened.
// Owns the rows' elements, which stay while their host does; figures are drawn where somebody can see them. Refuses to
// decide what is shown (model.js).

import { isServers } from './answers.js'
import { getJson } from './api.js'
import { byId, el, setText } from './dom.js'
import { hostText, seriesLength } from './model.js'
import { draw, newPlot } from './plot.js'
import { countText, rateText, shareText } from './words.js'

/**
 * @typedef {import('./model.js').Row} Row
 * @typedef {{ readonly line: HTMLElement, readonly parts: Readonly<Record<string, HTMLElement>>, readonly plot: SVGElement, detail: HTMLElement | undefined, strip: string, row: Row, isSeen: boolean }} Shown
 */

/** Beyond this many servers a strip says no more than their count. */
const stripMax = 24

/** @type {Map<string, Shown>} */
const shown = new Map()

/** A thousand rows are as many as somebody asked for; a screen holds forty. @type {Map<Element, Shown>} */
const byLine = new Map()
const eyes = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const each = byLine.get(target)
      if (each === undefined) continue
      each.isSeen = isIntersecting
      if (isIntersecting) update(each)
    }
  },
  { rootMargin: '50%' },
)

/** @type {ReadonlyMap<string, readonly string[]>} */
let routesByName = new Map()

/**
 * Shows rows in order, with as little change to the document as there can be.
 * @param {readonly Row[]} rows
 * @param {ReadonlyMap<string, readonly string[]>} routes of each backend
 */
export function showRows(rows, routes) {
  routesByName = routes
  const body = byId('rows')
  const names = new Set(rows.map(({ name }) => name))
  for (const [name, { line, detail }] of shown) {
    if (names.has(name)) continue
    line.remove()
    detail?.remove()
    if (routes.has(name)) continue
    shown.delete(name)
    byLine.delete(line)
    eyes.unobserve(line)
  }
  let at = body.firstElementChild
  for (const row of rows) {
    const each = shown.get(row.name) ?? create(row)
    each.row = row
    if (each.isSeen || !each.line.isConnected) update(each)
    for (const element of [each.line, each.detail]) {
      if (element === undefined) continue
      if (element === at) at = at.nextElementSibling
      else body.insertBefore(element, at)
    }
  }
}

/** Looks again at the servers of the hosts that are open. */
export async function refreshOpen() {
  const open = [...shown].filter(([, { detail }]) => detail?.isConnected === true)
  await Promise.all(open.map(([name, each]) => fillDetail(name, each)))
}

/** @param {Row} row @returns {Shown} */
function create(row) {
  const { name } = row
  const parts = {
    host: el('button', { type: 'button', class: 'open', 'aria-expanded': 'false' }),
    service: el('td', { class: 'service' }),
    strip: el('div', { class: 'strip' }),
    requests: el('td', { class: 'number' }),
    errors: el('td', { class: 'number' }),
    latency: el('td', { class: 'number latency' }),
  }
  const plot = newPlot()
  const line = el('tr', { class: 'row' }, el('td', {}, parts.host), parts.service, el('td', {}, parts.strip))
  line.append(el('td', { class: 'plotted' }, plot), parts.requests, parts.errors, parts.latency)
  /** @type {Shown} */
  const each = { line, parts, plot, detail: undefined, strip: '', row, isSeen: false }
  line.addEventListener('click', () => toggle(name, each))
  shown.set(name, each)
  byLine.set(line, each)
  eyes.observe(line)
  return each
}

/** @param {Shown} each */
function update(each) {
  const { line, parts, plot, row } = each
  line.className = `row ${row.look}`
  const others = row.routes > 1 ? ` +${row.routes - 1}` : ''
  set(parts, 'host', `${row.host}${others}`)
  set(parts, 'service', row.services.join(', '))
  set(parts, 'requests', rateText(row.flow?.rates?.requests))
  set(parts, 'errors', shareText(row.flow?.rates?.errorShare))
  parts['errors']?.classList.toggle('hot', (row.flow?.rates?.errorShare ?? 0) >= 0.01)
  const latencyMs = row.flow?.latency.totalMs
  set(parts, 'latency', latencyMs === undefined || latencyMs === 0 ? '' : String(Math.round(latencyMs)))
  draw(plot, row.series, seriesLength)
  updateStrip(each, row)
}

/** @param {Shown['parts']} parts @param {string} name @param {string} text */
function set(parts, name, text) {
  const part = parts[name]
  if (part !== undefined) setText(part, text)
}

/** @param {Shown} each @param {Row} row */
function updateStrip(each, { servers, health }) {
  const counts = Object.entries(servers).filter(([, number]) => number > 0)
  const total = counts.reduce((sum, [, number]) => sum + number, 0)
  const strip = `${health} ${JSON.stringify(servers)}`
  if (strip === each.strip) return
  each.strip = strip
  const marks =
    total > stripMax
      ? []
      : counts.flatMap(([state, number]) => Array.from({ length: number }, () => el('i', { class: state })))
  const said = counts.map(([state, number]) => `${number} ${state}`).join(', ')
  const word = health === 'up' ? '' : ` ${health}`
  each.parts['strip']?.replaceChildren(
    ...marks,
    el('span', { class: 'of', title: said }, `${servers.up}/${total}${word}`),
  )
}

/** @param {string} name @param {Shown} each */
function toggle(name, each) {
  const isOpen = each.detail !== undefined
  each.parts['host']?.setAttribute('aria-expanded', String(!isOpen))
  if (each.detail !== undefined) {
    each.detail.remove()
    each.detail = undefined
    return
  }
  each.detail = el(
    'tr',
    { class: 'detail' },
    el('td', { colspan: '7' }, el('p', { class: 'empty' }, 'Asking HAProxy…')),
  )
  each.line.after(each.detail)
  void fillDetail(name, each)
}

/** @param {string} name @param {Shown} each */
async function fillDetail(name, each) {
  const { detail } = each
  const cell = detail?.firstElementChild
  if (detail === undefined || cell === null || cell === undefined) return
  const answer = await getJson(`/api/backends/${encodeURIComponent(name)}`, isServers)
  if ('error' in answer) cell.replaceChildren(el('p', { class: 'empty' }, answer.error))
  else cell.replaceChildren(routesLine(name), serversTable(answer.value))
}

/** @param {string} name */
function routesLine(name) {
  const routes = routesByName.get(name) ?? []
  const text = routes.map(hostText).slice(0, 20).join(', ')
  const rest = routes.length > 20 ? ` and ${countText(routes.length - 20, 'more')}` : ''
  return el('p', { class: 'routes' }, `Backend ${name}: ${text}${rest}`)
}

/** @param {import('./answers.js').Servers} answer */
function serversTable({ servers }) {
  const head = ['Server', 'Address', 'HAProxy says', 'Sessions', 'req/s', 'Errors', 'ms']
  const rows = servers.map((server) =>
    el(
      'tr',
      {},
      el('td', { class: 'mono' }, server.name),
      el('td', { class: 'mono wide' }, server.address),
      el('td', { class: 'word', 'data-word': wordOf(server.status) }, server.status),
      el('td', { class: 'number' }, String(server.sessions)),
      el('td', { class: 'number' }, rateText(server.rates?.requests)),
      el('td', { class: 'number' }, shareText(server.rates?.errorShare)),
      el('td', { class: 'number wide' }, server.latency.totalMs === 0 ? '' : String(server.latency.totalMs)),
    ),
  )
  const numbers = new Set([3, 4, 5, 6])
  const cells = head.map((text, index) =>
    el(
      'th',
      {
        scope: 'col',
        class: `${numbers.has(index) ? 'number' : ''} ${[1, 6].includes(index) ? 'wide' : ''}`,
      },
      text,
    ),
  )
  return el('table', {}, el('thead', {}, el('tr', {}, ...cells)), el('tbody', {}, ...rows))
}

/** @param {string} status */
function wordOf(status) {
  if (status.startsWith('DOWN')) return 'down'
  if (status.startsWith('MAINT')) return 'maint'
  return status.startsWith('DRAIN') ? 'closing' : 'open'
}
