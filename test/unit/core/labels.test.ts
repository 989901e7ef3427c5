import { expect, test } from 'vitest'
import { hasEdgeLabels, readLabels } from '../../../agent/core/labels/read.ts'
import { labelPrefix } from '../../../agent/core/labels/row.ts'
import { labelTable } from '../../../agent/core/labels/table.ts'
import { lb, service } from '../../support/builders.ts'

test('every label of the table is read, and its example is a good value', () => {
  const examples = Object.values(labelTable).map(({ label, example }) => [label, example])
  const { values, problems } = readLabels(service({ labels: lb(Object.fromEntries(examples)) }))
  expect(problems).toEqual([])
  expect(values).toEqual({
    hosts: ['demo.local', 'www.demo.local'],
    port: 8080,
    network: 'demo',
    backendMode: 'vip',
    defaultBackend: true,
    serviceCluster: 'production',
    contextRoot: ['/app'],
    contextRootRewrite: true,
    stickySessionCookie: 'session',
    ipHash: true,
  })
})

test('a label that is absent has no value, and causes no problem here', () => {
  const { values, problems } = readLabels(service({ labels: {} }))
  expect(problems).toEqual([])
  expect(new Set(Object.values(values))).toEqual(new Set([undefined]))
})

test("labels without Tidegate's prefix are none of its business", () => {
  const labels = { 'com.docker.stack.namespace': 'shop', 'com.docker.lbx.hosts': 'a', hosts: 'b', '': 'c' }
  expect(hasEdgeLabels(service({ labels }))).toBe(false)
  expect(readLabels(service({ labels })).problems).toEqual([])
})

test.for(['hosts', 'hsots', ''])('any label with the prefix is meant for an edge: %j', (label) => {
  expect(hasEdgeLabels(service({ labels: { [labelPrefix + label]: '' } }))).toBe(true)
})

test('a problem names the service and the whole label', () => {
  const [problem] = readLabels(service({ name: 'shop', lb: { port: 'http' } })).problems
  expect(problem).toEqual({
    code: 'port-invalid',
    severity: 'error',
    serviceId: 'id-shop',
    service: 'shop',
    label: 'com.docker.lb.port',
    found: '"http"',
    expected: 'a port from 1 to 65535',
    hint: 'Write digits only, for example 8080.',
  })
})

test('a label without effect is a warning, since the service is published all the same', () => {
  const { problems } = readLabels(service({ lb: { ssl_cert: 'a', typo: 'b' } }))
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
    ['label-not-supported', 'warning'],
    ['label-unknown', 'warning'],
  ])
})
