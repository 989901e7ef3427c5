// Changes that `tidegate history` is read with.
// `npm run golden:update` makes cli/history/ from them.

import type { HistoryDraft, HistoryEntry } from '../../agent/core/history.ts'

const at = Date.UTC(2026, 10, 24, 18, 20, 4, 123)

const entry = (
  seq: number,
  draft: Partial<HistoryDraft> & Pick<HistoryDraft, 'kind' | 'cause'>,
): HistoryEntry => ({
  seq,
  at: new Date(at + seq * 61_250).toISOString(),
  reasons: [],
  commands: [],
  commandCount: 0,
  ...draft,
})

const counts = { backends: 12, servers: 48 }

/** One of each kind, as an edge may live through them. */
export const entries: readonly HistoryEntry[] = [
  entry(1, {
    kind: 'adopt',
    cause: 'the agent has taken over the running HAProxy',
    durationMs: 4.2,
    ...counts,
  }),
  entry(2, {
    kind: 'live',
    cause: 'shop: task 3 stops, task 7 runs',
    durationMs: 2.9,
    commandCount: 3,
    commands: [
      'set server shop.local/shop.7.x8k2 state ready',
      'set server shop.local/shop.3.a1b2 state maint',
      'del server shop.local/shop.3.a1b2',
    ],
    ...counts,
  }),
  entry(3, {
    kind: 'reload',
    cause: 'backend late.local is new (service late), and 1 more',
    reasons: [
      'backend late.local is new (service late)',
      'backend old.local is no longer wanted (service old)',
    ],
    durationMs: 1312.4,
    ...counts,
  }),
  entry(4, {
    kind: 'problem',
    cause: 'blog: "80a"; expected a port from 1 to 65535',
    reasons: ['Write digits only, for example 8080.'],
  }),
  entry(5, { kind: 'solved', cause: 'blog: port-invalid is solved' }),
  entry(6, {
    kind: 'drift',
    cause: 'somebody else has changed backend shop.local in HAProxy: 1 thing was not as the agent left it',
    commands: ['set server shop.local/shop.7.x8k2 state ready'],
    commandCount: 1,
  }),
  entry(7, {
    kind: 'late',
    cause: 'api.1.zz runs and has accepted no connection at 10.0.1.9:80 for 10 s',
    reasons: ['It gets requests all the same. Look at com.docker.lb.port and at its own log.'],
  }),
  entry(8, { kind: 'haproxy', cause: 'HAProxy (process 4242) died; it is started again' }),
  entry(9, {
    kind: 'trouble',
    cause: 'runtime-unreachable: nobody listens on /run/tidegate/worker.sock',
    reasons: ['HAProxy may be starting.'],
  }),
  entry(10, { kind: 'recovered', cause: 'HAProxy takes changes again', durationMs: 412 }),
  entry(11, { kind: 'networks', cause: 'the edge joins network n1, and its tasks are replaced' }),
  entry(12, {
    kind: 'live',
    cause: 'shop: 400 tasks run',
    durationMs: 88.1,
    commandCount: 1200,
    commands: Array.from({ length: 50 }, (_, index) => `set server shop.local/shop.${index}.t state ready`),
    ...counts,
  }),
]
