// The page: wires the stream to the model, the model to the document, and keys to both.
// Refuses to keep anything but what was asked for: filter, order, how many rows.

import { isChanges, isEntry, isHead, isHello, isNews, isStatus } from './answers.js'
import { follow, getJson, heard } from './api.js'
import { byId, setText } from './dom.js'
import { closeExplanation, explain } from './explain-view.js'
import { refreshOpen, showRows } from './hosts-view.js'
import { nothing, rowsOf, seriesLength, sortKeys, withChanges, withoutChanges, withTraffic } from './model.js'
import { draw } from './plot.js'
import { showChanges, showProblems } from './side-view.js'
import { ageText, rateText } from './words.js'

/** Rows that are in the document at once: more than a screen, and few enough for a phone. */
const rowsStep = 100

/** A burst of changes asks for the status once. */
const statusPauseMs = 1000

let model = nothing
/** @type {import('./model.js').SortKey} */
let sort = 'health'
let rowsMax = rowsStep
let run = ''
/** @type {number | undefined} */
let statusTimer

const search = /** @type {HTMLInputElement} */ (byId('search'))

function showHosts() {
  if (model.status === undefined) return
  const rows = rowsOf(model, { filter: search.value, sort })
  const routes = new Map(model.status.backends.map(({ name, routes: keys }) => [name, keys]))
  showRows(rows.slice(0, rowsMax), routes)
  setText(byId('hosts-count'), countOf(rows.length, model.status.backends.length))
  byId('more').hidden = rows.length <= rowsMax
  byId('empty').hidden = rows.length > 0
  setText(byId('empty'), emptyText(model.status.backends.length))
  for (const button of document.querySelectorAll('th button')) {
    const header = button.closest('th')
    const isSorted = button.getAttribute('data-sort') === sort
    if (isSorted)
      header?.setAttribute('aria-sort', sort === 'host' || sort === 'health' ? 'ascending' : 'descending')
    else header?.removeAttribute('aria-sort')
  }
}

/** @param {number} shown @param {number} all */
const countOf = (shown, all) => (shown === all ? String(all) : `${shown} of ${all}`)

/** @param {number} all */
function emptyText(all) {
  if (all === 0) return 'No service is published. Label one with com.docker.lb.hosts and com.docker.lb.port.'
  return 'No host or service has this in its name. Enter asks why.'
}

function showFigures() {
  const { reading, total } = model
  setText(byId('requests'), rateText(total.requests.at(-1)))
  setText(byId('errors'), rateText(total.errors.at(-1)))
  byId('errors').classList.toggle('hot', (total.errors.at(-1) ?? 0) > 0)
  draw(byId('requests-plot'), total.requests, seriesLength)
  draw(byId('errors-plot'), total.errors, seriesLength)
  if (reading === undefined) return
  const { version, uptimeS, connections } = reading.info
  setText(byId('haproxy'), `${version.split('-')[0]}, up ${ageText(uptimeS)}, ${connections} connections`)
}

/** @param {string} state @param {string} text @param {string} [title] */
function showState(state, text, title = '') {
  const pill = byId('state')
  pill.dataset['state'] = state
  pill.title = title
  setText(pill, text)
}

/** @param {import('../status-head.ts').StatusHead} head */
function takeHead(head) {
  const { isReady, reasons, isSettled, servers, pendingReloadReasons } = head
  if (!isReady) showState('unready', reasons[0] ?? 'not ready', reasons.join('\n'))
  else if (pendingReloadReasons > 0) showState('moving', 'a reload is due')
  else if (!isSettled) showState('moving', 'changing')
  else showState('ready', 'in step with the engine')
  const { ready, maint, closing } = servers
  setText(
    byId('servers'),
    ready === ready + maint + closing ? String(ready) : `${ready} of ${ready + maint + closing}`,
  )
  setText(byId('reloads'), head.reloads.toLocaleString('en'))
  setText(byId('changes-count'), head.liveChanges.toLocaleString('en'))
  askStatus()
}

function askStatus() {
  if (statusTimer !== undefined) return
  statusTimer = setTimeout(loadStatus, model.status === undefined ? 0 : statusPauseMs)
}

async function loadStatus() {
  const answer = await getJson('/api/status', isStatus)
  statusTimer = undefined
  if ('error' in answer) return
  model = { ...model, status: answer.value }
  showProblems(answer.value.problems)
  showHosts()
}

/** @param {import('./answers.js').Hello} hello */
async function greet(hello) {
  if (hello.run !== run) model = withoutChanges(model)
  run = hello.run
  const answer = await getJson('/api/history?limit=50', isChanges)
  if ('error' in answer) return
  model = withChanges(model, answer.value.entries)
  showChanges(model.changes)
}

function watch() {
  follow(
    {
      hello: heard(isHello, greet),
      change: heard(isEntry, (entry) => {
        model = withChanges(model, [entry])
        showChanges(model.changes)
        askStatus()
      }),
      traffic: heard(isNews, (news) => {
        model = withTraffic(model, news)
        if (document.hidden) return
        showFigures()
        showHosts()
        void refreshOpen()
      }),
      status: heard(isHead, takeHead),
    },
    (isOpen) => {
      if (!isOpen) showState('lost', 'the agent does not answer', 'HAProxy goes on without it. Trying again.')
    },
  )
}

function sortBy(/** @type {import('./model.js').SortKey} */ key) {
  sort = key
  showHosts()
}

function listen() {
  search.addEventListener('input', () => {
    rowsMax = rowsStep
    showHosts()
  })
  byId('ask').addEventListener('submit', (event) => {
    event.preventDefault()
    if (search.value.trim() !== '') void explain(search.value.trim())
  })
  byId('show-more').addEventListener('click', () => {
    rowsMax += rowsStep
    showHosts()
  })
  for (const button of document.querySelectorAll('th button')) {
    button.addEventListener('click', () => {
      const key = sortKeys.find((each) => each === button.getAttribute('data-sort'))
      if (key !== undefined) sortBy(key)
    })
  }
  document.addEventListener('keydown', onKey)
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key === 'Escape') {
    closeExplanation()
    search.value = ''
    search.blur()
    showHosts()
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return
  const act = keys[event.key]
  if (act === undefined) return
  event.preventDefault()
  act()
}

/** @type {Readonly<Record<string, () => void>>} */
const keys = {
  '/': () => search.focus(),
  j: () => moveFocus(1),
  k: () => moveFocus(-1),
  s: () => sortBy(sortKeys[(sortKeys.indexOf(sort) + 1) % sortKeys.length] ?? 'health'),
  c: () => byId('changes-title').scrollIntoView({ block: 'start' }),
  d: turnTheme,
}

/** @param {1 | -1} by */
function moveFocus(by) {
  const buttons = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#rows .open'))]
  const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement))
  const next = at < 0 ? 0 : Math.min(buttons.length - 1, Math.max(0, at + by))
  buttons[next]?.focus()
}

function turnTheme() {
  const root = document.documentElement
  const isDark =
    root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  root.dataset['theme'] = isDark === 'dark' ? 'light' : 'dark'
}

listen()
watch()
