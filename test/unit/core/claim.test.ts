import { expect, test } from 'vitest'
import { claimOf } from '../../../agent/core/claim.ts'
import type { Service } from '../../../agent/core/snapshot.ts'
import { topologyOf } from '../../../agent/core/topology.ts'
import { lb, service, snapshot, tasks } from '../../support/builders.ts'

const topology = topologyOf(snapshot(), undefined)
const claim = (given: Service, serviceCluster = '') =>
  claimOf(given, tasks('web', 2), topology, { serviceCluster, isTlsOn: true })
const codes = (given: Service, serviceCluster = '') =>
  claim(given, serviceCluster)?.problems.map((problem) => problem.code)

test('a service asks for its hosts, in its own order, below its path', () => {
  const made = claim(service({ lb: { hosts: 'b.local,a.local', context_root: '/app' } }))
  expect(made).toMatchObject({
    service: { id: 'id-web', name: 'web', mode: 'task', networkIds: ['net-demo'] },
    hosts: ['b.local', 'a.local'],
    paths: ['/app'],
    isDefault: false,
    problems: [],
  })
  expect(made?.servers).toHaveLength(2)
})

test('a default backend needs no host', () => {
  const made = claim(service({ labels: lb({ default_backend: 'true', port: 80 }) }))
  expect(made).toMatchObject({ hosts: [], isDefault: true, problems: [] })
})

test('a service that is passed through has no path and no certificate here, and is no default', () => {
  const labels = {
    ssl_passthrough: 'true',
    context_root: '/app',
    ssl_cert: 'web.pem',
    default_backend: 'true',
  }
  const made = claimOf(service({ lb: labels }), tasks('web', 1), topology, {
    serviceCluster: '',
    isTlsOn: true,
  })
  expect(made).toMatchObject({ hosts: ['web.local'], paths: [''], isDefault: false, isPassthrough: true })
  expect(made?.problems.map(({ code, label }) => `${code} ${label}`)).toEqual([
    'passthrough-not-possible com.docker.lb.default_backend',
    'passthrough-not-possible com.docker.lb.context_root',
    'passthrough-not-possible com.docker.lb.ssl_cert',
  ])
})

test.for([
  { title: 'without any label for an edge', service: service({ labels: { hosts: 'web.local' } }) },
  { title: 'that is a job', service: service({ mode: 'job' }) },
  { title: 'of another service cluster', service: service({ lb: { service_cluster: 'blue' } }) },
  {
    title: 'of another service cluster, whatever else its labels say',
    service: service({ lb: { service_cluster: 'blue', context_root: 'no path', port: 'http' } }),
  },
])('a service $title asks for nothing, and is no problem', ({ service: each }) => {
  expect(claim(each)).toBeUndefined()
})

test('an edge of a cluster publishes its own services, and no others', () => {
  expect(claim(service({ lb: { service_cluster: 'blue' } }), 'blue')?.hosts).toEqual(['web.local'])
  expect(claim(service(), 'blue')).toBeUndefined()
})

test.for([
  { title: 'hosts', labels: { port: '80' }, codes: ['hosts-missing'] },
  { title: 'port', labels: { hosts: 'a.local' }, codes: ['port-missing'] },
  { title: 'both', labels: { backend_mode: 'vip' }, codes: ['hosts-missing', 'port-missing'] },
])('a service that lacks $title is not published, and hears why', ({ labels, codes: expected }) => {
  const given = service({ labels: lb(labels) })
  expect(codes(given)).toEqual(expected)
  expect(claim(given)).toMatchObject({ hosts: [], isDefault: false, servers: [] })
})

test('a value at fault is not called missing as well', () => {
  expect(codes(service({ lb: { hosts: 'a b', port: 'http' } }))).toEqual(['host-invalid', 'port-invalid'])
})

test.for([
  { label: 'context_root', text: 'app', code: 'context-root-invalid' },
  { label: 'service_cluster', text: 'b l u e', code: 'service-cluster-invalid' },
])('a mistyped $label never lets a service take a whole host', ({ label, text, code }) => {
  const given = service({ lb: { [label]: text, default_backend: 'true' } })
  expect(codes(given)).toEqual([code])
  expect(claim(given)).toMatchObject({ hosts: [], isDefault: false })
})

test('a service that is not published looks for no network', () => {
  expect(codes(service({ labels: lb({ hosts: 'a.local' }), networkIds: [] }))).toEqual(['port-missing'])
})
