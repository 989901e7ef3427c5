// How long a view takes to be in force: told with the change that answers it, and with no other.

import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import { fileNames, type LoopSettings } from '../../../agent/core/settings.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { createLoop } from '../../../agent/reconcile/loop.ts'
import type { Outcome } from '../../../agent/reconcile/ports.ts'
import { loopSettings, routingSettings, service, snapshot, tasks } from '../../support/builders.ts'
import { eventually } from '../../support/eventually.ts'
import { type Faults, modelHaproxy } from '../../support/model-haproxy.ts'

const world = (count: number, ...more: readonly string[]): Snapshot =>
  snapshot({
    services: [service(), ...more.map((name) => service({ name, lb: { hosts: `${name}.local`, port: 80 } }))],
    tasks: tasks('web', count),
  })

/** Runs the loop through snapshots, each once it has settled on the one before; tells its outcomes by kind. */
async function outcomesOf(
  worlds: readonly Snapshot[],
  faults: Faults = {},
  settings: Partial<LoopSettings> = {},
  meddle: (haproxy: ReturnType<typeof modelHaproxy>) => void = () => {},
) {
  const haproxy = modelHaproxy(faults, computeRouting(world(1), routingSettings()).routing)
  const outcomes: Outcome[] = []
  const deaf = () => {}
  const loop = createLoop({
    haproxy: haproxy.port,
    renderer: haproxy.renderer,
    configFile: fileNames.config,
    settings: {
      serviceCluster: '',
      isTlsOn: true,
      ...loopSettings({ reloadSettleMs: 0, reloadSettleMaxMs: 0, ...settings }),
    },
    accepts: async () => true,
    clock: { nowMs: () => performance.now() },
    report: {
      outcome: (outcome) => outcomes.push(outcome),
      problems: deaf,
      trouble: deaf,
      recovered: deaf,
      late: deaf,
      drift: deaf,
    },
  })
  const end = new AbortController()
  let isLast = false
  async function* listing(): AsyncIterable<Snapshot> {
    for (const given of worlds) {
      yield given
      await eventually(() => loop.status().isSettled)
    }
    isLast = true
  }
  const ended = loop.run(listing(), end.signal)
  await eventually(() => isLast)
  const told = outcomes.length
  meddle(haproxy)
  loop.doubt()
  await eventually(() => loop.status().isSettled)
  end.abort()
  await ended
  return { asked: outcomes.slice(0, told), others: outcomes.slice(told) }
}

test('a live change says how long the view took that asked for it', async () => {
  const { asked } = await outcomesOf([world(1), world(2)])
  expect(asked.map(({ kind }) => kind)).toEqual(['adopt', 'live'])
  const [, live] = asked
  expect(live?.sinceViewMs).toBeGreaterThanOrEqual(live?.durationMs ?? Number.POSITIVE_INFINITY)
  expect(live?.sinceViewMs).toBeLessThan(1000)
})

test('steps that fail in between count in full', async () => {
  let failures = 2
  const beforeApply = () => {
    failures -= 1
    if (failures >= 0) throw new AgentError('runtime-unreachable', 'no reply', { hint: '' })
  }
  const { asked } = await outcomesOf([world(1), world(2)], { beforeApply }, { retryMs: 50, retryMaxMs: 50 })
  expect(asked.at(-1)?.kind).toBe('live')
  // Two waits of 50 ms; timers may be a little early.
  expect(asked.at(-1)?.sinceViewMs).toBeGreaterThan(95)
})

test('a reload counts from the view that first asked for one, its settling included', async () => {
  const { asked } = await outcomesOf(
    [world(1), world(1, 'late')],
    {},
    { reloadSettleMs: 60, reloadSettleMaxMs: 60 },
  )
  expect(asked.at(-1)?.kind).toBe('reload')
  expect(asked.at(-1)?.sinceViewMs).toBeGreaterThan(55)
})

test('a change that no view has asked for says nothing of one', async () => {
  const { others } = await outcomesOf([world(2)], {}, {}, (haproxy) => {
    const [server = ''] = haproxy.live()?.backends.values().next().value?.servers.keys() ?? []
    haproxy.meddle([
      { kind: 'close-server', backend: haproxy.live()?.backends.keys().next().value ?? '', server },
    ])
  })
  expect(others.map(({ kind }) => kind)).toEqual(['live'])
  expect(others[0]).not.toHaveProperty('sinceViewMs')
})
