// Measurements that reach every aim, for tests of what is said about them.

import type { ChurnResults, Propagated } from '../../../bench/churn/results.ts'

const taken = {
  date: '2026-11-24 10:00',
  commit: 'abc1234',
  cpu: 'a CPU',
  cores: 2,
  memoryGb: 8,
  kernel: '6.1',
  node: 'v20.19.0',
  haproxy: '3.4.7',
  loadBefore: 0.1,
}

const delays = (p50: number, p99: number) => ({ count: 100, p50, p99, max: p99 * 2, never: 0 })
const way = (name: string, p50: number, p99: number): Propagated => ({
  name,
  what: `the way ${name}`,
  opened: delays(p50, p99),
  closed: delays(p50, p99),
})

const held = { descriptors: 20, rssMb: 90 }
const memory = { rssMb: 180, peakMb: 200 }

export const goodChurn: ChurnResults = {
  propagation: {
    taken,
    replicas: 16,
    groups: [
      { commits: 200, contenders: [way('floor', 4, 20), way('watch', 7, 39), way('polling', 110, 250)] },
      { commits: 200, contenders: [way('floor', 40, 60), way('traefik', 7000, 15_000)] },
    ],
  },
  loss: {
    taken,
    websockets: 50,
    downloads: 10,
    rows: ['watch', 'traefik'].map((contender) => ({
      scenario: 'scale 1-20-1',
      contender,
      what: `the way ${contender}`,
      durationS: 20,
      requests: 12_000,
      failed: contender === 'watch' ? 0 : 31,
      reloads: contender === 'watch' ? 0 : 2,
      websocketsCut: 0,
      downloadsCut: 0,
      endedWithTask: 48,
      mostly: contender === 'watch' ? '' : '20 × POST on a new connection: 503',
    })),
  },
  storm: {
    taken,
    tasks: 10_000,
    flapping: 500,
    durationS: 60,
    changes: 8000,
    opened: delays(12, 140),
    closed: delays(12, 140),
    cpuMsPerS: 310,
    commandsPerChange: 2.5,
    reloads: 0,
    agentBefore: memory,
    agentAfter: memory,
    haproxyBefore: memory,
    haproxyAfter: memory,
  },
  soak: {
    taken,
    seed: 4,
    durationS: 600,
    operations: 170,
    agentKills: 20,
    haproxyKills: 20,
    requests: 100_000,
    failedWithHaproxy: 900,
    failedGracefully: 0,
    mostly: '',
    outages: delays(300, 700),
    absences: delays(900, 1500),
    differences: 0,
    leakedServers: 0,
    oldWorkers: 0,
    calmS: 120,
    agentBefore: held,
    agentAfter: held,
    haproxyBefore: held,
    haproxyAfter: held,
  },
}
