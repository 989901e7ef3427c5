// What golden files do not show: bounds, odd questions, and what is known where no engine answers.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { computeRouting } from '../../../../agent/core/desired.ts'
import { backendsOf, explain, explainObserved } from '../../../../agent/core/explain/explain.ts'
import type { ExplainSettings } from '../../../../agent/core/explain/facts.ts'
import { parseQuestion } from '../../../../agent/core/explain/question.ts'
import { holdBack, newcomerKey } from '../../../../agent/core/newcomers.ts'
import type { Snapshot } from '../../../../agent/core/snapshot.ts'
import { observedFrom, service, snapshot, task, tasks } from '../../../support/builders.ts'

const settings: ExplainSettings = {
  serviceCluster: '',
  isTlsOn: true,
  httpBind: ['127.0.0.1:8080'],
  httpsBind: ['127.0.0.1:8443'],
  httpsPort: 8443,
  networks: 'auto',
}
const shop = snapshot({ services: [service({ name: 'shop' })], tasks: tasks('shop', 2) })

function ask(text: string, swarm: Snapshot = shop) {
  const { routing } = computeRouting(swarm, settings)
  return explain(parseQuestion(text), { snapshot: swarm, routing, observed: observedFrom(routing), settings })
}

describe('an explanation', () => {
  test('is given for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.webUrl(), fc.domain()), (text) => {
        const { isServed, reasons, verdict } = ask(text)
        expect(isServed).toBe(false)
        expect(reasons.length).toBeGreaterThan(0)
        expect(verdict).not.toMatch(/\p{Cc}/u)
      }),
    )
  })

  test('does not grow with the servers and routes that it is about, and counts what it leaves out', () => {
    const hosts = Array.from({ length: 300 }, (_, index) => `h${index}.local`).join(',')
    const many = snapshot({ services: [service({ name: 'shop', lb: { hosts } })], tasks: tasks('shop', 200) })
    const [way] = ask('shop', many).ways
    expect(way).toMatchObject({ routesLeftOut: 280, serversLeftOut: 150, takingRequests: 200 })
    expect([way?.routes.length, way?.servers.length]).toEqual([20, 50])
    expect(ask('shop', many).verdict).toBe(
      'shop is served at h0.local, h1.local, h10.local and 297 more: all 200 servers take requests.',
    )
  })

  test('shows servers that take requests first, whatever they are called', () => {
    const some = snapshot({
      services: [service({ name: 'shop' })],
      tasks: [...tasks('shop', 60, { state: 'starting' }), task({ service: 'shop', slot: 99 })],
    })
    expect(ask('shop', some).ways[0]?.servers[0]?.name).toBe('shop.99.shoptask99')
  })

  test('is the same for a routing from which servers that do not listen yet were taken', () => {
    const { routing } = computeRouting(shop, settings)
    const server = routing.backends.get('shop.local')?.servers[0]
    const held = holdBack(routing, new Set(server === undefined ? [] : [newcomerKey(server)]), routing)
    const observed = observedFrom(held)
    const question = parseQuestion('shop')
    const fromHeld = explain(question, { snapshot: shop, routing: held, observed, settings })
    expect(fromHeld).toEqual(explain(question, { snapshot: shop, routing, observed, settings }))
    expect(fromHeld.ways[0]?.servers.map(({ state }) => state)).toEqual(['open', 'held'])
  })

  test('names the backends whose servers HAProxy can be asked about', () => {
    expect(backendsOf(ask('shop.local'))).toEqual(['shop.local'])
    expect(backendsOf(ask('nobody.local'))).toEqual([])
  })

  test.for([
    ['shop:8080', 'request'],
    ['id-sho', 'service'],
    ['id-shop', 'service'],
    ['id-s', 'nothing'],
    ['localhost', 'request'],
    ['http://shop', 'request'],
    ['shop', 'service'],
  ] as const)('takes %s for a %s', ([text, about]) => {
    expect(ask(text).about).toBe(about)
  })

  test('a word that no service is called is a host where a route is there for it', () => {
    const named = snapshot({
      services: [service({ name: 'shop', lb: { hosts: 'store' } })],
      tasks: tasks('shop', 1),
    })
    expect(ask('store', named)).toMatchObject({ about: 'request', isServed: true })
  })

  test('warns of a port on which this edge does not listen, and of no other', () => {
    const codes = (text: string) => ask(text).reasons.map(({ code }) => code)
    expect(codes('shop.local:8080')).toEqual([])
    expect(codes('http://shop.local:81')).toEqual(['port-not-served'])
    expect(codes('http://shop.local')).toEqual([])
  })
})

describe('where no engine answers, an explanation', () => {
  const { routing } = computeRouting(
    snapshot({
      services: [service({ name: 'shop' }), service({ name: 'mail', lb: { backend_mode: 'vip' } })],
      tasks: [
        ...tasks('shop', 2),
        task({ service: 'shop', slot: 3, state: 'starting' }),
        task({ service: 'mail' }),
      ],
    }),
    settings,
  )
  const observed = observedFrom(routing)
  const look = (text: string, statuses?: ReadonlyMap<string, string>) =>
    explainObserved(parseQuestion(text), {
      observed,
      settings,
      ...(statuses === undefined ? {} : { statuses }),
    })

  test("follows a request through HAProxy's own routes and servers", () => {
    expect(look('shop.local')).toMatchObject({
      isServed: true,
      verdict: 'shop.local is served by shop: 2 of 3 servers take requests.',
      basis: { swarm: false, haproxy: { version: '3.0.11' } },
      ways: [{ backend: 'shop.local', services: [{ name: 'shop', mode: 'task' }] }],
      reasons: [],
    })
  })

  test('knows a service by the names of its servers', () => {
    expect(look('shop')).toMatchObject({ about: 'service', isServed: true, ways: [{ takingRequests: 2 }] })
    expect(look('mail')).toMatchObject({
      about: 'service',
      isServed: true,
      ways: [{ services: [{ mode: 'vip' }] }],
    })
    expect(look('blog')).toMatchObject({ about: 'nothing', reasons: [{ code: 'service-unknown' }] })
  })

  test('says which servers are down', () => {
    const statuses = new Map([
      ['shop.local/shop.1.shoptask1', 'DOWN'],
      ['shop.local/shop.2.shoptask2', 'DOWN 1/1'],
    ])
    expect(look('shop.local', statuses)).toMatchObject({
      isServed: false,
      reasons: [{ code: 'server-down' }],
    })
  })

  test('names the nearest host where there is no route', () => {
    expect(look('shpo.local').reasons).toMatchObject([
      { code: 'host-unknown', cure: 'Did you mean shop.local?' },
    ])
  })
})
