// An explanation in words: the answer first, then the way of the request, then each reason with its cure.
// Pure. Refuses to explain.

import type {
  Explanation,
  Reason,
  Rule,
  ServerLine,
  ServerState,
  Severity,
  Way,
} from '../core/explain/explanation.ts'
import { redirectText } from '../core/explain/redirects.ts'
import { ruleText } from '../core/explain/route-table.ts'
import { tlsText } from '../core/explain/tls.ts'
import { alignRows, count, type Paint, type Style } from './paint.ts'

const severityStyles: { readonly [S in Severity]: Style } = { error: 'red', warning: 'yellow', note: 'dim' }

const stateStyles: { readonly [S in ServerState]: Style } = {
  open: 'green',
  leaving: 'yellow',
  unproven: 'yellow',
  down: 'red',
  held: 'yellow',
  drain: 'yellow',
  missing: 'yellow',
  maint: 'yellow',
  maintenance: 'yellow',
  closing: 'dim',
}

/** A row is a step's name and what is said of it; further rows of a step have no name. */
type Row = readonly [name: string, text: string]

/** The lines of an explanation, for people. */
export function explanationLines(explanation: Explanation, paint: Paint): readonly string[] {
  const { isServed, verdict, about, reasons } = explanation
  return [
    paint(isServed ? 'green' : 'red', verdict),
    ...(about === 'nothing' ? [] : ['', ...stepLines(explanation, paint)]),
    ...reasons.flatMap((reason) => ['', ...reasonLines(reason, paint)]),
    '',
    ...basisLines(explanation).map((line) => paint('dim', line)),
  ]
}

function stepLines(explanation: Explanation, paint: Paint): readonly string[] {
  const { frontend, request, ways, tls = [], redirects = [] } = explanation
  const rows: readonly Row[] = [
    ['frontend', `${frontend.name}, on ${frontend.binds.join(', ')}`],
    ...named('tls', tls.map(tlsText)),
    ...(request === undefined ? [] : requestRows(request, ways[0]?.routes[0], redirects.length > 0)),
    ...named('redirect', redirects.map(redirectText)),
    ...(request === undefined && ways.length === 0 ? noRoute : []),
    ...ways.flatMap((way) => [...(request === undefined ? routeRows(way) : []), ...wayRows(way, paint)]),
  ]
  return rows.map(([name, text]) => `  ${paint('dim', name.padEnd(nameWidth))}${text}`.trimEnd())
}

const noRoute: readonly Row[] = [['route', 'none']]

/** As wide as `expected`, the longest name, and two blanks. */
const nameWidth = 10

/** Rows of one step. */
function named(name: string, texts: readonly string[]): readonly Row[] {
  return texts.map((text, index) => [index === 0 ? name : '', text])
}

function requestRows(
  { host, path }: { host: string; path: string },
  rule: Rule | undefined,
  isSent: boolean,
): readonly Row[] {
  if (rule === undefined) {
    return [['host', host], ['path', path], ...(isSent ? [] : noRoute)]
  }
  if (rule.isPassedThrough === true) return [['host', `${host}  (${ruleText(rule)})`]]
  const hostRule = {
    exact: 'its own route',
    wildcard: `the wildcard ${rule.host}`,
    default: 'the default, as it has no route of its own',
  }[rule.kind]
  return [
    ['host', `${host}  (${hostRule})`],
    ['path', rule.path === '' ? `${path}  (every path)` : `${path}  (everything below ${rule.path})`],
  ]
}

function routeRows({ routes, routesLeftOut }: Way): readonly Row[] {
  const rows = routes.map((rule, index): Row => [index === 0 ? 'route' : '', routeText(rule)])
  const more: readonly Row[] = routesLeftOut > 0 ? [['', `and ${routesLeftOut} more`]] : []
  return rows.length === 0 ? noRoute : [...rows, ...more]
}

function routeText(rule: Rule): string {
  const { kind, host, path, isPassedThrough } = rule
  if (isPassedThrough === true) return ruleText(rule)
  const where = kind === 'default' ? 'every host that nobody claims' : host
  return path === '' ? where : `${where}, below ${path}`
}

function wayRows(way: Way, paint: Paint): readonly Row[] {
  const services = way.services.map(({ name, mode }) => `${name} (${mode})`).join(', ')
  const lines = alignRows(serverCells(way.servers))
  const servers = way.servers.map(({ state }, index): Row => {
    // Painted after it is aligned: colours have no width.
    const line = (lines[index] ?? '').replace(state, paint(stateStyles[state], state))
    return [index === 0 ? 'servers' : '', line]
  })
  const more: readonly Row[] =
    way.serversLeftOut > 0 ? [['', `and ${count(way.serversLeftOut, 'server')} more`]] : []
  const none: readonly Row[] = servers.length === 0 ? [['servers', 'none']] : []
  return [
    ['backend', services === '' ? way.backend : `${way.backend}: ${services}`],
    ...servers,
    ...none,
    ...more,
  ]
}

/** A column that is empty in every line is left out. */
function serverCells(servers: readonly ServerLine[]): readonly (readonly string[])[] {
  const hasNodes = servers.some(({ node }) => node !== undefined)
  return servers.map(({ state, name, address, node = '', why = '' }) => [
    state,
    name,
    address,
    ...(hasNodes ? [node] : []),
    why,
  ])
}

function reasonLines(
  { severity, code, service, label, found, expected, cure }: Reason,
  paint: Paint,
): readonly string[] {
  const head = [
    paint(severityStyles[severity], severity),
    ...(service === undefined ? [] : [paint('bold', service)]),
    ...(label === undefined ? [] : [label]),
    paint('dim', code),
  ]
  const rows: readonly Row[] = [
    ['found', found],
    ['expected', expected],
    ['cure', cure],
  ]
  return [head.join('  '), ...rows.map(([name, text]) => `  ${name.padEnd(nameWidth)}${text}`)]
}

/** What the answer rests on; a person must know where it is not all that there is. */
function basisLines({ basis: { swarm, containers, haproxy } }: Explanation): readonly string[] {
  const worker =
    haproxy === undefined ? undefined : `the live HAProxy ${haproxy.version}, worker ${haproxy.pid}`
  const teller = containers === true ? 'the engine' : 'Swarm'
  if (!swarm) {
    return [
      `From ${worker ?? 'nothing'} alone: no engine answers, so why something is not there, or not open, is not known.`,
    ]
  }
  return worker === undefined
    ? [`From what ${teller} says; no HAProxy answers here, so this is what one would do.`]
    : [`From what ${teller} says and ${worker}.`]
}
