// The view of the state in words and a table.
// Pure. Refuses to gather (status.ts) and to choose (status-filter.ts).

import { problemText } from '../core/problem.ts'
import { type BackendView, healths, type ServerCounts, type StatusView } from '../core/status-view.ts'
import { compareText, quote } from '../core/text.ts'
import type { ServerFigures } from '../core/traffic.ts'
import { alignFigures, durationText, secondsText, shortNumber } from './figures-text.ts'
import { count, type Paint, type Style } from './paint.ts'
import { routesText, routeText } from './route-text.ts'

/** How much a person is shown at once on a terminal. */
const shownMax = { backends: 30, problems: 10, servers: 60 } as const

/** A view as old as this says little about now. */
const staleMsMax = 30_000

/** A backend's servers, as HAProxy has them. */
export type BackendServers = { readonly backend: string; readonly servers: readonly ServerFigures[] }

export type StatusTextOptions = {
  /** Of backends that are shown with their servers; undefined where none is. */
  readonly servers: readonly BackendServers[] | undefined
  readonly isBounded: boolean
  readonly paint: Paint
}

/** The state in a few lines, a table of backends with those first that are amiss, their servers if asked for, problems. */
export function statusLines(view: StatusView, options: StatusTextOptions): readonly string[] {
  const { paint, servers } = options
  const sections = [
    [
      haproxyLine(view, paint),
      ...stateLines(view, paint),
      totalsLine(view),
      ...certificateLines(view, paint),
    ],
    backendLines(view.backends, options),
    ...(servers ?? []).map((each) => serverLines(each, view, options)),
    problemLines(view, options),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

/** What is said where nothing has that name. */
export function nothingFound(text: string): readonly string[] {
  return [`nothing here is called ${quote(text)}; why, says: tidegate explain ${text}`]
}

function haproxyLine({ haproxy }: StatusView, paint: Paint): string {
  if (haproxy === undefined) return paint('red', 'HAProxy does not answer')
  const { version, pid, uptimeS, connections, connectionsMax, isStopping } = haproxy
  const facts = [
    `HAProxy ${version}`,
    `worker ${pid}`,
    ...(isStopping ? ['on its way out'] : []),
    ...(uptimeS === undefined ? [] : [`up ${durationText(uptimeS)}`]),
    ...(connections === undefined ? [] : [`${connections} of ${connectionsMax} connections`]),
  ]
  return paint('bold', facts.join(', '))
}

function stateLines(view: StatusView, paint: Paint): readonly string[] {
  const { toldBy, loop } = view
  if (loop === undefined) {
    const source = toldBy === 'haproxy' ? 'HAProxy alone: services are not known' : 'the engine and HAProxy'
    return [paint('yellow', `no agent answers; told by ${source}`)]
  }
  const { trouble, pendingReload, awaited, isSettled, counters } = loop
  const [reason, ...others] = pendingReload
  const more = others.length === 0 ? '' : ` and ${count(others.length, 'more reason')}`
  return [
    ...(trouble === undefined
      ? []
      : [paint('red', `in trouble: ${trouble.message}`), paint('dim', `hint: ${trouble.hint}`)]),
    ...(reason === undefined ? [] : [paint('yellow', `a reload is pending: ${reason}${more}`)]),
    ...(awaited === 0
      ? []
      : [paint('yellow', `${count(awaited, 'server')} out of rotation until connections are accepted`)]),
    ...(isSettled ? [`${paint('green', 'settled')}: HAProxy runs what the engine says`] : []),
    ...(isSettled || trouble !== undefined || reason !== undefined
      ? []
      : [paint('yellow', 'a change is under way')]),
    engineLine(view, paint),
    `${count(counters.liveChanges, 'live change')}, ${count(counters.reloads, 'reload')}, ${count(counters.drifts, 'drift')}, ${count(counters.failures, 'failure')}`,
  ]
}

function engineLine({ engine }: StatusView, paint: Paint): string {
  if (engine?.staleMs === undefined) return paint('yellow', 'the engine has not answered yet')
  const { staleMs, trouble, isHeldBack } = engine
  const seen = `the engine was last seen ${secondsText(staleMs)} ago`
  if (isHeldBack) return paint('yellow', `${seen}; what it says is not believed yet, as it lacks things`)
  if (trouble !== undefined) return paint('yellow', `${seen} (${trouble}); the last routing stands`)
  return staleMs > staleMsMax ? paint('yellow', seen) : seen
}

function totalsLine({ services, routes, servers, backends }: StatusView): string {
  const { up } = servers
  const all = Object.values(servers).reduce((sum, part) => sum + part, 0)
  const known = services === 0 ? [] : [count(services, 'service')]
  return [
    ...known,
    count(backends.length, 'backend'),
    count(routes, 'route'),
    `${count(all, 'server')}${all === up ? '' : `: ${countsText(servers)}`}`,
  ].join(', ')
}

function certificateLines({ certificates }: StatusView, paint: Paint): readonly string[] {
  if (certificates === undefined) return []
  const { nearest } = certificates
  if (nearest === undefined) return ['no certificate: each TLS handshake is refused or passed through']
  const { file, notAfter, validity } = nearest
  const ends = `${validity === 'expired' ? 'ended' : 'ends'} on ${notAfter.slice(0, 10)}`
  const told = `${count(certificates.count, 'certificate')}; the first to end is ${file}, which ${ends}`
  return [validity === 'good' ? told : paint(validity === 'expired' ? 'red' : 'yellow', told)]
}

const styles: Readonly<Record<BackendView['health'], Style | undefined>> = {
  down: 'red',
  missing: 'red',
  degraded: 'yellow',
  empty: 'yellow',
  leaving: 'dim',
  up: undefined,
}

function backendLines(
  backends: readonly BackendView[],
  { isBounded, paint }: StatusTextOptions,
): readonly string[] {
  if (backends.length === 0) return []
  const ranked = healths.flatMap((health) => backends.filter((backend) => backend.health === health))
  const shown = isBounded ? ranked.slice(0, shownMax.backends) : ranked
  const isRated = shown.some(({ figures }) => figures?.requestsPerS !== undefined)
  const head = [
    'ROUTE',
    'SERVICE',
    'SERVERS',
    'SESSIONS',
    'QUEUED',
    ...(isRated ? ['REQ/S'] : []),
    'REQUESTS',
    '5XX',
    'RESPONSE',
  ]
  const [title = '', ...lines] = alignFigures(
    [head, ...shown.map((backend) => backendRow(backend, isRated))],
    3,
  )
  const painted = lines.map((line, index) => painting(styles[shown[index]?.health ?? 'up'], line, paint))
  return [paint('dim', title), ...painted, ...moreLines(ranked.slice(shown.length))]
}

function painting(style: Style | undefined, line: string, paint: Paint): string {
  return style === undefined ? line : paint(style, line)
}

function backendRow(backend: BackendView, isRated: boolean): readonly string[] {
  const { routes, services, figures, name } = backend
  const route = routes.length === 0 ? name : routesText(routes)
  const cells = [route, servicesText(services), healthText(backend)]
  if (figures === undefined) return cells
  const { sessions, queued, requests, errors, responseMs, requestsPerS } = figures
  const rate = isRated ? [requestsPerS === undefined ? '-' : shortNumber(requestsPerS)] : []
  return [...cells, `${sessions}`, `${queued}`, ...rate, `${requests}`, `${errors}`, `${responseMs} ms`]
}

function servicesText(services: BackendView['services']): string {
  const [first, ...others] = services
  if (first === undefined) return '-'
  const mode = first.mode === 'vip' ? ' (vip)' : ''
  return `${first.name}${mode}${others.length === 0 ? '' : ` +${others.length}`}`
}

function healthText({ health, servers }: BackendView): string {
  switch (health) {
    case 'missing':
      return 'not in HAProxy yet'
    case 'empty':
      return servers.closing === 0 ? 'none' : countsText(servers)
    case 'leaving':
      return `leaving: ${countsText(servers)}`
    case 'up':
    case 'degraded':
    case 'down':
      return countsText(servers)
  }
}

/** `2 up, 1 down`; where none is up, that comes first. */
function countsText(servers: ServerCounts): string {
  const others = (['down', 'waiting', 'closing', 'drained'] as const).filter((kind) => servers[kind] > 0)
  return [`${servers.up} up`, ...others.map((kind) => `${servers[kind]} ${kind}`)].join(', ')
}

function moreLines(rest: readonly BackendView[]): readonly string[] {
  if (rest.length === 0) return []
  const amiss = rest.filter(({ health }) => health !== 'up').length
  return [
    `... and ${rest.length} more, ${amiss === 0 ? 'all up' : `${amiss} of them not up`}; --all lists them`,
  ]
}

function serverLines(
  { backend, servers }: BackendServers,
  view: StatusView,
  options: StatusTextOptions,
): readonly string[] {
  const { isBounded, paint } = options
  const shown = isBounded ? servers.slice(0, shownMax.servers) : servers
  if (shown.length === 0) return []
  const routes = view.backends.find(({ name }) => name === backend)?.routes ?? []
  const head = ['SERVER', 'ADDRESS', 'STATE', 'FOR', 'SESSIONS', 'REQUESTS', '5XX', 'RESPONSE']
  const [title = '', ...lines] = alignFigures([head, ...shown.map(serverRow)], 3)
  const painted = lines.map((line, index) => painting(serverStyle(shown[index]), line, paint))
  const rest = servers.length - shown.length
  const more = rest === 0 ? [] : [`... and ${rest} more; --all lists them`]
  return [serversTitle(backend, routes, paint), paint('dim', title), ...painted, ...more]
}

function serversTitle(backend: string, routes: readonly string[], paint: Paint): string {
  const texts = routes.map(routeText)
  const isSaid = texts.length === 0 || (texts.length === 1 && texts[0] === backend)
  return paint('bold', backend) + (isSaid ? '' : `: ${texts.join(', ')}`)
}

function serverRow({
  name,
  address,
  status,
  statusForS,
  sessions,
  requests,
  responses,
  latency,
  check,
}: ServerFigures) {
  const checked = check === undefined || check.status.endsWith('OK') ? status : `${status} (${check.status})`
  const counts = [`${sessions}`, `${requests}`, `${responses['5xx']}`, `${latency.responseMs} ms`]
  return [name, address, checked, durationText(statusForS), ...counts]
}

function serverStyle(server: ServerFigures | undefined): Style | undefined {
  if (server?.status.startsWith('DOWN') === true) return 'red'
  return server === undefined || /^(UP|no check|OPEN)/.test(server.status) ? undefined : 'dim'
}

function problemLines({ problems }: StatusView, { isBounded, paint }: StatusTextOptions): readonly string[] {
  const ranked = [...problems].sort((a, b) => compareText(a.severity, b.severity))
  const shown = isBounded ? ranked.slice(0, shownMax.problems) : ranked
  const lines = shown.map((problem) => {
    const style = problem.severity === 'error' ? 'red' : 'yellow'
    return `${paint(style, problem.severity)}: ${problemText(problem)}`
  })
  const rest = ranked.length - shown.length
  return rest === 0 ? lines : [...lines, `... and ${count(rest, 'more problem')}; see tidegate check`]
}
