import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { HostOwner } from '../../../agent/core/settings.ts'
import { lb, routingSettings, service, snapshot, tasks } from '../../support/builders.ts'

const owners: readonly HostOwner[] = [
  { hosts: '*.shop.local', services: ['shop_*', 'store'] },
  { hosts: 'admin.shop.local', services: ['infra_*'] },
  { hosts: '*.deep.shop.local', services: ['deep'] },
]

function published(name: string, labels: Readonly<Record<string, string>>, rules = owners) {
  const world = snapshot({
    services: [service({ name, labels: lb({ port: 80, ...labels }) })],
    tasks: tasks(name, 1),
  })
  const { backends, problems } = computeRouting(world, routingSettings({ hostOwners: rules })).routing
  return {
    routes: [...backends.values()].flatMap(({ routes }) => routes),
    problems: problems.map(({ code, found }) => [code, found]),
  }
}

test.for([
  ['shop_web', 'a.shop.local', true],
  ['shop_web', 'a.b.shop.local', true],
  ['store', '*.shop.local', true],
  ['web', 'a.shop.local', false],
  ['web', '*.shop.local', false],
  ['shop', 'a.shop.local', false],
  ['my_shop_web', 'a.shop.local', false],
  ['storefront', 'a.shop.local', false],
  ['web', 'shop.local', true],
  ['web', 'myshop.local', true],
  ['infra_admin', 'admin.shop.local', true],
  ['shop_web', 'admin.shop.local', false],
  ['infra_admin', 'a.shop.local', false],
  ['deep', 'a.deep.shop.local', true],
  ['shop_web', 'a.deep.shop.local', false],
  ['deep', 'deep.shop.local', false],
] as const)('%s may claim %s: %s', ([name, host, may]) => {
  const { routes, problems } = published(name, { hosts: host })
  expect(routes).toEqual(may ? [`${host.replace('*', '')}/`] : [])
  expect(problems).toEqual(may ? [] : [['host-not-allowed', `"${host}"`]])
})

test('a service loses only what is not its own', () => {
  const { routes, problems } = published('web', { hosts: 'web.local,a.shop.local,www.web.local' })
  expect(routes).toEqual(['web.local/', 'www.web.local/'])
  expect(problems).toEqual([['host-not-allowed', '"a.shop.local"']])
})

test('with a rule for everything hosts that are nobody else’s, and the default, are kept as well', () => {
  const rules = [...owners, { hosts: '*', services: ['web'] }]
  const labels = { hosts: 'any.local', default_backend: 'true' }
  expect(published('web', labels, rules)).toEqual({ routes: ['*/', 'any.local/'], problems: [] })
  expect(published('other', labels, rules)).toEqual({
    routes: [],
    problems: [
      ['host-not-allowed', '"true"'],
      ['host-not-allowed', '"any.local"'],
    ],
  })
  expect(published('shop_web', { hosts: 'a.shop.local' }, rules).problems).toEqual([])
})

test('the default is for anybody while no rule is for everything', () => {
  expect(published('web', { default_backend: 'true' })).toEqual({ routes: ['*/'], problems: [] })
})

test('the problem says whose the host is', () => {
  const world = snapshot({ services: [service({ lb: { hosts: 'a.shop.local' } })] })
  expect(computeRouting(world, routingSettings({ hostOwners: owners })).routing.problems).toMatchObject([
    {
      severity: 'error',
      label: 'com.docker.lb.hosts',
      expected: 'a service called shop_* or store',
      hint: "The edge's setting host-owners keeps *.shop.local for these. Take it off, or ask whoever runs the edge.",
    },
  ])
})
