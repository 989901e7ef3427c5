// What the loop says of itself while it is at work.

import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Observed } from '../../../agent/core/observed.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { fileNames } from '../../../agent/core/settings.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { createLoop } from '../../../agent/reconcile/loop.ts'
import { loopSettings, service, snapshot, tasks } from '../../support/builders.ts'
import { eventually } from '../../support/eventually.ts'
import { modelHaproxy } from '../../support/model-haproxy.ts'

const world = (count: number) => snapshot({ services: [service()], tasks: tasks('web', count) })

test('it is not settled while it looks at HAProxy or changes it for a new snapshot', async () => {
  const early: string[] = []
  const look = (when: string) => () => {
    const { isSettled, routing } = loop.status()
    if (isSettled && serversIn(routing?.backends) !== serversIn(haproxy.live()?.backends)) early.push(when)
  }
  const { routing: before } = computeRouting(world(1), { serviceCluster: '' })
  const haproxy = modelHaproxy({ beforeObserve: look('looking'), beforeApply: look('changing') }, before)
  const deaf = () => {}
  const loop = createLoop({
    haproxy: haproxy.port,
    renderer: haproxy.renderer,
    configFile: fileNames.config,
    settings: { serviceCluster: '', ...loopSettings({ auditMs: 0 }) },
    clock: { nowMs: () => performance.now() },
    report: { outcome: deaf, problems: deaf, trouble: deaf, recovered: deaf, drift: deaf },
  })
  const end = new AbortController()
  async function* listing(): AsyncIterable<Snapshot> {
    yield world(1)
    await eventually(() => loop.status().isSettled)
    yield world(2)
  }
  const ended = loop.run(listing(), end.signal)
  await eventually(() => serversIn(haproxy.live()?.backends) === 2 && loop.status().isSettled)
  expect(early).toEqual([])
  end.abort()
  await ended
})

/** How many servers there are, whether a routing wants them or HAProxy has them. */
function serversIn(backends: Routing['backends'] | Observed['backends'] | undefined): number {
  let count = 0
  for (const { servers } of backends?.values() ?? [])
    count += 'size' in servers ? servers.size : servers.length
  return count
}
