import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { adopt } from '../../../agent/core/observed.ts'
import { planChanges } from '../../../agent/core/plan.ts'
import type { Material } from '../../../agent/core/snapshot.ts'
import { observedFrom, planFacts, routingSettings, service, snapshot, task } from '../../support/builders.ts'

const label = 'com.tidegate.lb.basic_auth'
const users = (digest: string): Material => ({
  name: 'staff',
  from: 'secret',
  digest: digest.repeat(32),
  users: ['anna', 'bob'],
})
const asking = service({ lb: { hosts: 'web.local', [label]: 'staff' } })

function world(materials: readonly Material[], more: Readonly<Record<string, string>> = {}) {
  const services = [service({ lb: { hosts: 'web.local', [label]: 'staff', ...more } })]
  return snapshot({ services, tasks: [task()], materials })
}

function routed(materials: readonly Material[], more?: Readonly<Record<string, string>>) {
  const { routing, materialNames } = computeRouting(world(materials, more), routingSettings())
  const [backend] = routing.backends.values()
  return {
    users: backend?.options.users,
    problems: routing.problems.map(({ code, severity }) => `${severity} ${code}`),
    materialNames,
    backend,
  }
}

test('a backend knows its users by the name of their file and its digest', () => {
  const { problems, materialNames, ...found } = routed([users('a1')])
  expect([found.users, problems]).toEqual([{ name: 'staff', digest: 'a1'.repeat(32) }, []])
  expect(materialNames).toEqual(['staff'])
})

test('in the folder the ending may be left out', () => {
  const file: Material = { ...users('a1'), name: 'staff.htpasswd', from: 'folder' }
  expect(routed([file]).problems).toEqual([])
})

test.for([
  { title: 'no file', materials: [], code: 'error users-missing' },
  {
    title: 'a file without users',
    materials: [{ name: 'staff', from: 'secret', digest: 'd', usersFault: 'line 1: no hash' } as const],
    code: 'error users-broken',
  },
  {
    title: 'a certificate',
    materials: [{ name: 'staff', from: 'secret', digest: 'd', key: { publicKey: 'p' } } as const],
    code: 'error users-broken',
  },
])('$title: nobody is served, and the problem says so', ({ materials, code }) => {
  const { users: found, problems } = routed(materials)
  expect([found, problems]).toEqual([{ name: 'staff' }, [code]])
})

test('a label that cannot be read lets nobody in either', () => {
  const { users: found, problems } = routed([users('a1')], { [label]: '../etc/passwd' })
  expect([found, problems]).toEqual([{ name: '' }, ['error users-missing']])
})

test('a service that is passed through is not published without its passwords', () => {
  const { backend, problems } = routed([users('a1')], { ssl_passthrough: 'true' })
  expect([backend, problems]).toEqual([undefined, ['error passthrough-not-possible']])
})

test.for([
  { title: 'an open one', older: {}, served: ['older'], problems: ['error option-differs younger'] },
  {
    title: 'one with other users',
    older: { [label]: 'crew' },
    served: ['older'],
    problems: ['error option-differs younger', 'error users-missing older'],
  },
  { title: 'one with the same', older: { [label]: 'staff' }, served: ['older', 'younger'], problems: [] },
])('a service that asks for passwords shares the route of $title only behind them', (given) => {
  const on = (name: string, createdAt: string, more: object) =>
    service({ name, createdAt, lb: { hosts: 'web.local', ...more } })
  const services = [
    on('older', '2026-01-01T00:00:00Z', given.older),
    on('younger', '2026-02-01T00:00:00Z', { [label]: 'staff' }),
  ]
  const tasks = [task({ service: 'older' }), task({ service: 'younger', address: '10.0.0.99' })]
  const { routing } = computeRouting(
    snapshot({ services, tasks, materials: [users('a1')] }),
    routingSettings(),
  )
  const backend = routing.backends.get('web.local')
  expect(backend?.services.map(({ name }) => name)).toEqual(given.served)
  expect(backend?.servers).toHaveLength(given.served.length)
  const told = routing.problems.map(({ severity, code, service: whose }) => `${severity} ${code} ${whose}`)
  expect(told.sort()).toEqual(given.problems)
})

test('a service without passwords that joins one with them is behind them', () => {
  const services = [
    service({
      name: 'older',
      createdAt: '2026-01-01T00:00:00Z',
      lb: { hosts: 'web.local', [label]: 'staff' },
    }),
    service({ name: 'younger', createdAt: '2026-02-01T00:00:00Z', lb: { hosts: 'web.local' } }),
  ]
  const world = snapshot({ services, tasks: [task({ service: 'older' })], materials: [users('a1')] })
  const { routing } = computeRouting(world, routingSettings())
  expect(routing.backends.get('web.local')).toMatchObject({
    options: { users: { digest: 'a1'.repeat(32) } },
    services: [{ name: 'older' }, { name: 'younger' }],
  })
})

test('another content of the file is a reload; the same one leaves the backend as it is', () => {
  const services = [asking]
  const [tasks, nodes] = [[task()], snapshot().nodes]
  const at = (materials: readonly Material[]) => ({ ...snapshot({ nodes }), services, tasks, materials })
  const settings = routingSettings()
  const first = computeRouting(at([users('a1')]), settings)
  const same = computeRouting(at([users('a1')]), settings, new Map(), first.memo)
  expect(same.routing.backends.get('web.local')).toBe(first.routing.backends.get('web.local'))
  const next = computeRouting(at([users('b2')]), settings, new Map(), same.memo)
  const anew = computeRouting(at([users('b2')]), settings)
  expect(next.routing).toEqual(anew.routing)
  const running = adopt(observedFrom(first.routing), first.routing)
  const plan = planChanges(next.routing, running, planFacts())
  expect(plan).toMatchObject({ kind: 'reload', reasons: [{ kind: 'options-changed' }] })
  const gone = computeRouting(at([]), settings, new Map(), next.memo)
  expect(gone.routing).toEqual(computeRouting(at([]), settings).routing)
  expect(gone.routing.backends.get('web.local')?.options.users).toEqual({ name: 'staff' })
})
