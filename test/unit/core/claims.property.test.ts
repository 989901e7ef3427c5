// Tasks that come and go while services stay: the way that is cheap must lead to where the long way leads.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { computeRouting, type Memo } from '../../../agent/core/desired.ts'
import type { Snapshot } from '../../../agent/core/snapshot.ts'
import { routingSettings } from '../../support/builders.ts'
import { anyWorld, listed } from '../../support/worlds.ts'

const settings = routingSettings()

/** A snapshot, and others of the same services with some of its tasks each, in any order. */
const anyTasksOverTime = anyWorld
  .map(listed)
  .chain((full) =>
    fc
      .array(fc.shuffledSubarray([...full.tasks]), { minLength: 1, maxLength: 8 })
      .map((lists) => [full, ...lists.map((tasks): Snapshot => ({ ...full, tasks }))]),
  )

test('the routing is the same with a memo and without while only tasks change', () => {
  fc.assert(
    fc.property(anyTasksOverTime, (snapshots) => {
      let memo: Memo | undefined
      for (const snapshot of snapshots) {
        const remembered = computeRouting(snapshot, settings, undefined, memo)
        memo = remembered.memo
        const afresh = computeRouting(snapshot, settings)
        expect(remembered.routing).toEqual(afresh.routing)
        expect(remembered.networkIds).toEqual(afresh.networkIds)
      }
    }),
  )
})

test('the backends of services whose tasks stayed stay the same objects', () => {
  fc.assert(
    fc.property(anyWorld.map(listed), fc.nat(), (snapshot, pick) => {
      const first = computeRouting(snapshot, settings)
      const victim = snapshot.tasks[pick % Math.max(1, snapshot.tasks.length)]
      const tasks = snapshot.tasks.filter((task) => task !== victim)
      const { routing } = computeRouting({ ...snapshot, tasks }, settings, undefined, first.memo)
      for (const [name, backend] of routing.backends) {
        const isTouched = backend.services.some(({ id }) => id === victim?.serviceId)
        if (!isTouched) expect(backend).toBe(first.routing.backends.get(name))
      }
    }),
  )
})
