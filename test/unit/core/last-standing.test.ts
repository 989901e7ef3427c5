import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import {
  closedDoor,
  closedDoorMs,
  type LastStands,
  lastStandMs,
  lastStands,
} from '../../../agent/core/last-standing.ts'
import { holdBack, newcomerKey } from '../../../agent/core/newcomers.ts'
import type { Routing, Server } from '../../../agent/core/routing.ts'
import type { Service, Snapshot } from '../../../agent/core/snapshot.ts'
import { network, routingSettings, service, snapshot, task } from '../../support/builders.ts'

type Tasks = Snapshot['tasks']

const old = { ...task({ service: 'shop', slot: 1 }), id: 'old' }
const coming = { ...task({ service: 'shop', slot: 1 }), id: 'new', state: 'starting' as const }
const running = { ...coming, state: 'running' as const }

function routed(
  tasks: Tasks,
  more: Readonly<Record<string, string>> = {},
  origin?: 'compose' | 'container',
): Routing {
  const shop = { ...service({ name: 'shop', lb: more }), ...(origin !== undefined && { origin }) }
  const world = snapshot({ services: [shop], tasks: [...tasks], networks: [network('demo')] })
  return computeRouting(world, routingSettings()).routing
}

const nobody: LastStands = new Map()
const none: ReadonlySet<string> = new Set()
const serversOf = (stands: LastStands) => stands.get('shop.local')?.servers
const isReady = ({ admin }: Server) => admin === 'ready'

test('the only server stays when its task is told to stop, and goes when another serves', () => {
  const before = routed([old])
  const stands = lastStands(routed([coming]), before, nobody, { awaited: none, nowMs: 1000 })
  expect(serversOf(stands)).toHaveLength(1)
  expect(serversOf(stands)).toEqual(before.backends.get('shop.local')?.servers)
  expect(lastStands(routed([running]), before, stands, { awaited: none, nowMs: 1500 })).toEqual(nobody)
})

test('nobody stays for another service: its requests are not theirs', () => {
  const shop = service({ name: 'shop', lb: { hosts: 'one.local' } })
  const heir = {
    ...service({ name: 'heir', lb: { hosts: 'one.local,two.local' } }),
    createdAt: '2026-11-25T00:00:00Z',
  }
  const route = (services: readonly Service[], tasks: Tasks) =>
    computeRouting(
      snapshot({ services: [...services], tasks: [...tasks], networks: [network('demo')] }),
      routingSettings(),
    ).routing
  const at = { awaited: none, nowMs: 0 }
  expect(lastStands(route([heir], []), route([shop], [old]), nobody, at)).toEqual(nobody)
  // Nor do those that have begun to stay for their own.
  const begun = lastStands(route([shop], [coming]), route([shop], [old]), nobody, at)
  expect([...begun.keys()]).toEqual(['one.local'])
  expect(lastStands(route([heir], []), route([shop], [coming]), begun, { ...at, nowMs: 100 })).toEqual(nobody)
  // One of the same name is another one: it has been made anew.
  const anew = { ...shop, id: 'id-anew' }
  expect(lastStands(route([anew], []), route([shop], [old]), nobody, at)).toEqual(nobody)
})

test('one of several goes at once', () => {
  const other = { ...task({ service: 'shop', slot: 2 }), id: 'other' }
  const stands = lastStands(routed([other]), routed([old, other]), nobody, { awaited: none, nowMs: 0 })
  expect(stands).toEqual(nobody)
})

test('a newcomer that has not accepted a connection does not serve', () => {
  const wanted = routed([running])
  const [newcomer] = wanted.backends.get('shop.local')?.servers ?? []
  if (newcomer === undefined) throw new Error('a server')
  const awaited = new Set([newcomerKey(newcomer)])
  const stands = lastStands(wanted, routed([old]), nobody, { awaited, nowMs: 0 })
  expect(serversOf(stands)).toHaveLength(1)
  const staying = new Map([...stands].map(([name, { servers }]) => [name, servers]))
  const held = holdBack(wanted, awaited, wanted, staying).backends.get('shop.local')?.servers ?? []
  expect(held.filter(isReady).map(({ name }) => name)).toEqual(['shop.1.old'])
  expect(held.map(({ name }) => name).toSorted()).toEqual(['shop.1.new', 'shop.1.old'])
})

test('before its SIGTERM a server gets nothing new: requests wait for the one that comes', () => {
  const wanted = routed([coming])
  const at = (nowMs: number, stands: LastStands) =>
    lastStands(wanted, routed([old]), stands, { awaited: none, nowMs })
  const first = at(0, nobody)
  expect(at(lastStandMs - 1, first)).toEqual(first)
  const second = at(lastStandMs, first)
  expect(serversOf(second)).toMatchObject([{ name: 'shop.1.old', ...closedDoor }])
  expect(second.get('shop.local')?.dueMs).toBe(lastStandMs + closedDoorMs)
  expect(at(lastStandMs + closedDoorMs - 1, second)).toEqual(second)
  expect(at(lastStandMs + closedDoorMs, second)).toEqual(nobody)
})

test('a container that is known to stop has its SIGTERM: its door is closed at once', () => {
  const at = (nowMs: number, stands: LastStands) =>
    lastStands(routed([coming], {}, 'compose'), routed([old], {}, 'compose'), stands, {
      awaited: none,
      nowMs,
    })
  const first = at(0, nobody)
  expect(serversOf(first)).toMatchObject([{ name: 'shop.1.old', ...closedDoor }])
  expect(at(closedDoorMs - 1, first)).toEqual(first)
  expect(at(closedDoorMs, first)).toEqual(nobody)
  const nobodyComes = lastStands(routed([], {}, 'container'), routed([old], {}, 'container'), nobody, {
    awaited: none,
    nowMs: 0,
  })
  expect(nobodyComes).toEqual(nobody)
})

test('of several that are told to stop at once one stands there, as HAProxy would go from one to the next', () => {
  const both = [old, { ...task({ service: 'shop', slot: 2 }), id: 'older' }]
  const at = (nowMs: number, stands: LastStands) =>
    lastStands(routed([coming]), routed(both), stands, { awaited: none, nowMs })
  const first = at(0, nobody)
  expect(serversOf(first)).toHaveLength(2)
  expect(serversOf(at(lastStandMs, first))).toEqual([expect.objectContaining(closedDoor)])
})

test('where nobody comes, nothing waits', () => {
  const at = (nowMs: number, stands: LastStands) =>
    lastStands(routed([]), routed([old]), stands, { awaited: none, nowMs })
  expect(at(lastStandMs, at(0, nobody))).toEqual(nobody)
})

test('once its time is over a server does not come back', () => {
  const wanted = routed([coming])
  expect(lastStands(wanted, wanted, nobody, { awaited: none, nowMs: 9000 })).toEqual(nobody)
})

test('a virtual IP makes no stand', () => {
  const vip = { backend_mode: 'vip' }
  const stands = lastStands(routed([], vip), routed([old], vip), nobody, { awaited: none, nowMs: 0 })
  expect(stands).toEqual(nobody)
})

test('a backend that nobody wants any more makes no stand', () => {
  const empty: Routing = { backends: new Map(), certificates: new Map(), redirects: new Map(), problems: [] }
  expect(lastStands(empty, routed([old]), nobody, { awaited: none, nowMs: 0 })).toEqual(nobody)
})
