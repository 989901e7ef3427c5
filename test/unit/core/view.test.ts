import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { backendView, configView, routeLines, structureLine } from '../../../agent/core/view.ts'
import { configSettings, routingSettings, service, snapshot, task } from '../../support/builders.ts'

const route = (...services: Parameters<typeof service>[0][]) =>
  computeRouting(
    snapshot({
      services: services.map((each) => service(each)),
      tasks: [
        task(),
        task({
          slot: 2,
          state: 'starting',
          attachments: [{ networkId: 'net-demo', addresses: ['fd00::2'] }],
        }),
      ],
    }),
    routingSettings(),
  ).routing

const plainEdge = { passesThrough: false, defaultFile: undefined }

test.for([
  [0, '0s'],
  [1000, '1s'],
  [1500, '1500ms'],
  [3_600_000, '3600s'],
] as const)('%d milliseconds are written %s', ([timeMs, text]) => {
  expect(configView(configSettings({ tunnelTimeoutMs: timeMs }), '', plainEdge).timeouts.tunnel).toBe(text)
})

test.for([
  ['edge-1', "'edge-1'"],
  ['two words', "'two words'"],
  ["it's", String.raw`'it'\''s'`],
  ['100%[src]', "'100%%[src]'"],
] as const)('the text %j of a header is written %s', ([text, written]) => {
  const view = configView(configSettings({ proxyId: text, serverInfo: text }), '', plainEdge)
  expect([view.proxyId, view.serverInfo]).toEqual([written, written])
})

test('the digest stands in the description, by which an agent knows its own work', () => {
  expect(configView(configSettings(), '5f0c', plainEdge).description).toBe("'tidegate structure=5f0c'")
})

test('a backend shows its services, its routes, and each server in its final form', () => {
  const [backend] = route({}).backends.values()
  expect(backend && backendView(backend, configSettings())).toEqual({
    name: 'web.local',
    services: 'web (task)',
    routes: ['web.local/'],
    passthrough: false,
    tlsOnly: false,
    tlsPort: '',
    balance: 'roundrobin',
    isHashed: false,
    timeouts: [],
    healthCheck: undefined,
    allowed: undefined,
    denied: [],
    rateLimit: undefined,
    maxBodySize: undefined,
    retriesAll: false,
    rewrite: undefined,
    requestHeaders: [],
    responseHeaders: [],
    hsts: undefined,
    compression: false,
    servers: [
      { name: 'web.1.webtask1', address: '10.0.0.11:8080', keywords: 'weight 1 check', disabled: false },
      { name: 'web.2.webtask2', address: '[fd00::2]:8080', keywords: 'weight 1 check', disabled: true },
    ],
  })
})

test('the route map is sorted by key, over all backends', () => {
  const routing = route(
    { name: 'b', lb: { hosts: 'z.local,a.local' } },
    { name: 'a', lb: { hosts: 'm.local' } },
  )
  expect(routeLines(routing)).toEqual(['a.local/ z.local', 'm.local/ m.local', 'z.local/ z.local'])
})

test('servers and routes are not part of the structure, backends and options are', () => {
  const structure = (labels: Record<string, string | number>) =>
    [...route({ lb: labels }).backends.values()].map(structureLine)
  const one = structure({ hosts: 'a.local' })
  expect(structure({ hosts: 'a.local,b.local', port: 9090 })).toEqual(one)
  expect(structure({ hosts: 'b.local' })).not.toEqual(one)
})
