// What holds for every history of a Swarm: plans are exact, complete, gentle, and the files can be written at any time.
// PROPERTY_RUNS asks for more histories than the few of an ordinary run.

import { env } from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Action } from '../../../agent/core/action.ts'
import { computeRouting, type Memo } from '../../../agent/core/desired.ts'
import {
  adopt,
  carryForward,
  type Observed,
  type ObservedBackend,
  recall,
  routingInForce,
} from '../../../agent/core/observed.ts'
import { type Plan, planChanges } from '../../../agent/core/plan.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import { applyAction, liveState, observedFrom, planFacts, routingSettings } from '../../support/builders.ts'
import { anyHistory, anyWorld, listed } from '../../support/worlds.ts'

const { PROPERTY_RUNS: runs = '100' } = env
const numRuns = Number(runs)

const settings = routingSettings()
const routingOf = (world: Parameters<typeof listed>[0]) => computeRouting(listed(world), settings).routing
const actionsOf = (plan: Plan) => (plan.kind === 'nothing' ? [] : plan.actions)

/** One turn of the loop over a model of HAProxy. */
type Turn = {
  readonly desired: Routing
  readonly before: Observed
  readonly plan: Plan
  /** The model before, and after each action. */
  readonly steps: readonly Observed[]
  /** The model at the end. */
  readonly model: Observed
  /** What the agent takes it for. */
  readonly after: Observed
}

/** Follows a history as the loop does: plan, apply, carry forward; now and then deletions are put off, and reloads come late. */
function follow(
  history: readonly Parameters<typeof listed>[0][],
  chance: { readonly isBusy: () => boolean; readonly isReloadDue: () => boolean },
  look: (turn: Turn, nowMs: number) => void,
): void {
  const [first, ...rest] = history
  if (first === undefined) return
  const started = computeRouting(listed(first), settings)
  let memo: Memo = started.memo
  let observed = adopt(observedFrom(started.routing), started.routing)
  let nowMs = 0
  for (const world of rest) {
    nowMs += 10
    const { routing: desired, memo: next } = computeRouting(listed(world), settings, undefined, memo)
    memo = next
    const plan = planChanges(desired, observed, planFacts({ nowMs }))
    const actions = actionsOf(plan)
    const busy = actions.filter((action) => action.kind === 'delete-server' && chance.isBusy())
    const steps = stepThrough(observed, actions, busy)
    const before = observed
    observed = carryForward(observed, plan.placed, { actions, busy }, nowMs)
    look({ desired, before, plan, steps, model: steps.at(-1) ?? before, after: observed }, nowMs)
    if (plan.kind === 'reload' && chance.isReloadDue()) observed = adopt(observedFrom(desired), desired)
  }
}

function stepThrough(observed: Observed, actions: readonly Action[], busy: readonly Action[]): Observed[] {
  const steps = [observed]
  for (const action of actions) {
    if (!busy.includes(action)) steps.push(applyAction(steps.at(-1) ?? observed, action))
  }
  return steps
}

function check(look: (turn: Turn, nowMs: number) => void): void {
  const property = fc.property(
    anyHistory,
    fc.infiniteStream(fc.boolean()),
    fc.infiniteStream(fc.boolean()),
    (history, busy, due) => {
      const chance = {
        isBusy: () => busy.next().value ?? false,
        isReloadDue: () => due.next().value ?? false,
      }
      follow(history, chance, look)
    },
  )
  fc.assert(property, { numRuns })
}

test('planning twice gives the same plan', () => {
  check(({ desired, before, plan }, nowMs) => {
    expect(planChanges(desired, before, planFacts({ nowMs }))).toEqual(plan)
  })
})

test('what the agent carries forward is what HAProxy has after the actions', () => {
  check(({ model, after }) => expect(liveState(after)).toEqual(liveState(model)))
})

test('planning again is idle, and a reload stays wanted', () => {
  check(({ desired, plan, after }, nowMs) => {
    const again = planChanges(desired, after, planFacts({ nowMs }))
    expect(actionsOf(again)).toEqual([])
    expect(again.kind === 'reload').toBe(plan.kind === 'reload')
  })
})

test('a backend with a ready server before and after is never without one in between', () => {
  check(({ plan, steps }) => {
    for (const [name, backend] of plan.placed.backends) {
      const isReady = (state: Observed | undefined) =>
        [...(state?.backends.get(name)?.servers.values() ?? [])].some((server) => server.admin === 'ready')
      if (!isReady(steps[0]) || !backend.servers.some((server) => server.admin === 'ready')) continue
      expect(steps.every(isReady)).toBe(true)
    }
  })
})

test('a route leads only to services that it had before or is to have', () => {
  check(({ desired, before, after }) => {
    const allowed = servicesByRoute(desired)
    for (const { source, routes } of before.backends.values()) {
      const had = source?.services.map((service) => service.name) ?? []
      for (const route of routes) allowed.set(route, [...(allowed.get(route) ?? []), ...had])
    }
    for (const { routes, servers } of after.backends.values()) {
      const open = [...servers].filter(([, { admin }]) => admin === 'ready')
      for (const route of routes) {
        for (const [server] of open)
          expect(allowed.get(route), `${server} behind ${route}`).toContain(server.split('.')[0])
      }
    }
  })
})

function servicesByRoute(routing: Routing): Map<string, readonly string[]> {
  return new Map(
    [...routing.backends.values()].flatMap(({ routes, services }) =>
      routes.map((route) => [route, services.map((service) => service.name)] as const),
    ),
  )
}

test('a route that is wanted before and after is never without a backend in between', () => {
  check(({ desired, before, steps }) => {
    const wanted = new Set([...desired.backends.values()].flatMap((backend) => backend.routes))
    const kept = routesOf(before).filter((route) => wanted.has(route))
    const lost = steps.flatMap((step) => {
      const present = new Set(routesOf(step))
      return kept.filter((route) => !present.has(route))
    })
    expect(lost).toEqual([])
  })
})

function routesOf(observed: Observed): readonly string[] {
  return [...observed.backends.values()].flatMap((backend) => backend.routes)
}

test('a fresh HAProxy started from the files is in the state of the running one', () => {
  check(({ model, after }) => {
    const inForce = routingInForce(after)
    if (inForce === undefined) return expect.unreachable('this agent made everything that runs')
    expect(liveState(observedFrom(inForce))).toEqual(liveState(withoutClosing(model, after)))
  })
})

function withoutClosing(model: Observed, { backends: known }: Observed): Observed {
  const backends = [...model.backends].map(([name, backend]) => {
    const servers = [...backend.servers].filter(([server]) => !known.get(name)?.closing.has(server))
    return [name, { ...backend, servers: new Map(servers) }] as const
  })
  return { ...model, backends: new Map(backends) }
}

test('an audit of what the agent left finds no drift', () => {
  check(({ model, after }, nowMs) => {
    const inForce = routingInForce(after)
    if (inForce === undefined) return expect.unreachable('this agent made everything that runs')
    const read = { ...model, backends: new Map([...model.backends].map(unknown)) }
    const audit = planChanges(inForce, recall(read, after), planFacts({ nowMs }))
    expect(actionsOf(audit).filter((action) => action.kind !== 'delete-server')).toEqual([])
  })
})

/** A backend as it is read from HAProxy: nothing known but routes and servers. */
function unknown([name, backend]: readonly [string, ObservedBackend]): [string, ObservedBackend] {
  return [name, { ...backend, source: undefined, inStep: false, closing: new Map() }]
}

test('a live plan never changes what only a reload can change', () => {
  const { structureOf } = planFacts()
  check(({ before, plan }) => {
    const inForce = routingInForce(before)
    if (plan.kind === 'reload' || inForce === undefined) return
    expect(structureOf(plan.placed)).toBe(structureOf(inForce))
  })
})

test('a memo saves work and changes nothing', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      let memo: Memo | undefined
      for (const world of history) {
        const remembered = computeRouting(listed(world), settings, undefined, memo)
        memo = remembered.memo
        expect(remembered.routing).toEqual(computeRouting(listed(world), settings).routing)
      }
    }),
    { numRuns },
  )
})

test('the order of a listing means nothing', () => {
  fc.assert(
    fc.property(
      anyWorld.map(listed).chain((snapshot) =>
        fc.tuple(
          fc.constant(snapshot),
          fc.record({
            services: fc.shuffledSubarray([...snapshot.services], { minLength: snapshot.services.length }),
            tasks: fc.shuffledSubarray([...snapshot.tasks], { minLength: snapshot.tasks.length }),
            nodes: fc.constant(snapshot.nodes.toReversed()),
            networks: fc.constant(snapshot.networks.toReversed()),
            edge: fc.constant(snapshot.edge),
          }),
        ),
      ),
      ([snapshot, shuffled]) => {
        const inOrder = computeRouting(snapshot, settings).routing
        const outOfOrder = computeRouting(shuffled, settings).routing
        expect([...outOfOrder.backends]).toEqual([...inOrder.backends])
        expect(outOfOrder.problems).toEqual(inOrder.problems)
      },
    ),
    { numRuns },
  )
})

test('an agent that starts beside a HAProxy in step finds nothing to do', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const routing = routingOf(world)
      expect(planChanges(routing, observedFrom(routing), planFacts()).kind).toBe('nothing')
    }),
    { numRuns },
  )
})
