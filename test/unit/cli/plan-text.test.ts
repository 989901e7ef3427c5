import { expect, test } from 'vitest'
import { plain } from '../../../agent/cli/paint.ts'
import { actionText, planLines, startLines } from '../../../agent/cli/plan-text.ts'
import type { Action } from '../../../agent/core/action.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Plan } from '../../../agent/core/plan.ts'
import { livePathsOf } from '../../../agent/core/settings.ts'
import { configSettings, routingSettings } from '../../support/builders.ts'
import { service, swarm } from './world.ts'

const worker = { pid: 7, version: '3.2.1', structure: 'a1', stopping: false }
const files = livePathsOf(configSettings())
const placed = { backends: new Map(), certificates: new Map(), redirects: new Map(), problems: [] }
const ref = { backend: 'shop.local', server: 'shop.1.k2' }

function linesOf(plan: Plan): readonly string[] {
  return planLines(plan, worker, files, plain)
}

test('every action reads as a person would say it', () => {
  const actions: readonly Action[] = [
    { kind: 'add-server', ...ref, address: 'fd00::5', port: 8080, weight: 1 },
    { kind: 'move-server', ...ref, address: '10.0.0.5', port: 8080 },
    { kind: 'weigh-server', ...ref, weight: 4 },
    { kind: 'open-server', ...ref },
    { kind: 'add-route', route: 'shop.local/', backend: 'shop.local' },
    { kind: 'move-route', route: 'shop.local/', backend: 'store.local' },
    { kind: 'remove-route', route: 'shop.local/', backend: 'shop.local' },
    { kind: 'close-server', ...ref },
    { kind: 'end-sessions', ...ref },
    { kind: 'delete-server', ...ref },
  ]
  expect(actions.map(actionText)).toEqual([
    'add server shop.1.k2 to shop.local, at [fd00::5]:8080',
    'move server shop.1.k2 of shop.local to 10.0.0.5:8080',
    'give server shop.1.k2 of shop.local the weight 4',
    'open server shop.1.k2 of shop.local: it takes requests',
    'add route shop.local/ to shop.local',
    'move route shop.local/ to store.local',
    'remove route shop.local/ from shop.local',
    'close server shop.1.k2 of shop.local: it takes no new requests',
    'end the sessions of server shop.1.k2 of shop.local: its time is over',
    'delete server shop.1.k2 of shop.local once it is idle',
  ])
})

test('a live plan counts its actions and shows each with its runtime command', () => {
  const actions: readonly Action[] = [
    { kind: 'open-server', ...ref },
    { kind: 'remove-route', route: 'shop.local/', backend: 'shop.local' },
  ]
  expect(linesOf({ kind: 'live', placed, actions })).toEqual([
    'against the live HAProxy 3.2.1, worker 7',
    'live: 2 actions',
    '  open server shop.1.k2 of shop.local: it takes requests',
    '      set server shop.local/shop.1.k2 state ready',
    '  remove route shop.local/ from shop.local',
    '      del map /run/tidegate/routes.map shop.local/',
  ])
})

test('a reload tells each of its reasons, and what goes out before it', () => {
  const reasons = [
    { kind: 'backend-added', text: 'backend shop.local is new (service shop)' },
    { kind: 'mode-changed', text: 'service api went from task to vip mode' },
  ] as const
  expect(linesOf({ kind: 'reload', placed, reasons, actions: [] })).toEqual([
    'against the live HAProxy 3.2.1, worker 7',
    'reload: backend shop.local is new (service shop)',
    'reload: service api went from task to vip mode',
  ])
  const actions: readonly Action[] = [{ kind: 'open-server', ...ref }]
  expect(linesOf({ kind: 'reload', placed, reasons, actions })[3]).toBe('live, before the reload: 1 action')
})

test('a plan of nothing says so', () => {
  expect(linesOf({ kind: 'nothing', placed })[1]).toBe('nothing: HAProxy runs what the services ask for')
})

test('a plan of thousands of actions is cut for people', () => {
  const actions = Array.from(
    { length: 5000 },
    (_, index): Action => ({
      kind: 'open-server',
      backend: 'shop.local',
      server: `shop.${index}`,
    }),
  )
  const lines = linesOf({ kind: 'live', placed, actions })
  expect(lines).toHaveLength(203)
  expect(lines[1]).toBe('live: 5000 actions')
  expect(lines.at(-1)).toBe('  ... and 4900 more; --json lists all')
})

test('a start tells its backends in columns', () => {
  const services = [
    service('shop', { hosts: 'shop.local,www.shop.local', port: '80' }),
    service('api', { hosts: 'a.local,b.local,c.local,d.local', port: '80', backend_mode: 'vip' }),
    service('empty', { default_backend: 'true', port: '80' }),
  ]
  const { routing } = computeRouting(swarm({ services }), routingSettings())
  expect(startLines(routing, 'why', plain)).toEqual([
    'why',
    'start: 3 backends, 7 routes, 3 servers',
    '  a.local     1 server    api (vip)     a.local/ and 3 more',
    '  default     no servers  empty (task)  */',
    '  shop.local  2 servers   shop (task)   shop.local/ www.shop.local/',
  ])
})
