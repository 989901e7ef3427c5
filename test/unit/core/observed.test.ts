import { expect, test } from 'vitest'
import type { Action } from '../../../agent/core/action.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import {
  adopt,
  carryForward,
  nextClosingMs,
  type Observed,
  recall,
  routingInForce,
} from '../../../agent/core/observed.ts'
import { planChanges } from '../../../agent/core/plan.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import {
  liveState,
  observedFrom,
  planFacts,
  routingSettings,
  service,
  snapshot,
  task,
  tasks,
} from '../../support/builders.ts'

const route = (count: number, hosts = 'web.local') =>
  computeRouting(snapshot({ services: [service({ lb: { hosts } })], tasks: tasks('web', count) }), {
    serviceCluster: '',
    isTlsOn: true,
  }).routing

const running = (routing: Routing): Observed => adopt(observedFrom(routing), routing)
const isDeletion = (action: Action) => action.kind === 'delete-server'

/** Plans and carries out at a time; deletions are put off where `isBusy`. */
function turn(desired: Routing, observed: Observed, nowMs: number, isBusy = false): Observed {
  const plan = planChanges(desired, observed, planFacts({ nowMs }))
  const actions = plan.kind === 'nothing' ? [] : plan.actions
  return carryForward(
    observed,
    plan.placed,
    { actions, busy: isBusy ? actions.filter(isDeletion) : [] },
    nowMs,
  )
}

test('what was carried out is what runs, in step with its source', () => {
  const after = turn(route(2), running(route(1)), 0)
  expect(liveState(after)).toEqual(liveState(running(route(2))))
  expect(after.backends.get('web.local')?.inStep).toBe(true)
})

test('a backend that nothing happened to stays one object', () => {
  const routing = route(1)
  const before = turn(routing, running(routing), 0)
  expect(turn(routing, before, 10).backends.get('web.local')).toBe(before.backends.get('web.local'))
})

test('a server whose deletion was put off is closing, and asked for less and less often', () => {
  let observed = turn(route(1), running(route(2)), 0, true)
  const waits: number[] = []
  for (let count = 0; count < 20; count++) {
    const nowMs = nextClosingMs(observed) ?? Number.NaN
    observed = turn(route(1), observed, nowMs, true)
    waits.push((nextClosingMs(observed) ?? Number.NaN) - nowMs)
  }
  expect(waits[0]).toBe(20)
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits.at(-1)).toBeLessThanOrEqual(1000)
  expect(observed.backends.get('web.local')?.closing.get('web.2.webtask2')?.sinceMs).toBe(0)
})

test('the next closing server is the one that is due first', () => {
  const first = turn(route(2), running(route(3)), 0, true)
  expect(nextClosingMs(turn(route(1), first, 5, true))).toBe(20)
  expect(nextClosingMs(running(route(1)))).toBeUndefined()
})

test('a closing server that is gone is forgotten', () => {
  const closing = turn(route(1), running(route(2)), 0, true)
  const after = turn(route(1), closing, 20)
  expect(after.backends.get('web.local')?.closing.size).toBe(0)
  expect(liveState(after)).toEqual(liveState(running(route(1))))
})

test('reading HAProxy again keeps what the agent knew, and since when servers close', () => {
  const before = turn(route(1), running(route(2)), 7, true)
  const read = observedFrom(route(2))
  const backend = recall(read, before).backends.get('web.local')
  expect(backend?.source).toBe(before.backends.get('web.local')?.source)
  expect(backend?.closing.get('web.2.webtask2')).toEqual({ sinceMs: 7, nextMs: 27 })
  expect(backend?.inStep).toBe(false)
  expect(recall(observedFrom(route(1)), before).backends.get('web.local')?.closing.size).toBe(0)
})

test('reading HAProxy for the first time knows nothing more than was read', () => {
  const read = observedFrom(route(1))
  expect(recall(read, undefined)).toBe(read)
})

test('what is in force can be written to files, unless somebody else made part of it', () => {
  const routing = route(1)
  expect(routingInForce(running(routing))).toEqual({ ...routing, problems: [] })
  expect(routingInForce(observedFrom(routing))).toBeUndefined()
})

test('a change that waits for a reload is not in force', () => {
  const before = running(route(1))
  const after = computeRouting(
    snapshot({ services: [service({ networkIds: ['net-demo', 'net-x'] })], tasks: [task()] }),
    routingSettings(),
  ).routing
  const [backend] = routingInForce(turn(after, before, 0))?.backends.values() ?? []
  expect(backend?.services.map((each) => each.networkIds)).toEqual([['net-demo']])
})

test('a backend that is wanted no more keeps its servers but not its routes', () => {
  const { routing: nothing } = computeRouting(snapshot(), routingSettings())
  const after = turn(nothing, running(route(2)), 0)
  const [backend] = routingInForce(after)?.backends.values() ?? []
  expect(backend?.routes).toEqual([])
  expect(backend?.servers).toHaveLength(2)
})

test('after a reload, what runs is known by what it was made from', () => {
  const made = route(1)
  const adopted = adopt(observedFrom(made), made)
  expect(adopted.backends.get('web.local')?.source).toBe(made.backends.get('web.local'))
})
