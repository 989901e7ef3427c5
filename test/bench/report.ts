// RESULTS.md: the measurements as people read them.
// Owns the words and the tables. Pure: the same results give the same text.

import { besideRatio, cpuRatio, throughputRatio, type Verdict, verdicts } from './aims.ts'
import type {
  ChangeCase,
  ChangeResult,
  Cost,
  PageResult,
  Results,
  StartResult,
  Taken,
  ThroughputResult,
  TlsResult,
  TopRound,
  WatchResult,
} from './results.ts'
import { median, type Spread, spread } from './stats.ts'
import { type Column, count, markdownTable, number, percent } from './table.ts'

/** The whole report. Parts that were not measured are left out. */
export function reportText(results: Results): string {
  return [
    '# Measured\n',
    '<!-- Written by `npm run bench` from results.json. Do not edit. -->\n',
    'Compare figures within one table: they were taken in one run. Absolute ones are those of the machine named below them;\nclient, HAProxy, engine and agent share its cores.\n',
    aimsPart(verdicts(results)),
    ...(results.change === undefined ? [] : [changePart(results.change)]),
    ...(results.start === undefined ? [] : [startPart(results.start)]),
    ...(results.throughput === undefined ? [] : [throughputPart(results.throughput)]),
    ...(results.watch === undefined ? [] : [watchPart(results.watch)]),
    ...(results.page === undefined ? [] : [pagePart(results.page)]),
    ...(results.tls === undefined ? [] : [tlsPart(results.tls)]),
  ].join('\n')
}

/** A column of words. */
export const left = (head: string): Column => ({ head, align: 'left' })
/** A column of figures. */
export const right = (head: string): Column => ({ head, align: 'right' })

/** The aims as a table, under a heading of their own. */
export function aimsPart(judged: readonly Verdict[]): string {
  const rows = judged.map(({ aim, measured, isMet }) => [aim, measured, isMet ? 'yes' : 'no'])
  return `## Aims\n\n${markdownTable([left('Aim'), right('Measured'), left('Reached')], rows)}`
}

/** Where and when the figures above it were taken. */
export function takenLine(taken: Taken): string {
  const { date, commit, cpu, cores, memoryGb, kernel, node, haproxy, loadBefore } = taken
  return [
    `\nTaken ${date} UTC at ${commit}: ${cpu}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}, Node ${node}, HAProxy ${haproxy};`,
    `load average before it ${loadBefore}.\n`,
  ].join('\n')
}

function changePart({ taken, cases }: ChangeResult): string {
  const size = (each: ChangeCase) => [count(each.tasks), number(each.listBytes / 1e6)]
  const main = markdownTable(
    [
      right('Tasks'),
      right('List, MB'),
      right('CPU ms, median'),
      right('95 %'),
      right('most'),
      right('live after ms, median'),
      right('95 %'),
      right('in the files after ms'),
      right('Commands'),
    ],
    cases.map((each) => [
      ...size(each),
      ...spreadCells(each.inHand.cpuMs),
      number(each.inHand.appliedMs.p50),
      number(each.inHand.appliedMs.p95),
      number(each.inHand.wallMs.p50),
      commandsText(each),
    ]),
  )
  const poll = markdownTable(
    [
      right('Tasks'),
      left('Poll'),
      right('CPU ms, median'),
      right('95 %'),
      right('most'),
      right('ms, median'),
    ],
    cases.flatMap((each) => [
      costRow(each.tasks, 'nothing has changed', each.quietPoll),
      costRow(each.tasks, 'one task has changed, applied and saved', each.overHttp),
      costRow(each.tasks, 'naive, without the transfer', each.naive.total),
    ]),
  )
  return [
    '## What one change costs\n',
    'One task gives way to another (10 tasks a service). From the engine’s answer, in hand as bytes: what differs is found and parsed,',
    'routed, planned, sent over the runtime socket, every reply checked, and the files rewritten. CPU time is that of the whole',
    'agent process (`process.cpuUsage`), garbage collection and file threads included; the program is compiled and runs on plain',
    `Node, with a real HAProxy. ${cases[0]?.inHand.cpuMs.count ?? 0} changes after a warm-up.\n`,
    main,
    'The same with the list asked for over the engine’s socket (a simulated engine in another process), a poll in which nothing has',
    'changed, and an agent that remembers nothing: the whole list parsed, everything routed, HAProxy read back, everything planned',
    'and rendered, nothing applied.\n',
    poll,
    naiveText(cases.at(-1)),
    takenLine(taken),
  ].join('\n')
}

function naiveText(most: ChangeCase | undefined): string {
  if (most === undefined) return ''
  const parts = Object.entries(most.naive.partsCpuMs).map(([part, cpuMs]) => `${part} ${number(cpuMs)} ms`)
  return `Naive at ${count(most.tasks)} tasks: ${parts.join(', ')}.\n`
}

function spreadCells({ p50, p95, max }: Spread): readonly string[] {
  return [p50, p95, max].map(number)
}

function costRow(tasks: number, what: string, cost: Cost): readonly string[] {
  return [count(tasks), what, ...spreadCells(cost.cpuMs), number(cost.wallMs.p50)]
}

function commandsText({ inHand: { commands } }: ChangeCase): string {
  return commands.min === commands.max ? String(commands.max) : `${commands.min} to ${commands.max}`
}

function startPart(start: StartResult): string {
  const { replaced, quietForS, firstAnswerMs } = start
  const rows = [
    ['first answer by the last service', seconds(start.firstAnswerMs)],
    ['log line "haproxy started"', seconds(start.startedLogMs)],
    ['agent CPU until then', seconds(start.agentCpuMs)],
    ['agent resident after the start (peak)', memoryText(start.memoryAfterStart)],
    [`agent resident after ${replaced.tasks} replaced tasks (peak)`, memoryText(start.memoryAfterChanges)],
    ['HAProxy’s worker resident', `${number(start.haproxyRssMb)} MB`],
    [`agent CPU when quiet, over ${quietForS} s`, `${number(start.quietCpuMsPerS)} ms a second`],
    [
      `agent CPU for each task replaced by rolling updates (${count(replaced.tasks)} in ${number(replaced.durationS)} s)`,
      `${number(replaced.cpuMsPerTask)} ms`,
    ],
  ]
  return [
    `## Start and memory at ${count(start.tasks)} tasks\n`,
    `${count(start.services)} services. From the spawn of \`node dist/main.js run\` in an empty folder, with default settings, to the first`,
    `200 through HAProxy: engine asked, routing, check, HAProxy started. The median of ${firstAnswerMs.length} starts, and the range. Memory is what`,
    'the kernel says (VmRSS, VmHWM). Quiet includes the polls, the list of everything and the reading back of HAProxy, each at its',
    'default interval. A rolling update passes every task through all of Swarm’s states, old and new.\n',
    markdownTable([left('At the start'), right('Measured')], rows),
    takenLine(start.taken),
  ].join('\n')
}

function seconds(timesMs: readonly number[]): string {
  const [least, most] = [Math.min(...timesMs), Math.max(...timesMs)]
  return `${number(median(timesMs) / 1000)} s (${number(least / 1000)} to ${number(most / 1000)})`
}

function memoryText({ rssMb, peakMb }: { readonly rssMb: number; readonly peakMb: number }): string {
  return `${number(rssMb)} MB (${number(peakMb)})`
}

function throughputPart(result: ThroughputResult): string {
  const { hosts, serversPerHost, connections, roundS, variants } = result
  const of = (ratio: number | undefined) => (ratio === undefined ? '' : percent(ratio))
  const rows = variants.map(({ name, what, requestsPerS, cpuUsPerRequest, p99Ms }) => [
    what,
    count(median(requestsPerS)),
    of(throughputRatio(result, name, 'map')),
    of(throughputRatio(result, name, 'alike')),
    number(median(cpuUsPerRequest)),
    of(cpuRatio(result, name, 'map')),
    number(median(p99Ms)),
  ])
  const columns = [
    left('Configuration'),
    right('Requests/s'),
    right('of map by hand'),
    right('of alike by hand'),
    right('CPU µs a request'),
    right('of map by hand'),
    right('99 % within ms'),
  ]
  return [
    `## Throughput with ${count(hosts)} hosts\n`,
    `${serversPerHost} servers for each host, ${connections} kept connections, each request to another host, an answer of two bytes. The client is wrk, the`,
    `servers are another HAProxy. ${variants[0]?.requestsPerS.length ?? 0} rounds of ${roundS} s for each configuration, in turn; medians, and for shares the median of each`,
    'round’s share. CPU time is that of the measured HAProxy alone (proc, schedstat), which says more than requests per second',
    'where client and servers share its cores.\n',
    markdownTable(columns, rows),
    takenLine(result.taken),
  ].join('\n')
}

function watchPart(result: WatchResult): string {
  const { hosts, servers, statusMs, statusOfOneMs, versionMs, nodeMs, statusBytes } = result
  const { connections, roundS } = result
  const status = markdownTable(
    [left('Command'), right('ms, median'), right('95 %'), right('most')],
    [
      ['`tidegate status`', ...timeCells(statusMs)],
      ['`tidegate status HOST`', ...timeCells(statusOfOneMs)],
      ['`tidegate version`', ...timeCells(versionMs)],
      ...(nodeMs === undefined ? [] : [['`node -e 0`', ...timeCells(nodeMs)]]),
    ],
  )
  const top = markdownTable(
    [
      right('Requests/s'),
      right('HAProxy CPU µs a request'),
      right('top, of a core'),
      right('pictures/s'),
      left(''),
    ],
    [
      [...topCells(result.without, roundS), 'nobody watches'],
      [...topCells(result.beside, roundS), 'beside `tidegate top`'],
    ],
  )
  return [
    `## Looking at ${count(hosts)} hosts and ${count(servers)} servers\n`,
    `From the spawn of the command to its end, ${statusMs.length} calls beside a running agent; \`status\` prints all hosts here,`,
    `${count(statusBytes / 1000)} kB. \`version\` is what any command takes, and Node alone a part of that.\n`,
    status,
    `\n\`tidegate top\` in a terminal of 120 columns; ${connections} kept connections, each request to another host. ${result.beside.length} rounds of`,
    `${roundS} s each, with top stopped and not, in turn; medians. Beside top there were ${percent(besideRatio(result))} of the requests (the median of each`,
    `round’s share). Without requests top takes ${percent(result.quiet.topCpuShare)} of a core.\n`,
    top,
    takenLine(result.taken),
  ].join('\n')
}

function timeCells(timesMs: readonly number[]): readonly string[] {
  return spreadCells(spread(timesMs))
}

function topCells(rounds: readonly TopRound[], roundS: number): readonly string[] {
  const middle = (of: (round: TopRound) => number) => median(rounds.map(of))
  return [
    count(middle(({ requestsPerS }) => requestsPerS)),
    number(middle(({ haproxyCpuUsPerRequest }) => haproxyCpuUsPerRequest)),
    percent(middle(({ topCpuShare }) => topCpuShare)),
    number(middle(({ pictures }) => pictures / roundS)),
  ]
}

const meanwhile = { nothing: 'nothing', requests: 'requests', changes: 'requests and changes' } as const

function pagePart(result: PageResult): string {
  const { hosts, servers, changesPerS, openedMs, rounds, filterMs, filterAllMs } = result
  const rows = rounds.map(({ what, shown, busyShare, scriptShare, longestMs }) => [
    meanwhile[what],
    count(shown),
    percent(busyShare),
    percent(scriptShare),
    longestMs === 0 ? 'below 50' : number(longestMs),
  ])
  const columns = [
    left('Meanwhile'),
    right('Rows in the table'),
    right('Main thread, of a core'),
    right('Scripts'),
    right('Longest task, ms'),
  ]
  const keys = markdownTable(
    [left('A letter in the filter'), right('ms, median'), right('95 %'), right('most')],
    [
      ['with the rows that it shows by itself', ...timeCells(filterMs)],
      ['with all rows asked for', ...timeCells(filterAllMs)],
    ],
  )
  return [
    `## The page at ${count(hosts)} hosts and ${count(servers)} servers\n`,
    `Chromium without a screen and without a GPU, 1360 by 860, on the same machine as agent, HAProxy and clients. From the navigation`,
    `until the table stands: ${seconds(openedMs)}, ${openedMs.length} times. Of the hosts about half have new figures each second where there are`,
    `requests; changes are ${changesPerS} a second, each a task that gives way to another. CPU time of the main thread, as Chromium tells it.\n`,
    markdownTable(columns, rows),
    'From a key to the table laid out, words typed and taken back letter by letter:\n',
    keys,
    `\nOn its heap are ${memoryWords(result.memoryFirst)} when it stands, ${memoryWords(result.memoryLast)} after all of the above.\n`,
    takenLine(result.taken),
  ].join('\n')
}

function memoryWords({ heapMb, nodes }: PageResult['memoryFirst']): string {
  return `${number(heapMb)} MB with ${count(nodes)} nodes`
}

function tlsPart(result: TlsResult): string {
  const { certificates, services, startWithoutMs, startWithMs, haproxyWithoutMb, haproxyWithMb } = result
  const start = markdownTable(
    [left(''), right('Without certificates'), right(`With ${count(certificates)}`)],
    [
      ['first answer after the start', seconds(startWithoutMs), seconds(startWithMs)],
      ['HAProxy’s worker resident', `${number(haproxyWithoutMb)} MB`, `${number(haproxyWithMb)} MB`],
    ],
  )
  const renewal = markdownTable(
    [left('Renewal of one'), right('median'), right('95 %'), right('most')],
    [
      ['shown after, ms', ...timeCells(result.renewedMs)],
      ['CPU of the agent, ms', ...timeCells(result.renewalCpuMs)],
    ],
  )
  const handshakes = markdownTable(
    [left('Handshakes'), right('a second'), right('CPU µs each')],
    result.handshakes.map(({ what, perS, cpuUs }) => [what, count(median(perS)), number(median(cpuUs))]),
  )
  return [
    `## ${count(certificates)} certificates\n`,
    `${count(services)} services; each certificate in a file of its own, with an EC key (P-256). ${startWithMs.length} starts in an empty folder, in turn.\n`,
    start,
    `One certificate is replaced in the folder, ${result.renewedMs.length} times: from the file in place to the first handshake that shows it. No reload.`,
    'The agent waits some fifty milliseconds for the other half of a pair before it looks.\n',
    renewal,
    `TLS 1.3, one client with ${result.connections} connections at a time, a new one for each handshake; rounds of ${result.roundS} s, in turn, medians. CPU time is`,
    'that of the server alone; client, load generator and server share the machine’s cores.\n',
    handshakes,
    takenLine(result.taken),
  ].join('\n')
}
