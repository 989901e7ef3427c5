import { describe, expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Observed, ObservedServer } from '../../../agent/core/observed.ts'
import { flowsBetween } from '../../../agent/core/rates.ts'
import { buildStatus, loopView } from '../../../agent/core/status-build.ts'
import type { BackendView } from '../../../agent/core/status-view.ts'
import type { BackendFigures, ProcessInfo } from '../../../agent/core/traffic.ts'
import { routingSettings } from '../../support/builders.ts'
import { running, service, swarm, task } from '../cli/world.ts'

const shop = service('shop', { hosts: 'shop.local', port: '8080' })
const snapshot = swarm({ services: [shop], tasks: [task('shop', 1), task('shop', 2)] })
const { routing } = computeRouting(snapshot, routingSettings())
const facts = { toldBy: 'engine', version: '1.2.3', routing, problems: [] } as const

const info: ProcessInfo = {
  pid: 4242,
  version: '3.0.11',
  uptimeS: 60,
  stopping: false,
  threads: 2,
  connections: 3,
  connectionsMax: 100,
  connectionsPerS: 0,
  sessionsPerS: 0,
  requests: 0,
  idlePercent: 100,
}

function figures(changes: Partial<BackendFigures>): BackendFigures {
  return {
    name: 'shop.local',
    status: 'UP',
    sessions: 5,
    requests: 40,
    responses: { '1xx': 0, '2xx': 38, '3xx': 0, '4xx': 0, '5xx': 2, other: 0 },
    bytesIn: 0,
    bytesOut: 0,
    queued: 1,
    connectErrors: 0,
    responseErrors: 0,
    retries: 0,
    redispatches: 0,
    latency: { queueMs: 0, connectMs: 0, responseMs: 12, totalMs: 14 },
    statusForS: 0,
    serversUp: 2,
    ...changes,
  }
}

const reading = (changes: Partial<BackendFigures>, atMs = 1000) => ({
  atMs,
  info,
  frontends: [],
  backends: [figures(changes)],
  servers: [],
})

/** What runs, with its servers changed. */
function observedWith(
  change: (name: string, server: ObservedServer) => ObservedServer | undefined,
): Observed {
  const observed = running(snapshot)
  const changed = [...observed.backends].map(([name, backend]) => {
    const servers = [...backend.servers].flatMap(([server, state]) => {
      const after = change(server, state)
      return after === undefined ? [] : [[server, after] as const]
    })
    return [name, { ...backend, servers: new Map(servers) }] as const
  })
  return { ...observed, backends: new Map(changed) }
}

function only(backends: readonly BackendView[]): BackendView | undefined {
  expect(backends).toHaveLength(1)
  return backends[0]
}

describe('the view', () => {
  test('a backend tells its services, routes and servers, and what HAProxy measured', () => {
    const traffic = flowsBetween(reading({ requests: 20 }, 0), reading({}))
    const view = buildStatus({ ...facts, observed: running(snapshot), traffic })
    expect(view).toEqual({
      toldBy: 'engine',
      version: '1.2.3',
      haproxy: {
        version: '3.0.11',
        pid: 4242,
        isStopping: false,
        uptimeS: 60,
        connections: 3,
        connectionsMax: 100,
      },
      services: 1,
      routes: 1,
      servers: { up: 2, down: 0, waiting: 0, closing: 0, drained: 0 },
      backends: [
        {
          name: 'shop.local',
          health: 'up',
          services: [{ name: 'shop', mode: 'task' }],
          routes: ['shop.local/'],
          servers: { up: 2, down: 0, waiting: 0, closing: 0, drained: 0 },
          figures: {
            sessions: 5,
            queued: 1,
            requests: 40,
            errors: 2,
            responseMs: 12,
            requestsPerS: 20,
            errorsPerS: 0,
          },
        },
      ],
      problems: [],
    })
    expect(JSON.parse(JSON.stringify(view))).toEqual(view)
  })

  test.for([
    ['two of two servers up', 2, 'up', 2, 0],
    ['one of two taken out by its health check', 1, 'degraded', 1, 1],
    ['both taken out', 0, 'down', 0, 2],
    ['more up than were seen a moment before', 3, 'up', 2, 0],
  ] as const)('%s', ([, serversUp, health, up, down]) => {
    const traffic = flowsBetween(undefined, reading({ serversUp }))
    const view = only(buildStatus({ ...facts, observed: running(snapshot), traffic }).backends)
    expect(view).toMatchObject({ health, servers: { up, down } })
  })

  test.for([
    ['in maintenance wait for their tasks', 'maint', 'down', { waiting: 2 }],
    ['drained by somebody get no requests', 'drain', 'down', { drained: 2 }],
  ] as const)('servers %s', ([, admin, health, servers]) => {
    const observed = observedWith((_, server) => ({ ...server, admin }))
    expect(only(buildStatus({ ...facts, observed }).backends)).toMatchObject({ health, servers })
  })

  test('a server in maintenance that nobody wants is closing, and missed by nobody', () => {
    const { routing: none } = computeRouting({ ...snapshot, tasks: [] }, routingSettings())
    const observed = observedWith((_, server) => ({ ...server, admin: 'maint' }))
    const view = only(buildStatus({ ...facts, routing: none, observed }).backends)
    expect(view).toMatchObject({ health: 'empty', servers: { closing: 2, waiting: 0 } })
  })

  test('a backend without servers is empty', () => {
    const view = only(buildStatus({ ...facts, observed: observedWith(() => undefined) }).backends)
    expect(view?.health).toBe('empty')
  })

  test('what only a reload can make is missing, and what nobody wants is leaving', () => {
    const other = swarm({
      services: [service('other', { hosts: 'other.local', port: '80' })],
      tasks: [task('other', 1)],
    })
    const observed = running(other)
    const { backends } = buildStatus({ ...facts, observed })
    expect(backends.map(({ name, health }) => [name, health])).toEqual([
      ['other.local', 'leaving'],
      ['shop.local', 'missing'],
    ])
  })

  test('without HAProxy everything is missing, and nothing is said of it', () => {
    const view = buildStatus({ ...facts, observed: undefined })
    expect(view.haproxy).toBeUndefined()
    expect(only(view.backends)).toMatchObject({ health: 'missing', services: [{ name: 'shop' }] })
  })

  test('from HAProxy alone routes and servers are known, services are not', () => {
    const view = buildStatus({
      ...facts,
      toldBy: 'haproxy',
      routing: undefined,
      observed: running(snapshot),
    })
    expect(view.services).toBe(0)
    expect(only(view.backends)).toMatchObject({ health: 'up', services: [], servers: { up: 2 } })
  })

  test('the loop tells its reasons as sentences and its trouble without a stack', () => {
    const counters = { starts: 1, reloads: 2, liveChanges: 3, drifts: 0, failures: 1, actions: 9 }
    const trouble = Object.assign(new Error('it failed'), { code: 'reload-failed', hint: 'look' })
    const pendingReload = [{ kind: 'backend-added', text: 'backend shop.local is new' }] as const
    expect(loopView({ isSettled: false, awaited: 1, pendingReload, trouble, counters })).toEqual({
      isSettled: false,
      awaited: 1,
      pendingReload: ['backend shop.local is new'],
      trouble: { code: 'reload-failed', message: 'it failed', hint: 'look' },
      counters: { starts: 1, reloads: 2, liveChanges: 3, drifts: 0, failures: 1 },
    })
  })
})
