// What the loop says of itself while it is at work, and what it leaves in the files.

import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Observed } from '../../../agent/core/observed.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { fileNames } from '../../../agent/core/settings.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { createLoop, type Loop } from '../../../agent/reconcile/loop.ts'
import {
  liveState,
  loopSettings,
  routingSettings,
  service,
  snapshot,
  task,
  tasks,
} from '../../support/builders.ts'
import { eventually } from '../../support/eventually.ts'
import { type ModelHaproxy, modelHaproxy } from '../../support/model-haproxy.ts'

const world = (...running: Snapshot['tasks']) => snapshot({ services: [service()], tasks: running })
const routingOf = (given: Snapshot) => computeRouting(given, routingSettings()).routing

function createQuickLoop(haproxy: ModelHaproxy): Loop {
  const deaf = () => {}
  return createLoop({
    haproxy: haproxy.port,
    renderer: haproxy.renderer,
    configFile: fileNames.config,
    settings: { serviceCluster: '', isTlsOn: true, ...loopSettings({ auditMs: 0 }) },
    accepts: async () => true,
    clock: { nowMs: () => performance.now() },
    report: { outcome: deaf, problems: deaf, trouble: deaf, recovered: deaf, late: deaf, drift: deaf },
  })
}

/** Runs the loop through snapshots, each once it has settled on the one before, and until it has on the last. */
async function follow(loop: Loop, worlds: readonly Snapshot[]): Promise<void> {
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
  end.abort()
  await ended
}

test('it is not settled while it looks at HAProxy or changes it for a new snapshot', async () => {
  const early: string[] = []
  const look = (when: string) => () => {
    const { isSettled, routing } = loop.status()
    if (isSettled && serversIn(routing?.backends) !== serversIn(haproxy.live()?.backends)) early.push(when)
  }
  const faults = { beforeObserve: look('looking'), beforeApply: look('changing') }
  const haproxy = modelHaproxy(faults, routingOf(world(...tasks('web', 1))))
  const loop = createQuickLoop(haproxy)
  await follow(loop, [world(...tasks('web', 1)), world(...tasks('web', 2))])
  expect(serversIn(haproxy.live()?.backends)).toBe(2)
  expect(early).toEqual([])
})

/** How many servers there are, whether a routing wants them or HAProxy has them. */
function serversIn(backends: Routing['backends'] | Observed['backends'] | undefined): number {
  let count = 0
  for (const { servers } of backends?.values() ?? [])
    count += 'size' in servers ? servers.size : servers.length
  return count
}

test('a server that leaves before it was ever opened leaves the files as well', async () => {
  const starting = task({ slot: 2, state: 'starting' })
  const haproxy = modelHaproxy({}, routingOf(world(...tasks('web', 1))))
  const loop = createQuickLoop(haproxy)
  await follow(loop, [world(...tasks('web', 1), starting), world(...tasks('web', 1))])
  expect(haproxy.calls).toEqual(['apply 1', 'apply 1'])
  expect(liveState(haproxy.saved())).toEqual(liveState(haproxy.live() ?? haproxy.saved()))
})
