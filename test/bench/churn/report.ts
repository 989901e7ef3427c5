// CHURN.md: the measurements as people read them.
// Owns the words and the tables. Pure: the same results give the same text.

import { aimsPart, left, right, takenLine } from '../report.ts'
import { count, markdownTable, number } from '../table.ts'
import { churnVerdicts } from './aims.ts'
import type {
  ChurnResults,
  Delays,
  Held,
  LossResult,
  LossRow,
  PropagationResult,
  SoakResult,
  StormResult,
} from './results.ts'

/** The whole report. Parts that were not measured are left out. */
export function churnText(results: ChurnResults): string {
  const { propagation, loss, storm, soak } = results
  return [
    '# Measured: what deploys cost\n',
    '<!-- Written by `npm run bench:churn` from churn.json. Do not edit. -->\n',
    'Compare figures within one table: they were taken in one run. Absolute ones are those of the machine named below them;\nSwarm, tasks, clients, HAProxys and agents share its cores.\n',
    aimsPart(churnVerdicts(results)),
    ...(propagation === undefined ? [] : [propagationPart(propagation)]),
    ...(loss === undefined ? [] : [lossPart(loss)]),
    ...(storm === undefined ? [] : [stormPart(storm)]),
    ...(soak === undefined ? [] : [soakPart(soak)]),
  ].join('\n')
}

function delayCells({ count: seen, p50, p99, max, never }: Delays): readonly string[] {
  return [...(seen === 0 ? ['', '', ''] : [p50, p99, max].map(number)), count(never)]
}

function propagationPart({ taken, replicas, groups }: PropagationResult): string {
  const columns = [
    left('Way'),
    right('open ms, median'),
    right('99 %'),
    right('most'),
    right('never'),
    right('closed ms, median'),
    right('99 %'),
    right('most'),
    right('never'),
  ]
  const tables = groups.map(({ commits, contenders }) => {
    const rows = contenders.map(({ what, opened, closed }) => [
      what,
      ...delayCells(opened),
      ...delayCells(closed),
    ])
    return `${count(commits)} commits:\n\n${markdownTable(columns, rows)}`
  })
  return [
    '## From Swarm’s commit to HAProxy\n',
    `A real Swarm of one node; a service of ${replicas} tasks comes as a burst, is updated one task at a time, start-first, and all but one go`,
    'as a burst. Open: from the commit of RUNNING until HAProxy’s own state has the server open. Closed: from the commit of desired',
    'SHUTDOWN or REMOVE until it takes no more connections. Zero is Meta.updated_at, the time that Swarm itself writes into a',
    'commit as it begins it; so each figure holds Swarm’s own writing of it, and `heard` tells how much that is. A way’s time is',
    'that of its own log line, to the millisecond, once HAProxy’s runtime socket confirms it. All ways of one table heard the',
    'same commits at the same time. `never`: the task was gone before its server was opened. Tasks cannot be reached from where',
    'the agents run, so `accept-grace` is 0 here; the other settings are the defaults.\n',
    tables.join('\n'),
    takenLine(taken),
  ].join('\n')
}

function lossPart({ taken, websockets, downloads, rows }: LossResult): string {
  const columns = [
    left('Scenario'),
    left('Way'),
    right('s'),
    right('Requests'),
    right('a second'),
    right('failed'),
    right('Reloads'),
    right('websockets cut'),
    right('downloads cut'),
    right('ended with their task'),
    left('most often'),
  ]
  const cells = (row: LossRow) => [
    row.scenario,
    row.what,
    number(row.durationS),
    count(row.requests),
    count(row.requests / row.durationS),
    count(row.failed),
    count(row.reloads),
    count(row.websocketsCut),
    count(row.downloadsCut),
    count(row.endedWithTask),
    row.mostly,
  ]
  return [
    '## What clients notice of deploys\n',
    `The simulated Swarm with Swarm’s own times; a task is a process of its own that exits at once on SIGTERM. A third of the`,
    `requests is POST, half are on new connections; ${websockets} websockets and ${downloads} downloads of ten seconds are held open all the time. Each way`,
    'goes through it alone, one after the other. A websocket or download counts as cut if it ended before its task was sent',
    'SIGTERM; those that a task takes along as it exits are counted apart. Tidegate with the watch goes through everything; the',
    'other ways go through a part of it (six tasks in the place of twenty), as two cores and the time do not carry all of it for each.\n',
    markdownTable(columns, rows.map(cells)),
    takenLine(taken),
  ].join('\n')
}

function stormPart(storm: StormResult): string {
  const grown = (
    before: { readonly rssMb: number },
    after: { readonly rssMb: number; readonly peakMb: number },
  ) => `${number(before.rssMb)} and ${number(after.rssMb)} MB (peak ${number(after.peakMb)})`
  const lag = ({ p50, p99, max, never }: Delays) =>
    `${number(p50)}, ${number(p99)}, ${number(max)} ms${never === 0 ? '' : `; ${never} never`}`
  const rows = [
    [
      'servers that came or went',
      `${count(storm.changes)} (${count(storm.changes / storm.durationS)} a second)`,
    ],
    ['lag until open: median, 99 %, most', lag(storm.opened)],
    ['lag until closed: median, 99 %, most', lag(storm.closed)],
    ['agent CPU', `${number(storm.cpuMsPerS)} ms a second`],
    ['runtime commands for each of them', number(storm.commandsPerChange)],
    ['reloads', count(storm.reloads)],
    ['agent resident before and after', grown(storm.agentBefore, storm.agentAfter)],
    ['HAProxy’s worker resident before and after', grown(storm.haproxyBefore, storm.haproxyAfter)],
  ]
  return [
    `## A storm: ${count(storm.flapping)} of ${count(storm.tasks)} tasks crash for ${count(storm.durationS)} s\n`,
    'The simulated Swarm, followed by the watch. Each of the tasks crashes half a second to two and a half after it runs, and',
    'starts again after Swarm’s restart delay of five. Lag is from the commit to HAProxy’s own state, which is looked at each 20',
    'ms at most. One listener accepts connections for all tasks, so that HAProxy’s checks find them; there are no requests. A',
    'storm of the same length went before it. Memory is what the kernel says, before the storm and twelve seconds after it.\n',
    markdownTable([left('In the storm'), right('Measured')], rows),
    takenLine(storm.taken),
  ].join('\n')
}

function soakPart(soak: SoakResult): string {
  const held = (before: Held, after: Held) =>
    `${count(before.descriptors)} and ${count(after.descriptors)} descriptors, ${number(before.rssMb)} and ${number(after.rssMb)} MB`
  const { outages, absences } = soak
  const rows = [
    ['operations on the Swarm', count(soak.operations)],
    ['kills of the agent, of HAProxy', `${count(soak.agentKills)}, ${count(soak.haproxyKills)}`],
    ['requests', count(soak.requests)],
    ['failed while HAProxy was dead', count(soak.failedWithHaproxy)],
    [
      'HAProxy dead until it answers: median, most',
      outages.count === 0 ? '' : `${number(outages.p50)}, ${number(outages.max)} ms`,
    ],
    [
      'agent dead until another follows: median, most',
      absences.count === 0 ? '' : `${number(absences.p50)}, ${number(absences.max)} ms`,
    ],
    [
      'failed at any other time',
      `${count(soak.failedGracefully)}${soak.mostly === '' ? '' : `: ${soak.mostly}`}`,
    ],
    ['servers without a task at the end', count(soak.leakedServers)],
    ['differences from a fresh start from the files', count(soak.differences)],
    ['old workers at the end', count(soak.oldWorkers)],
    [`agent, over the last ${count(soak.calmS)} s`, held(soak.agentBefore, soak.agentAfter)],
    [`HAProxy’s worker, over the last ${count(soak.calmS)} s`, held(soak.haproxyBefore, soak.haproxyAfter)],
  ]
  return [
    `## A soak of ${number(soak.durationS / 60)} minutes\n`,
    'The simulated Swarm with Swarm’s own times, under traffic: services scaled and updated in both orders, a node drained and',
    `back, a service that comes and goes, one right after the other by lot (seed ${soak.seed}), while agent, HAProxy’s worker and its`,
    'master are killed. The agent is started again at once, as its container does; it starts HAProxy again itself. The last part',
    'goes without kills; descriptors and memory were looked at before and after it, at rest and without traffic.\n',
    markdownTable([left('At the end'), right('Measured')], rows),
    takenLine(soak.taken),
  ].join('\n')
}
