import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { adopt } from '../../../agent/core/observed.ts'
import { optionView } from '../../../agent/core/option-view.ts'
import { planChanges } from '../../../agent/core/plan.ts'
import type { Service } from '../../../agent/core/snapshot.ts'
import { backendView } from '../../../agent/core/view.ts'
import { configSettings, observedFrom, planFacts, service, snapshot, tasks } from '../../support/builders.ts'

const route = (...services: readonly Service[]) =>
  computeRouting(snapshot({ services, tasks: services.flatMap(({ name }) => tasks(name, 1)) }), {
    serviceCluster: '',
    isTlsOn: true,
  }).routing

const older = (lb: Readonly<Record<string, string>>) =>
  service({ name: 'older', lb: { hosts: 'a.local', ...lb } })
const younger = (lb: Readonly<Record<string, string>>) =>
  service({ name: 'younger', createdAt: '2026-11-25T10:00:00Z', lb: { hosts: 'a.local', ...lb } })

test('on a shared route the options of the older service stand, and the younger one is told once', () => {
  const labels = { hosts: 'a.local,b.local', context_root: '/x,/y' }
  const { backends, problems } = route(
    older({ ...labels, ip_hash: 'true' }),
    younger({ ...labels, sticky_session_cookie: 'sid' }),
  )
  expect([...backends.values()].map(({ options }) => options)).toEqual([{ ipHash: true }, { ipHash: true }])
  expect(problems).toMatchObject([
    {
      code: 'option-differs',
      severity: 'warning',
      service: 'younger',
      label: 'com.docker.lb.sticky_session_cookie',
      found: '"sid"',
      expected: 'no such label, as on the older service "older"',
    },
  ])
})

test('an option that both ask for alike is no problem, nor one that only the older asks for', () => {
  expect(route(older({ ip_hash: 'true' }), younger({ ip_hash: '1' })).problems).toEqual([])
  expect(route(older({ ip_hash: 'true' }), younger({})).problems).toEqual([])
  expect(route(older({ ip_hash: 'true' }), younger({ ip_hash: 'false' })).problems).toEqual([])
})

test('services that share only some of their routes have their own options on their own', () => {
  const { backends } = route(older({}), younger({ hosts: 'a.local,b.local', ip_hash: 'true' }))
  expect([...backends.values()].map(({ routes, options }) => [routes, options])).toEqual([
    [['a.local/'], {}],
    [['b.local/'], { ipHash: true }],
  ])
})

test('each path has its own backend, so that each is cut off by its own length', () => {
  const { backends } = route(older({ context_root: '/app,/api/v2', context_root_rewrite: 'true' }))
  const shown = [...backends.values()].map((backend) => [
    backend.routes,
    backendView(backend, configSettings()).rewrite,
  ])
  expect(shown).toEqual([
    [['a.local/api/v2/'], { path: '/api/v2', folder: '/api/v2/', location: '/api/v2/', length: 7 }],
    [['a.local/app/'], { path: '/app', folder: '/app/', location: '/app/', length: 4 }],
  ])
})

test('a percent sign of a path is doubled where it is told to the client', () => {
  const [backend] = route(older({ context_root: '/a%20b', context_root_rewrite: 'true' })).backends.values()
  expect(backend && backendView(backend, configSettings()).rewrite).toMatchObject({
    path: '/a%20b',
    location: '/a%%20b/',
  })
})

test('without a path there is nothing to cut off', () => {
  const [backend] = route(older({ context_root_rewrite: 'true' })).backends.values()
  expect(backend?.options).toEqual({})
})

test.for([
  [{}, 'roundrobin', false],
  [{ sticky_session_cookie: 'sid' }, 'hash req.cook(sid)', true],
  [{ ip_hash: 'true' }, 'source', true],
  [{ ip_hash: 'true', backend_mode: 'vip' }, 'roundrobin', false],
] as const)('%j is balanced by %s', ([labels, balance, isHashed]) => {
  const [backend] = route(older(labels)).backends.values()
  expect(backend && backendView(backend, configSettings())).toMatchObject({ balance, isHashed })
})

test('a changed option is a reload, and taking it back is none any more', () => {
  const before = route(older({}))
  const after = route(older({ ip_hash: 'true' }))
  const running = adopt(observedFrom(before), before)
  expect(planChanges(after, running, planFacts())).toMatchObject({
    kind: 'reload',
    actions: [],
    reasons: [{ kind: 'options-changed', text: 'options of backend a.local changed' }],
  })
  expect(planChanges(route(older({})), running, planFacts()).kind).toBe('nothing')
})

test.for([
  [{ sticky_session_cookie: 'sid', ip_hash: 'true' }, { stickySessionCookie: 'sid' }, ['ip_hash']],
  [{ ip_hash: 'true', 'com.tidegate.lb.balance': 'random' }, { ipHash: true }, ['balance']],
  [{ ip_hash: 'false', 'com.tidegate.lb.balance': 'random' }, { balance: 'random' }, []],
  [{ 'com.tidegate.lb.health_check_host': 'a.local' }, {}, ['health_check_host']],
  [{ 'com.tidegate.lb.compression': 'false' }, {}, []],
] as const)('of %j the options %j are left', ([labels, options, overruled]) => {
  const { backends, problems } = route(older(labels))
  expect([...backends.values()].map((backend) => backend.options)).toEqual([options])
  expect(problems.map(({ code, label = '' }) => [code, label.split('.').at(-1)])).toEqual(
    overruled.map((label) => ['option-without-effect', label]),
  )
})

test('what is passed through keeps the options of connections, and says which it cannot have', () => {
  const own = {
    'com.tidegate.lb.timeout_server': '5m',
    'com.tidegate.lb.deny': '192.0.2.1',
    'com.tidegate.lb.balance': 'uri',
    'com.tidegate.lb.rate_limit': '5/s',
    'com.tidegate.lb.health_check_path': '/health',
    'com.tidegate.lb.response_header.X-A': 'a',
  }
  const { backends, problems } = route(older({ ssl_passthrough: 'true', ...own }))
  expect([...backends.values()].map(({ options }) => options)).toEqual([
    { timeoutServer: 300_000, deny: ['192.0.2.1'], passthrough: true },
  ])
  expect(problems.map(({ code }) => code)).toEqual(problems.map(() => 'passthrough-not-possible'))
  expect(problems.map(({ label }) => label?.replace('com.tidegate.lb.', ''))).toEqual([
    'balance',
    'health_check_path',
    'rate_limit',
    'response_header.<Name>',
  ])
})

test('headers that differ are told as one, with what both say', () => {
  const header = (name: string, value: string) => ({ [`com.tidegate.lb.response_header.${name}`]: value })
  const { problems } = route(
    older(header('X-A', '1')),
    younger({ ...header('X-A', '1'), ...header('X-B', '2') }),
  )
  expect(problems).toMatchObject([
    {
      code: 'option-differs',
      label: 'com.tidegate.lb.response_header.<Name>',
      found: '"X-A: 1", "X-B: 2"',
      expected: '"X-A: 1", as on the older service "older"',
    },
  ])
  expect(route(older(header('X-A', '1')), younger(header('X-A', '1'))).problems).toEqual([])
})

test('long lists of addresses are written in lines of fifty', () => {
  const allow = Array.from({ length: 120 }, (_, index) => `10.0.0.${index}`)
  const [backend] = route(older({ 'com.tidegate.lb.allow': allow.join() })).backends.values()
  const lines = (backend && optionView(backend.name, backend.options).allowed) ?? []
  expect(lines.map((line) => line.split(' ').length)).toEqual([50, 50, 20])
  expect(lines.join(' ')).toBe(allow.join(' '))
})

test.for([
  ['an open one', {}, { allow: '10.0.0.0/8' }, ['older']],
  ['one that lets others in', { allow: '10.0.0.0/8,192.0.2.1' }, { allow: '10.0.0.0/8' }, ['older']],
  ['one that lets the same in', { allow: '10.0.0.0/8' }, { allow: '10.0.0.0/8' }, ['older', 'younger']],
  ['one that denies nobody', {}, { deny: '192.0.2.1' }, ['older']],
  ['one that lets few in', { allow: '10.0.0.0/8' }, {}, ['older', 'younger']],
] as const)(
  'a service that says who comes in shares the route of %s only if they agree',
  ([, first, second, served]) => {
    const own = (labels: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(labels).map(([label, text]) => [`com.tidegate.lb.${label}`, text]))
    const { backends, problems } = route(older(own(first)), younger(own(second)))
    expect([...backends.values()].flatMap(({ services }) => services.map(({ name }) => name))).toEqual(served)
    expect(problems.map(({ severity, code, service: whose }) => `${severity} ${code} ${whose}`)).toEqual(
      served.length === 2 ? [] : ['error option-differs younger'],
    )
  },
)
