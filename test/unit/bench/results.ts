// Results as a run of all benches leaves them.

import type { Results, Taken } from '../../bench/results.ts'
import { spread } from '../../bench/stats.ts'

const taken: Taken = {
  date: '2026-11-24 11:00',
  commit: 'abc1234',
  cpu: 'A CPU',
  cores: 2,
  memoryGb: 8,
  kernel: '6.1',
  node: 'v20.19.0',
  haproxy: '3.4.7',
  loadBefore: 0.1,
}

const cost = (cpuMs: number) => ({ cpuMs: spread([cpuMs, cpuMs, cpuMs * 2]), wallMs: spread([cpuMs * 1.5]) })

function changeCase(tasks: number, cpuMs: number) {
  return {
    tasks,
    services: tasks / 10,
    listBytes: tasks * 1386,
    inHand: { ...cost(cpuMs), appliedMs: spread([cpuMs]), commands: { min: 4, max: 4 } },
    overHttp: { ...cost(cpuMs * 3), appliedMs: spread([cpuMs]) },
    quietPoll: cost(cpuMs / 2),
    naive: { total: cost(300), partsCpuMs: { parse: 200, route: 60, observe: 20, plan: 10, render: 10 } },
  }
}

const topRound = (requestsPerS: number, topCpuShare: number) => ({
  requestsPerS,
  haproxyCpuUsPerRequest: 40,
  topCpuShare,
  pictures: topCpuShare === 0 ? 0 : 5,
})

/** Everything measured, every aim reached. */
export const goodResults: Results = {
  change: { taken, cases: [changeCase(10, 1), changeCase(10_000, 4)] },
  start: {
    taken,
    services: 1000,
    tasks: 10_000,
    firstAnswerMs: [2000, 2200, 2100],
    startedLogMs: [2100, 2300, 2200],
    agentCpuMs: [1000, 1100, 1050],
    memoryAfterStart: { rssMb: 120, peakMb: 140 },
    quietCpuMsPerS: 12,
    quietForS: 30,
    replaced: { tasks: 200, durationS: 20, cpuMsPerTask: 6 },
    memoryAfterChanges: { rssMb: 150, peakMb: 160 },
    haproxyRssMb: 80,
  },
  throughput: {
    taken,
    hosts: 1000,
    serversPerHost: 2,
    connections: 32,
    roundS: 4,
    variants: ['default', 'plain', 'map', 'rules', 'headers', 'alike'].map((name, index) => ({
      name,
      what: `variant ${name}`,
      requestsPerS: [20_000 - index, 10_000 - index],
      cpuUsPerRequest: [40 + index, 80 + index],
      p99Ms: [2, 3],
    })),
  },
  watch: {
    taken,
    hosts: 1000,
    servers: 10_000,
    statusMs: [210, 220, 230],
    statusOfOneMs: [150, 160, 170],
    versionMs: [120, 130, 140],
    statusBytes: 80_000,
    connections: 32,
    roundS: 5,
    quiet: { topCpuShare: 0.02, pictures: 30 },
    without: [topRound(20_000, 0), topRound(10_000, 0)],
    beside: [topRound(19_900, 0.03), topRound(9900, 0.03)],
  },
  page: {
    taken,
    hosts: 1000,
    servers: 10_000,
    changesPerS: 5,
    openedMs: [500, 600, 700],
    rounds: [
      { rows: 'some', what: 'changes', shown: 100, busyShare: 0.1, scriptShare: 0.01, longestMs: 0 },
      { rows: 'all', what: 'changes', shown: 1000, busyShare: 0.3, scriptShare: 0.03, longestMs: 60 },
    ],
    filterMs: [10, 20, 30],
    filterAllMs: [20, 30, 40],
    memoryFirst: { heapMb: 1.6, nodes: 3000 },
    memoryLast: { heapMb: 4.5, nodes: 9000 },
  },
}
