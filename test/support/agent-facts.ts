// What an agent tells of itself, for tests of what is made from it.

import type { AgentFacts } from '../../agent/admin/facts.ts'
import type { OwnFigures } from '../../agent/admin/metrics.ts'

const histogram = { bounds: [0.1, 1], counts: [2, 3], count: 4, sumSeconds: 5.5 }

/** An edge at work: all is well but for two services. */
export const agentFacts: AgentFacts = {
  version: '0.1.0',
  engine: {
    staleMs: 250,
    failures: 0,
    trouble: undefined,
    lists: 12,
    listBytes: 3400,
    snapshots: 3,
    isHeldBack: false,
    events: { isOpen: true, received: 7, opened: 1 },
    watch: { isFollowing: true, messages: 40, opened: 2, failures: 0 },
  },
  edge: {
    isObserved: true,
    isSettled: true,
    trouble: undefined,
    backends: 2,
    servers: { ready: 5, maint: 1, closing: 2 },
    awaited: 1,
    pendingReloadReasons: 0,
    problems: { error: 1, warning: 2 },
    certificates: [
      { file: 'shop.pem', from: 'folder', notAfter: '2027-03-01T00:00:00Z', validity: 'good' },
      { file: 'shop_tls', from: 'secret', notAfter: '2027-04-01T00:00:00Z', validity: 'good' },
    ],
    counters: { starts: 1, reloads: 2, liveChanges: 9, actions: 20, drifts: 0, failures: 0 },
    commands: { reads: 30, changes: 20 },
  },
  tallies: {
    reloadsByReason: new Map([['backend-added', 2]]),
    actionsByKind: new Map([['open-server', 8]]),
    errorsByCode: new Map([['docker-unreachable', 1]]),
    late: 0,
    durations: { live: histogram, reload: { ...histogram, count: 3 } },
    propagation: { live: { ...histogram, count: 9 }, reload: histogram },
  },
  process: { rssBytes: 1e8, cpuMs: 1500 },
}

/** A history that is full, and somebody who follows. */
export const ownFigures: OwnFigures = { history: { length: 1000, dropped: 7 }, streamClients: 2 }
