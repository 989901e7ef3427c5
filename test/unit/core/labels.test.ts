import { expect, test } from 'vitest'
import { hasEdgeLabels, readLabels } from '../../../agent/core/labels/read.ts'
import { labelPrefix } from '../../../agent/core/labels/row.ts'
import { labelFamilies, labelTable } from '../../../agent/core/labels/table.ts'
import { lb, service } from '../../support/builders.ts'

test('every label of the table is read, and its example is a good value', () => {
  const examples = [
    ...Object.values(labelTable).map(({ label, example }) => [label, example]),
    ...Object.values(labelFamilies).map(({ label, example }) => [label + example.member, example.value]),
  ]
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
    redirects: [{ source: 'http://old.demo.local', host: 'old.demo.local', target: 'https://demo.local' }],
    sslCert: 'demo.local.pem',
    sslKey: 'demo.local.key',
    sslPassthrough: true,
    contextRootRewrite: true,
    sslOnly: true,
    stickySessionCookie: 'session',
    ipHash: true,
    websocketEndpoints: ['/ws'],
    balance: 'leastconn',
    retryNonIdempotent: true,
    compression: true,
    timeoutConnect: 2000,
    timeoutServer: 300_000,
    timeoutQueue: 10_000,
    timeoutTunnel: 43_200_000,
    healthCheckPath: '/health',
    healthCheckStatus: '200-299',
    healthCheckHost: 'demo.local',
    allow: ['10.0.0.0/8', '2001:db8::/32'],
    deny: ['192.0.2.7'],
    rateLimit: { requests: 100, periodMs: 1000 },
    maxBodySize: 10_485_760,
    basicAuth: 'demo-users',
    hsts: 'max-age=31536000; includeSubDomains',
    maxFails: 3,
    failTimeout: 10_000,
    healthCheckInterval: 10_000,
    sslBackend: true,
    sslBackendTlsVerify: 'required',
    proxyProtocol: 'v2',
    weight: 10,
    maintenance: true,
    requestHeaders: [{ name: 'X-Environment', value: 'production' }],
    responseHeaders: [{ name: 'X-Frame-Options', value: 'DENY' }],
  })
})

test('a label that is absent has no value, and causes no problem here', () => {
  const { values, problems } = readLabels(service({ labels: {} }))
  expect(problems).toEqual([])
  expect(new Set(Object.values(values))).toEqual(new Set([undefined]))
})

test('the members of a family are sorted by name, and of two with one name the first counts', () => {
  const set = (member: string) => `com.tidegate.lb.response_header.${member}`
  const labels = {
    [set('x-b')]: '1',
    [set('X-a')]: '2',
    [set('X-B')]: '3',
    [set('Host')]: '4',
    [set('')]: '5',
  }
  const { values, problems } = readLabels(service({ labels }))
  expect(values.responseHeaders).toEqual([
    { name: 'X-a', value: '2' },
    { name: 'X-B', value: '3' },
  ])
  expect(problems.map(({ label, found }) => [label, found])).toEqual([
    [set(''), '""'],
    [set('Host'), '"Host"'],
    [set('x-b'), '"x-b"'],
  ])
})

test('a family has so many members at most', () => {
  const labels = Object.fromEntries(
    Array.from({ length: 51 }, (_, index) => [`com.tidegate.lb.request_header.X-${100 + index}`, 'v']),
  )
  const { values, problems } = readLabels(service({ labels }))
  expect(values.requestHeaders).toHaveLength(50)
  expect(problems).toMatchObject([
    { code: 'option-invalid', expected: 'at most 50, and 2048 bytes together' },
  ])
})

test('a family has so many bytes at most: HAProxy keeps room for no more beside a body', () => {
  const labels = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [`com.tidegate.lb.response_header.X-${name}`, 'v'.repeat(1000)]),
  )
  const { values, problems } = readLabels(service({ labels }))
  expect(values.responseHeaders).toHaveLength(2)
  expect(problems).toMatchObject([{ code: 'option-invalid', label: 'com.tidegate.lb.response_header.X-c' }])
})

test('a list that allows clients allows nobody where nothing of it can be read', () => {
  for (const text of ['everybody', 'x'.repeat(70_000), '']) {
    const { values, problems } = readLabels(service({ lb: { 'com.tidegate.lb.allow': text } }))
    expect(values.allow).toEqual([])
    expect(problems).toHaveLength(1)
  }
  expect(readLabels(service({ lb: { 'com.tidegate.lb.allow': '10.0.0.1,x' } })).values.allow).toEqual([
    '10.0.0.1',
  ])
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
  const { problems } = readLabels(service({ lb: { typo: 'b' } }))
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['label-unknown', 'warning']])
})
