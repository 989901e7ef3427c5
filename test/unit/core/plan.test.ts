// The design's table of what is live and what reloads, and what a plan says in each case.

import { expect, test } from 'vitest'
import { subject } from '../../../agent/core/action.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import {
  adopt,
  carryForward,
  type Observed,
  type ObservedBackend,
  recall,
} from '../../../agent/core/observed.ts'
import { type Plan, planChanges } from '../../../agent/core/plan.ts'
import type { Routing } from '../../../agent/core/routing.ts'
import type { Service, Task } from '../../../agent/core/snapshot.ts'
import {
  configSettings,
  observedFrom,
  planFacts,
  routingSettings,
  service,
  snapshot,
  task,
  tasks,
} from '../../support/builders.ts'

const route = (services: readonly Service[], its: readonly Task[] = []): Routing =>
  computeRouting(snapshot({ services, tasks: its }), routingSettings()).routing

/** A HAProxy that runs a routing which this agent made. */
const running = (routing: Routing): Observed => adopt(observedFrom(routing), routing)

/** A plan in a few words: `kind`, each action, each reason's kind. */
function brief(plan: Plan): readonly string[] {
  if (plan.kind === 'nothing') return ['nothing']
  const actions = plan.actions.map((action) => `${action.kind} ${subject(action)}`)
  return [plan.kind, ...actions, ...(plan.kind === 'reload' ? plan.reasons.map(({ kind }) => kind) : [])]
}

const plan = (before: Routing, after: Routing) => brief(planChanges(after, running(before), planFacts()))

const web = service()
const vip = service({ lb: { backend_mode: 'vip' } })
const old = { createdAt: '2026-01-01T00:00:00Z' }
const [one, two, three] = tasks('web', 3)
const now = (...its: readonly (Task | undefined)[]) => its.filter((each) => each !== undefined)

test.for([
  {
    title: 'scale up',
    before: route([web], now(one)),
    after: route([web], now(one, two)),
    plan: [
      'live',
      'add-server web.local/web.2.webtask2',
      'check-server web.local/web.2.webtask2',
      'open-server web.local/web.2.webtask2',
    ],
  },
  {
    title: 'scale down',
    before: route([web], now(one, two)),
    after: route([web], now(one)),
    plan: ['live', 'close-server web.local/web.2.webtask2', 'delete-server web.local/web.2.webtask2'],
  },
  {
    title: 'a task whose address is known before it runs',
    before: route([web], now(one)),
    after: route([web], [...now(one), task({ slot: 2, state: 'starting' })]),
    plan: ['live', 'add-server web.local/web.2.webtask2'],
  },
  {
    title: 'a prepared task that runs now',
    before: route([web], [...now(one), task({ slot: 2, state: 'starting' })]),
    after: route([web], now(one, two)),
    plan: ['live', 'check-server web.local/web.2.webtask2', 'open-server web.local/web.2.webtask2'],
  },
  {
    title: 'a task replaced by another one in its slot',
    before: route([web], now(one)),
    after: route([web], [task({ id: 'next', address: '10.0.0.50' })]),
    plan: [
      'live',
      'add-server web.local/web.1.next',
      'check-server web.local/web.1.next',
      'open-server web.local/web.1.next',
      'close-server web.local/web.1.webtask1',
      'delete-server web.local/web.1.webtask1',
    ],
  },
  {
    title: 'the last task gone',
    before: route([web], now(one)),
    after: route([web]),
    plan: ['live', 'close-server web.local/web.1.webtask1', 'delete-server web.local/web.1.webtask1'],
  },
  {
    title: 'a scale in vip mode',
    before: route([vip], now(one)),
    after: route([vip], now(one, two, three)),
    plan: ['nothing'],
  },
  {
    title: 'the last task gone in vip mode',
    before: route([vip], now(one)),
    after: route([vip]),
    plan: ['live', 'close-server web.local/web'],
  },
  {
    title: 'the first task come in vip mode',
    before: route([vip]),
    after: route([vip], now(one)),
    plan: ['live', 'open-server web.local/web'],
  },
  {
    title: 'a label that is not ours',
    before: route([web]),
    after: route([service({ labels: { ...web.labels, team: 'shop' } })]),
    plan: ['nothing'],
  },
  {
    title: 'a host added',
    before: route([web]),
    after: route([service({ lb: { hosts: 'web.local,www.local' } })]),
    plan: ['live', 'add-route www.local/'],
  },
  {
    title: 'a host put before the others',
    before: route([web]),
    after: route([service({ lb: { hosts: 'a.local,web.local' } })]),
    plan: ['live', 'add-route a.local/'],
  },
  {
    title: 'a host removed',
    before: route([service({ lb: { hosts: 'web.local,www.local' } })]),
    after: route([web]),
    plan: ['live', 'remove-route www.local/'],
  },
  {
    title: 'all hosts exchanged',
    before: route([web], now(one)),
    after: route([service({ lb: { hosts: 'shop.local' } })], now(one)),
    plan: ['live', 'add-route shop.local/', 'remove-route web.local/'],
  },
  {
    title: 'a path given',
    before: route([web], now(one)),
    after: route([service({ lb: { context_root: '/app' } })], now(one)),
    plan: ['live', 'add-route web.local/app/', 'remove-route web.local/'],
  },
  {
    title: 'two services that exchange their hosts',
    before: route([web, service({ name: 'shop' })], now(one)),
    after: route(
      [service({ lb: { hosts: 'shop.local' } }), service({ name: 'shop', lb: { hosts: 'web.local' } })],
      now(one),
    ),
    plan: ['live', 'move-route shop.local/', 'move-route web.local/'],
  },
  {
    title: 'a default that begins',
    before: route([web]),
    after: route([service({ lb: { default_backend: 'true' } })]),
    plan: ['live', 'add-route */'],
  },
  {
    title: 'a canary that joins',
    before: route([service(old)], now(one)),
    after: route(
      [service(old), service({ name: 'next', lb: { hosts: 'web.local' } })],
      [...now(one), ...tasks('next', 1)],
    ),
    plan: [
      'live',
      'add-server web.local/next.1.nexttask1',
      'check-server web.local/next.1.nexttask1',
      'open-server web.local/next.1.nexttask1',
    ],
  },
  {
    title: 'a canary that leaves',
    before: route(
      [service(old), service({ name: 'next', lb: { hosts: 'web.local' } })],
      [...now(one), ...tasks('next', 1)],
    ),
    after: route([service(old)], now(one)),
    plan: ['live', 'close-server web.local/next.1.nexttask1', 'delete-server web.local/next.1.nexttask1'],
  },
  {
    title: 'the older of two services deleted',
    before: route(
      [service(old), service({ name: 'next', lb: { hosts: 'web.local' } })],
      [...now(one), ...tasks('next', 1)],
    ),
    after: route([service({ name: 'next', lb: { hosts: 'web.local' } })], tasks('next', 1)),
    plan: ['live', 'close-server web.local/web.1.webtask1', 'delete-server web.local/web.1.webtask1'],
  },
  {
    title: 'a service that takes the place of another at the same host',
    before: route([web], now(one)),
    after: route([service({ name: 'next', lb: { hosts: 'web.local' } })], tasks('next', 1)),
    plan: [
      'live',
      'add-server web.local/next.1.nexttask1',
      'check-server web.local/next.1.nexttask1',
      'open-server web.local/next.1.nexttask1',
      'close-server web.local/web.1.webtask1',
      'delete-server web.local/web.1.webtask1',
    ],
  },
  {
    title: 'a service deployed',
    before: route([web], now(one)),
    after: route([web, service({ name: 'shop' })], now(one)),
    plan: ['reload', 'backend-added'],
  },
  {
    title: 'a service deleted',
    before: route([web, service({ name: 'shop' })], now(one)),
    after: route([web], now(one)),
    plan: ['reload', 'remove-route shop.local/', 'backend-removed'],
  },
  {
    title: 'the last service deleted',
    before: route([web], now(one)),
    after: route([]),
    plan: ['reload', 'remove-route web.local/', 'backend-removed'],
  },
  {
    title: 'a network added to a service',
    before: route([web], now(one)),
    after: route([service({ networkIds: ['net-demo', 'net-x'] })], now(one)),
    plan: ['reload', 'network-changed'],
  },
  {
    title: 'a network removed from a service',
    before: route([service({ networkIds: ['net-demo', 'net-x'] })], now(one)),
    after: route([web], now(one)),
    plan: ['reload', 'network-changed'],
  },
  {
    title: 'another mode',
    before: route([web], now(one)),
    after: route([vip], now(one)),
    plan: [
      'reload',
      'add-server web.local/web',
      'open-server web.local/web',
      'close-server web.local/web.1.webtask1',
      'delete-server web.local/web.1.webtask1',
      'mode-changed',
    ],
  },
  {
    title: 'a reload does not hold up what can go live',
    before: route([web], now(one)),
    after: route([web, service({ name: 'shop' })], now(one, two)),
    plan: [
      'reload',
      'add-server web.local/web.2.webtask2',
      'check-server web.local/web.2.webtask2',
      'open-server web.local/web.2.webtask2',
      'backend-added',
    ],
  },
])('$title: $plan.0', ({ before, after, plan: expected }) => {
  expect(plan(before, after)).toEqual(expected)
})

test.for([
  {
    title: 'a new backend',
    before: route([]),
    after: route([web]),
    text: 'backend web.local is new (service web)',
  },
  {
    title: 'an old backend',
    before: route([web]),
    after: route([]),
    text: 'backend web.local is no longer wanted (service web)',
  },
  {
    title: 'networks',
    before: route([service({ networkIds: ['a', 'b'] })]),
    after: route([service({ networkIds: ['b', 'c', 'd'] })]),
    text: 'networks of service web: 2 added, 1 removed',
  },
  {
    title: 'a mode',
    before: route([web]),
    after: route([vip]),
    text: 'service web went from task to vip mode',
  },
])('the reason for a reload is told in a sentence: $title', ({ before, after, text }) => {
  const made = planChanges(after, running(before), planFacts())
  expect(made.kind === 'reload' && made.reasons.map((reason) => reason.text)).toEqual([text])
})

test('a reason stays one after its live part is done, until the reload', () => {
  const observed = running(route([web], now(one)))
  const after = route([vip], now(one))
  const made = planChanges(after, observed, planFacts())
  const actions = made.kind === 'nothing' ? [] : made.actions
  const next = carryForward(observed, made.placed, { actions, busy: [] }, 0)
  expect(brief(planChanges(after, next, planFacts()))).toEqual(['reload', 'mode-changed'])
})

const shared = { before: route([service({ lb: { hosts: 'a.local,b.local' } })], now(one)) }

test('a canary that joins one host of two waits for the reload, so that the other host never meets it', () => {
  const after = route(
    [
      service({ ...old, lb: { hosts: 'a.local,b.local' } }),
      service({ name: 'next', lb: { hosts: 'a.local' } }),
    ],
    [...now(one), ...tasks('next', 1)],
  )
  expect(plan(shared.before, after)).toEqual(['reload', 'backend-added'])
})

test('while a backend waits, the running one that answers for it goes on as its tasks do', () => {
  const after = route(
    [
      service({ ...old, lb: { hosts: 'a.local,b.local' } }),
      service({ name: 'next', lb: { hosts: 'a.local' } }),
      service({ name: 'more', lb: { hosts: 'b.local' } }),
    ],
    [...now(two), ...tasks('next', 1), ...tasks('more', 1)],
  )
  expect(plan(shared.before, after)).toEqual([
    'reload',
    'add-server a.local/web.2.webtask2',
    'check-server a.local/web.2.webtask2',
    'open-server a.local/web.2.webtask2',
    'close-server a.local/web.1.webtask1',
    'delete-server a.local/web.1.webtask1',
    'backend-added',
    'backend-added',
  ])
})

test('a host given away and claimed by a new service stays where it is until the reload', () => {
  const before = route([service({ lb: { hosts: 'b.local' } })], now(one))
  const kept = carryForward(
    running(route([service({ lb: { hosts: 'a.local' } })], now(one))),
    {
      ...before,
      backends: new Map([...before.backends].map(([, each]) => ['a.local', { ...each, name: 'a.local' }])),
    },
    { actions: [], busy: [] },
    0,
  )
  const after = route(
    [service({ ...old, lb: { hosts: 'b.local' } }), service({ name: 'next', lb: { hosts: 'a.local' } })],
    [...now(one), ...tasks('next', 1)],
  )
  expect(brief(planChanges(after, kept, planFacts()))).toEqual(['reload', 'backend-added'])
})

test('an agent that starts beside a HAProxy in step has nothing to do', () => {
  const routing = route([web], now(one))
  expect(brief(planChanges(routing, observedFrom(routing), planFacts()))).toEqual(['nothing'])
})

test('an agent that starts beside a HAProxy of other settings reloads', () => {
  const routing = route([web], now(one))
  const observed = observedFrom(routing, configSettings({ retries: 7 }))
  expect(brief(planChanges(routing, observed, planFacts()))).toEqual(['reload', 'structure-changed'])
})

test('an agent that starts beside an empty HAProxy of other settings reloads', () => {
  const observed = observedFrom(route([]), configSettings({ retries: 7 }))
  expect(brief(planChanges(route([]), observed, planFacts()))).toEqual(['reload', 'structure-changed'])
})

test('an agent that starts beside a running HAProxy applies only what differs', () => {
  const observed = observedFrom(route([web], now(one)))
  expect(brief(planChanges(route([web], now(one, two)), observed, planFacts()))).toEqual([
    'live',
    'add-server web.local/web.2.webtask2',
    'check-server web.local/web.2.webtask2',
    'open-server web.local/web.2.webtask2',
  ])
})

test('a backend in step is taken at its word, so that it costs nothing', () => {
  const routing = route([web], now(one))
  const observed = carryForward(running(routing), routing, { actions: [], busy: [] }, 0)
  const backends = new Map(
    [...observed.backends].map(([name, each]) => [name, { ...each, servers: new Map() }]),
  )
  expect(planChanges(routing, { ...observed, backends }, planFacts()).kind).toBe('nothing')
})

test('what HAProxy has otherwise than it was left is put right', () => {
  const routing = route([web], now(one, two))
  const before = carryForward(running(routing), routing, { actions: [], busy: [] }, 0)
  const read = observedFrom(
    route([service({ lb: { hosts: 'stray.local' } })], [task({ address: '10.9.9.9' }), ...now(three)]),
  )
  const [stray] = read.backends.values()
  if (stray === undefined) throw new Error('no backend')
  const drifted = recall({ ...before, backends: new Map([['web.local', stray]]) }, before)
  expect(brief(planChanges(routing, drifted, planFacts()))).toEqual([
    'live',
    'add-server web.local/web.2.webtask2',
    'move-server web.local/web.1.webtask1',
    'check-server web.local/web.2.webtask2',
    'open-server web.local/web.2.webtask2',
    'add-route web.local/',
    'remove-route stray.local/',
    'close-server web.local/web.3.webtask3',
    'delete-server web.local/web.3.webtask3',
  ])
})

test('health checks that were left switched off are switched on', () => {
  const routing = route([web], now(one))
  const read = observedFrom(routing)
  const switchedOff = (backend: ObservedBackend): ObservedBackend => ({
    ...backend,
    servers: new Map([...backend.servers].map(([name, server]) => [name, { ...server, checks: 'off' }])),
  })
  const backends = new Map([...read.backends].map(([name, backend]) => [name, switchedOff(backend)]))
  const observed = adopt({ ...read, backends }, routing)
  expect(brief(planChanges(routing, observed, planFacts()))).toEqual([
    'live',
    'check-server web.local/web.1.webtask1',
  ])
})

test.for([
  { admin: 'drain', weight: 1, plan: ['live', 'open-server web.local/web.1.webtask1'] },
  { admin: 'maint', weight: 1, plan: ['live', 'open-server web.local/web.1.webtask1'] },
  { admin: 'ready', weight: 9, plan: ['live', 'weigh-server web.local/web.1.webtask1'] },
] as const)(
  'a server found in $admin with weight $weight is put right',
  ({ admin, weight, plan: expected }) => {
    const routing = route([web], now(one))
    const observed = observedFrom(routing)
    const backends = new Map(
      [...observed.backends].map(([name, backend]) => {
        const servers = [...backend.servers].map(
          ([server, is]) => [server, { ...is, admin, weight }] as const,
        )
        return [name, { ...backend, servers: new Map(servers) }] as const
      }),
    )
    expect(brief(planChanges(routing, { ...observed, backends }, planFacts()))).toEqual(expected)
  },
)

/** A HAProxy whose second task's server is closing since 0, because its sessions go on. */
function closing(): { readonly routing: Routing; readonly observed: Observed } {
  const routing = route([web], now(one))
  const observed = running(route([web], now(one, two)))
  const made = planChanges(routing, observed, planFacts())
  const actions = made.kind === 'nothing' ? [] : made.actions
  const busy = actions.filter((action) => action.kind === 'delete-server')
  return { routing, observed: carryForward(observed, made.placed, { actions, busy }, 0) }
}

test.for([
  { nowMs: 19, plan: ['nothing'] },
  { nowMs: 20, plan: ['live', 'delete-server web.local/web.2.webtask2'] },
  {
    nowMs: 30_000,
    plan: ['live', 'end-sessions web.local/web.2.webtask2', 'delete-server web.local/web.2.webtask2'],
  },
])(
  'a server that is still busy is asked for again, and after $nowMs ms: $plan',
  ({ nowMs, plan: expected }) => {
    const { routing, observed } = closing()
    const made = planChanges(routing, observed, planFacts({ nowMs, drainTimeoutMs: 30_000 }))
    expect(brief(made)).toEqual(expected)
  },
)

test('a closing server whose task is wanted again is opened', () => {
  const { observed } = closing()
  expect(brief(planChanges(route([web], now(one, two)), observed, planFacts({ nowMs: 1 })))).toEqual([
    'live',
    'open-server web.local/web.2.webtask2',
  ])
})

test('a task that is to stop leaves rotation at once', () => {
  const stopping = task({ slot: 1, desiredState: 'shutdown' })
  expect(plan(route([web], now(one, two)), route([web], [stopping, ...now(two)]))).toEqual([
    'live',
    'close-server web.local/web.1.webtask1',
    'delete-server web.local/web.1.webtask1',
  ])
})
