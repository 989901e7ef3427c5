// What can happen to a Swarm, an edge and an HAProxy, as data: the alphabet that histories are written in.
// Owns the generators. A step that does not fit (a service that is not there) is skipped by who carries it out, so that
// any part of a history is a history, and a failing one shrinks. Refuses to do anything (world.ts does).

import fc from 'fast-check'
import type { Fault } from '../sim/faults.ts'
import { type Content, contents, type DrawerFile, drawerFiles } from './drawer.ts'

export const serviceNames = ['a', 'ab', 'web', 'web-2', 'api'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Few, so that services meet on them; `default` is also the name of a backend of ours. */
export const hosts = ['a.local', 'b.local', 'c.local', '*.wild.local', 'x.wild.local', 'default'] as const

export type Deployment = {
  readonly hosts: readonly string[]
  readonly path: string
  readonly isDefault: boolean
  readonly mode: 'task' | 'vip'
  /** `global`: one task on each node. */
  readonly replicas: number | 'global'
  readonly networks: readonly string[]
  readonly endpointMode: 'vip' | 'dnsrr'
}

export type EngineFault = Fault['kind'] | 'not-manager'

export type Happening =
  /** A service that is there already is removed first, and comes back under a new id. */
  | { readonly kind: 'deploy'; readonly name: ServiceName; readonly as: Deployment }
  | { readonly kind: 'remove'; readonly name: ServiceName }
  | { readonly kind: 'scale'; readonly name: ServiceName; readonly replicas: number }
  | {
      readonly kind: 'update'
      readonly name: ServiceName
      readonly order: 'start-first' | 'stop-first'
      readonly parallelism: number
    }
  | { readonly kind: 'crash'; readonly name: ServiceName; readonly nth: number }
  /** An absent value removes the label. */
  | { readonly kind: 'label'; readonly name: ServiceName; readonly label: string; readonly value?: string }
  | { readonly kind: 'networks'; readonly name: ServiceName; readonly networks: readonly string[] }
  | { readonly kind: 'node'; readonly node: string; readonly to: 'drain' | 'active' | 'lost' | 'revived' }
  | { readonly kind: 'engine'; readonly fault: EngineFault; readonly path?: string; readonly forMs: number }
  | { readonly kind: 'events'; readonly to: 'silence' | 'sound' | 'break' }
  | { readonly kind: 'kill'; readonly who: 'worker' | 'master' }
  | { readonly kind: 'agent'; readonly to: 'leave' | 'return' }
  | {
      readonly kind: 'disturb'
      readonly how: 'maint' | 'weight' | 'del-map' | 'set-map'
      readonly nth: number
    }
  | { readonly kind: 'certificate'; readonly file: DrawerFile; readonly content: Content }
  | { readonly kind: 'foreign-reload' }
  | { readonly kind: 'rest' }

export type Step = { readonly happening: Happening; readonly thenMs: number }

const anyName = fc.constantFrom(...serviceNames)
const anyHosts = fc.shuffledSubarray([...hosts], { minLength: 1, maxLength: 3 })
const anyNetworks = fc.constantFrom(
  ['demo'],
  ['demo'],
  ['back'],
  ['demo', 'back'],
  ['demo', 'private'],
  ['private'],
)

const anyDeployment: fc.Arbitrary<Deployment> = fc.record({
  hosts: anyHosts,
  path: fc.constantFrom('', '', '', '/app'),
  isDefault: fc.constantFrom(false, false, false, true),
  mode: fc.constantFrom('task', 'task', 'vip'),
  replicas: fc.constantFrom<number | 'global'>(2, 1, 0, 3, 4, 'global'),
  networks: anyNetworks,
  endpointMode: fc.constantFrom('vip', 'vip', 'vip', 'dnsrr'),
})

const anyLabel: fc.Arbitrary<{ readonly label: string; readonly value?: string }> = fc.oneof(
  { arbitrary: anyHosts.map((each) => ({ label: 'com.docker.lb.hosts', value: each.join(',') })), weight: 6 },
  {
    arbitrary: fc.constantFrom(
      { label: 'com.docker.lb.port', value: '80a80' },
      { label: 'com.docker.lb.port', value: '8080' },
      { label: 'com.docker.lb.port', value: '8080' },
      { label: 'com.docker.lb.backend_mode', value: 'vip' },
      { label: 'com.docker.lb.backend_mode', value: 'task' },
      { label: 'com.docker.lb.backend_mode', value: 'vpi' },
      { label: 'com.docker.lb.default_backend', value: 'true' },
      { label: 'com.docker.lb.default_backend' },
      { label: 'com.docker.lb.context_root', value: '/app' },
      { label: 'com.docker.lb.context_root' },
      { label: 'com.docker.lb.context_root', value: 'no path' },
      { label: 'com.docker.lb.network', value: 'demo' },
      { label: 'com.docker.lb.network', value: 'back' },
      { label: 'com.docker.lb.network' },
      { label: 'com.docker.lb.hosts' },
      { label: 'team', value: 'payments' },
      { label: 'com.docker.lb.ssl_cert', value: 'one' },
      { label: 'com.docker.lb.ssl_cert', value: 'two.pem' },
      { label: 'com.docker.lb.ssl_cert', value: 'nobody' },
      { label: 'com.docker.lb.ssl_cert' },
      { label: 'com.docker.lb.redirects', value: 'http://a.local,http://b.local' },
      {
        label: 'com.docker.lb.redirects',
        value: 'http://a.local,https://c.local/x;https://b.local,http://a.local',
      },
      { label: 'com.docker.lb.redirects' },
      { label: 'com.docker.lb.ssl_only', value: 'true' },
      { label: 'com.docker.lb.ssl_only' },
      { label: 'com.docker.lb.max_fails', value: '3' },
      { label: 'com.docker.lb.max_fails', value: '0' },
      { label: 'com.docker.lb.max_fails' },
      { label: 'com.docker.lb.sticky_session_cookie', value: 'session' },
      { label: 'com.docker.lb.sticky_session_cookie' },
      { label: 'com.tidegate.lb.weight', value: '5' },
      { label: 'com.tidegate.lb.weight' },
      { label: 'com.tidegate.lb.balance', value: 'leastconn' },
      { label: 'com.tidegate.lb.balance' },
    ),
    weight: 14,
  },
)

const anyFault: fc.Arbitrary<EngineFault> = fc.constantFrom(
  'down',
  'hang',
  'error-500',
  'garbage',
  'empty-list',
  'empty-list',
  'empty-list',
  'truncated',
  'slow',
  'not-manager',
)

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  weighted(7, fc.record({ kind: fc.constant('deploy'), name: anyName, as: anyDeployment })),
  weighted(2, fc.record({ kind: fc.constant('remove'), name: anyName })),
  weighted(5, fc.record({ kind: fc.constant('scale'), name: anyName, replicas: fc.nat({ max: 4 }) })),
  weighted(
    4,
    fc.record({
      kind: fc.constant('update'),
      name: anyName,
      order: fc.constantFrom('start-first', 'stop-first'),
      parallelism: fc.constantFrom(1, 2, 0),
    }),
  ),
  weighted(3, fc.record({ kind: fc.constant('crash'), name: anyName, nth: fc.nat({ max: 3 }) })),
  weighted(
    8,
    fc.tuple(anyName, anyLabel).map(([name, edit]) => ({ kind: 'label', name, ...edit })),
  ),
  weighted(
    3,
    fc.record({
      kind: fc.constant('certificate'),
      file: fc.constantFrom(...drawerFiles),
      content: fc.constantFrom(...contents),
    }),
  ),
  weighted(3, fc.record({ kind: fc.constant('networks'), name: anyName, networks: anyNetworks })),
  weighted(
    3,
    fc.record({
      kind: fc.constant('node'),
      node: fc.constantFrom('node-2', 'node-3'),
      to: fc.constantFrom('drain', 'active', 'lost', 'revived'),
    }),
  ),
  weighted(
    3,
    fc.record(
      {
        kind: fc.constant('engine'),
        fault: anyFault,
        path: fc.constantFrom('/services', '/tasks'),
        forMs: fc.integer({ min: 20, max: 700 }),
      },
      { requiredKeys: ['kind', 'fault', 'forMs'] },
    ),
  ),
  weighted(2, fc.record({ kind: fc.constant('events'), to: fc.constantFrom('silence', 'sound', 'break') })),
  weighted(1, fc.record({ kind: fc.constant('kill'), who: fc.constantFrom('worker', 'master') })),
  weighted(3, fc.record({ kind: fc.constant('agent'), to: fc.constantFrom('leave', 'return', 'return') })),
  weighted(
    2,
    fc.record({
      kind: fc.constant('disturb'),
      how: fc.constantFrom('maint', 'weight', 'del-map', 'set-map'),
      nth: fc.nat({ max: 9 }),
    }),
  ),
  weighted(1, fc.constant({ kind: 'foreign-reload' } as const)),
  weighted(1, fc.constant({ kind: 'rest' } as const)),
)

function weighted(weight: number, arbitrary: fc.Arbitrary<Happening>) {
  return { weight, arbitrary }
}

/** A wait that is mostly too short for anything to settle. */
const anyWait = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 60 }) },
  { weight: 2, arbitrary: fc.integer({ min: 60, max: 400 }) },
)

const anyStep: fc.Arbitrary<Step> = fc.record({ happening: anyHappening, thenMs: anyWait })

/** A history: a few deployments, so that there is something to lose, and then whatever happens. */
export const anyHistory: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.tuple(...serviceNames.slice(0, 3).map((name) => anyDeployment.map((as) => ({ name, as })))),
    fc.array(anyStep, { minLength: 15, maxLength: 30, size: 'max' }),
  )
  .map(([first, steps]) => [
    ...first.map((each): Step => ({ happening: { kind: 'deploy', ...each }, thenMs: 5 })),
    { happening: { kind: 'rest' }, thenMs: 0 },
    ...steps,
  ])
