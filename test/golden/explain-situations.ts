// Every way in which a request or a service can be answered, or fail to be, as a Swarm and what HAProxy runs.
// test/golden/explain.test.ts holds the explanation of each against its file.

import { rejectedProblem } from '../../agent/core/culprit.ts'
import { computeRouting, type SetAside } from '../../agent/core/desired.ts'
import { explain } from '../../agent/core/explain/explain.ts'
import type { Explanation } from '../../agent/core/explain/explanation.ts'
import type { ExplainSettings } from '../../agent/core/explain/facts.ts'
import { parseQuestion } from '../../agent/core/explain/question.ts'
import type { Observed, ObservedServer } from '../../agent/core/observed.ts'
import type { Material, Service, Snapshot } from '../../agent/core/snapshot.ts'
import {
  network,
  node,
  observedFrom,
  routingSettings,
  service,
  snapshot,
  task,
  tasks,
} from '../support/builders.ts'

const own = {
  names: ['shop.local'],
  publicKey: 'p1',
  notAfter: '2027-03-01T00:00:00Z',
  validity: 'good',
} as const
const pem = {
  name: 'shop.pem',
  from: 'folder',
  digest: 'd1',
  certificate: own,
  key: { publicKey: 'p1' },
} as const

/** A service of the host shop.local, with more labels and what lies in the folder of certificates. */
const certificateSituations: readonly {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly materials?: readonly Material[]
  readonly settings?: Partial<ExplainSettings>
}[] = [
  { name: 'certificate-missing', labels: { ssl_cert: 'shop.pem' } },
  {
    name: 'certificate-broken',
    labels: { ssl_cert: 'shop.pem' },
    materials: [{ ...pem, key: { publicKey: 'p2' } }],
  },
  {
    name: 'certificate-expired',
    labels: { ssl_cert: 'shop.pem' },
    materials: [{ ...pem, certificate: { ...own, notAfter: '2026-11-01T00:00:00Z', validity: 'expired' } }],
  },
  {
    name: 'certificate-expiring',
    labels: { ssl_cert: 'shop.pem' },
    materials: [{ ...pem, certificate: { ...own, notAfter: '2026-12-01T00:00:00Z', validity: 'expiring' } }],
  },
  {
    name: 'certificate-other-names',
    labels: { ssl_cert: 'shop.pem' },
    materials: [{ ...pem, certificate: { ...own, names: ['*.example.com'] } }],
  },
  { name: 'users-missing', labels: { 'com.tidegate.lb.basic_auth': 'shop-users' } },
  {
    name: 'users-broken',
    labels: { 'com.tidegate.lb.basic_auth': 'shop-users' },
    materials: [
      {
        name: 'shop-users',
        from: 'secret',
        digest: 'd2',
        fault: 'neither a PEM certificate nor a PEM private key',
        usersFault: 'line 1: a password that is no hash behind the name anna',
      },
    ],
  },
  { name: 'tls-off', labels: { ssl_passthrough: 'true' }, settings: { isTlsOn: false } },
  { name: 'passthrough-not-possible', labels: { ssl_passthrough: 'true', sticky_session_cookie: 'session' } },
  { name: 'redirect-invalid', labels: { redirects: 'http://old.local,https://shop.local' } },
]

export type Explained = {
  /** Of its golden file. */
  readonly name: string
  readonly asked: string
  readonly swarm: Snapshot
  /** What HAProxy runs: what the Swarm asks for, changed by this; `undefined`: no HAProxy was looked at. */
  readonly haproxy?: ((running: Observed) => Observed) | undefined
  /** What HAProxy was last brought in step with, where that is another Swarm. */
  readonly before?: Snapshot
  readonly settings?: Partial<ExplainSettings>
  readonly statuses?: ReadonlyMap<string, string>
  /** Services whose configuration HAProxy has refused, with what it said. */
  readonly refused?: Readonly<Record<string, string>>
}

/** What is explained in a situation. */
export function explained(situation: Explained): Explanation {
  const { asked, swarm, before = swarm, haproxy = same, statuses, refused = {} } = situation
  const settings: ExplainSettings = {
    serviceCluster: '',
    isTlsOn: true,
    httpBind: [':80'],
    httpsBind: [':443'],
    httpsPort: 443,
    networks: 'auto',
    ...situation.settings,
  }
  const { routing } = computeRouting(swarm, settings, setAside(swarm, refused))
  const running = computeRouting(before, settings, setAside(before, refused)).routing
  const isLookedAt = !('haproxy' in situation) || situation.haproxy !== undefined
  return explain(parseQuestion(asked), {
    snapshot: swarm,
    routing,
    settings,
    ...(isLookedAt ? { observed: haproxy(observedFrom(running)) } : {}),
    ...(statuses === undefined ? {} : { statuses }),
  })
}

function setAside({ services }: Snapshot, refused: Readonly<Record<string, string>>): SetAside {
  return new Map(
    services.flatMap((each) => {
      const text = refused[each.name]
      return text === undefined
        ? []
        : [[each.id, { version: each.version, problem: rejectedProblem(each, text) }] as const]
    }),
  )
}

const same = (running: Observed) => running

/** A HAProxy in which one server is otherwise. */
const withServer =
  (backend: string, server: string, change: Partial<ObservedServer>) =>
  (running: Observed): Observed => {
    const before = running.backends.get(backend)
    const known = before?.servers.get(server)
    if (before === undefined || known === undefined) throw new Error(`no server ${backend}/${server}`)
    const servers = new Map(before.servers).set(server, { ...known, ...change })
    return { ...running, backends: new Map(running.backends).set(backend, { ...before, servers }) }
  }

/** The service `shop`, published as `shop.local`. */
const shop = (lb: Readonly<Record<string, string | number>> = {}, given: Partial<Service> = {}) =>
  service({ name: 'shop', lb, ...given })

const two = tasks('shop', 2)
const nodes = [node('n1'), node('n2', { address: '192.0.2.2' })]
const swarm = (given: Partial<Snapshot>): Snapshot => snapshot({ nodes, ...given })
const healthy = swarm({ services: [shop()], tasks: two })
/** A Swarm with `shop` under these labels and two running tasks. */
const labelled = (lb: Readonly<Record<string, string | number>>, given: Partial<Service> = {}) =>
  swarm({ services: [shop(lb, given)], tasks: two })
/** The same with a certificate for shop.local in the folder. */
const secured = (lb: Readonly<Record<string, string | number>>) => ({ ...labelled(lb), materials: [pem] })
const moved = secured({ hosts: 'shop.local,old.local', redirects: 'http://old.local,https://shop.local/new' })
/** `shop` with exactly these labels, full names and all. */
const bare = (labels: Readonly<Record<string, string>>) =>
  swarm({ services: [shop({}, { labels })], tasks: two })
const first = task({ service: 'shop' })
const withTasks = (...given: readonly Partial<typeof first>[]) =>
  swarm({ services: [shop()], tasks: given.map((each) => ({ ...first, ...each })) })
/** As a service of compose, where nobody attaches the edge. */
const ofCompose = { origin: 'compose', endpointMode: 'dnsrr', virtualIps: [] } as const
const composed = (...given: readonly Partial<typeof first>[]) =>
  swarm({
    services: [shop({}, { ...ofCompose })],
    tasks: given.map((each) => ({ ...first, nodeId: '', ...each })),
  })
const edgeSelf = { taskId: 'edgetask1', serviceId: 'id-edge_edge' }
const edgeService = service({ name: 'edge_edge', labels: {}, networkIds: ['net-edge'] })
/** `shop` on `demo`, and an edge that is a task on `edge` alone. */
const apart = swarm({
  services: [shop(), edgeService],
  tasks: two,
  networks: [network('demo'), network('edge')],
  edge: { networkIds: ['net-edge'], self: edgeSelf },
})
const stack = (name: string) =>
  service({
    name: `${name}_web`,
    labels: {
      'com.docker.stack.namespace': name,
      'com.docker.lb.hosts': `${name}.local`,
      'com.docker.lb.port': '8080',
    },
  })
const fallback = service({ name: 'front', lb: { hosts: 'front.local', default_backend: 'true' } })
const frontTask = task({ service: 'front', address: '10.0.0.31' })
const api = service({
  name: 'api',
  createdAt: '2026-11-24T09:00:00Z',
  lb: { hosts: 'shop.local', context_root: '/api' },
})
const apiTask = task({ service: 'api', address: '10.0.0.41' })

export const situations: readonly Explained[] = [
  // Served.
  { name: 'served', asked: 'http://Shop.Local/cart?id=1', swarm: healthy },
  { name: 'served-service', asked: 'shop', swarm: labelled({ hosts: 'shop.local,www.shop.local' }) },
  { name: 'served-without-haproxy', asked: 'shop.local', swarm: healthy, haproxy: undefined },
  {
    name: 'served-by-some',
    asked: 'shop.local',
    swarm: swarm({
      services: [shop()],
      tasks: [first, task({ service: 'shop', slot: 2, state: 'starting', nodeId: 'n2' })],
    }),
  },
  { name: 'served-by-wildcard', asked: 'a.shop.local', swarm: labelled({ hosts: '*.shop.local' }) },
  { name: 'served-by-vip', asked: 'shop.local', swarm: labelled({ backend_mode: 'vip' }) },
  {
    name: 'served-below-path',
    asked: 'shop.local/api/v1',
    swarm: swarm({ services: [shop(), api], tasks: [...two, apiTask] }),
  },
  { name: 'served-in-part', asked: 'shop', swarm: labelled({ hosts: 'shop.local,http://shop.example' }) },
  { name: 'served-by-id', asked: 'id-shop', swarm: healthy },

  // Hosts and paths.
  { name: 'host-unknown-near', asked: 'shpo.local', swarm: healthy },
  { name: 'host-unknown-subdomain', asked: 'www.shop.local', swarm: healthy },
  { name: 'host-unknown-far', asked: 'http://example.org:8080/', swarm: healthy },
  { name: 'host-unknown-none-published', asked: 'shop.local', swarm: swarm({}) },
  {
    name: 'host-two-levels-below-wildcard',
    asked: 'a.b.example.com',
    swarm: labelled({ hosts: '*.example.com' }),
  },
  {
    name: 'host-of-service-without-labels',
    asked: 'blog.example',
    swarm: swarm({ services: [shop(), service({ name: 'blog', labels: {} })], tasks: two }),
  },
  { name: 'host-invalid', asked: 'shop.local', swarm: labelled({ hosts: 'http://shop.local' }) },
  {
    name: 'host-with-blanks',
    asked: 'www.shop.local',
    swarm: labelled({ hosts: 'shop.local www.shop.local' }),
  },
  {
    name: 'host-answered-by-default',
    asked: 'fornt.local',
    swarm: swarm({ services: [fallback], tasks: [frontTask] }),
  },
  {
    name: 'host-claimed-and-answered-by-default',
    asked: 'shop.local',
    swarm: swarm({ services: [shop({ port: '80a' }), fallback], tasks: [...two, frontTask] }),
  },
  {
    name: 'host-claimed-and-answered-by-wildcard',
    asked: 'shop.local',
    swarm: swarm({
      services: [shop({ port: '80a' }), service({ name: 'any', lb: { hosts: '*.local' } })],
      tasks: [...two, task({ service: 'any' })],
    }),
  },
  { name: 'path-unmatched', asked: 'shop.local/cart', swarm: labelled({ context_root: '/shop' }) },
  { name: 'path-in-another-case', asked: 'shop.local/Shop/1', swarm: labelled({ context_root: '/shop' }) },
  { name: 'path-half-a-segment', asked: 'shop.local/shopping', swarm: labelled({ context_root: '/shop' }) },

  // TLS and redirects.
  { name: 'tls', asked: 'https://shop.local/', swarm: healthy, settings: { isTlsOn: false } },
  { name: 'tls-by-certificate', asked: 'https://shop.local/cart', swarm: secured({ ssl_cert: 'shop' }) },
  {
    name: 'tls-by-certificate-service',
    asked: 'shop',
    swarm: secured({ hosts: 'shop.local,www.shop.local' }),
  },
  {
    name: 'tls-by-default-certificate',
    asked: 'https://www.shop.local:443/',
    swarm: { ...labelled({ hosts: 'www.shop.local' }), materials: [{ ...pem, name: 'default.pem' }] },
  },
  { name: 'tls-at-another-port', asked: 'https://shop.local:8443/', swarm: secured({}) },
  { name: 'certificate-none', asked: 'https://shop.local/', swarm: healthy },
  { name: 'certificate-none-for-wildcard', asked: 'shop', swarm: labelled({ hosts: '*.shop.local' }) },
  {
    name: 'certificate-pending',
    asked: 'https://shop.local/',
    swarm: secured({}),
    haproxy: (running) => ({ ...running, certificates: new Map() }),
  },
  { name: 'passed-through', asked: 'https://shop.local/', swarm: labelled({ ssl_passthrough: 'true' }) },
  { name: 'passed-through-service', asked: 'shop', swarm: labelled({ ssl_passthrough: 'true' }) },
  { name: 'passed-through-host', asked: 'shop.local', swarm: labelled({ ssl_passthrough: 'true' }) },
  {
    name: 'passed-through-by-wildcard',
    asked: 'https://a.shop.local/',
    swarm: labelled({ hosts: '*.shop.local', ssl_passthrough: 'true' }),
  },
  {
    name: 'passed-through-and-plain',
    asked: 'http://shop.local/',
    swarm: labelled({ ssl_passthrough: 'true' }),
  },
  { name: 'redirected', asked: 'http://old.local/cart', swarm: moved },
  { name: 'redirected-service', asked: 'shop', swarm: moved },
  { name: 'redirected-not-by-tls', asked: 'https://old.local/cart', swarm: moved },
  { name: 'sent-to-tls', asked: 'http://shop.local/cart', swarm: secured({ ssl_only: 'true' }) },
  { name: 'sent-to-tls-service', asked: 'shop', swarm: secured({ ssl_only: 'true' }) },
  {
    name: 'sent-to-tls-without-certificate',
    asked: 'http://shop.local/cart',
    swarm: labelled({ ssl_only: 'true' }),
    settings: { httpsPort: 8443 },
  },

  // Labels.
  {
    name: 'label-mistyped',
    asked: 'shop.local',
    swarm: bare({ 'com.docker.lb.host': 'shop.local', 'com.docker.lb.port': '8080' }),
  },
  {
    name: 'label-prefix-mistyped',
    asked: 'shop.local',
    swarm: bare({ 'com.docker.ib.hosts': 'shop.local', 'com.docker.lb.port': '8080' }),
  },
  {
    name: 'label-prefix-mistyped-everywhere',
    asked: 'shop',
    swarm: bare({ 'com.docker.ib.hosts': 'shop.local', 'com.docker.ib.port': '8080' }),
  },
  { name: 'label-unknown', asked: 'shop', swarm: labelled({ contxt_root: '/shop' }) },
  {
    name: 'labels-differ',
    asked: 'shop',
    swarm: labelled({}, { ...ofCompose, differing: ['com.docker.lb.hosts'] }),
  },
  {
    name: 'labels-of-another-edge',
    asked: 'shop.local',
    swarm: bare({ 'traefik.http.routers.shop.rule': 'Host(`shop.local`)' }),
  },
  { name: 'labels-missing', asked: 'shop', swarm: bare({}) },
  { name: 'hosts-missing', asked: 'shop', swarm: bare({ 'com.docker.lb.port': '8080' }) },
  { name: 'port-missing', asked: 'shop.local', swarm: bare({ 'com.docker.lb.hosts': 'shop.local' }) },
  { name: 'port-invalid', asked: 'shop.local', swarm: labelled({ port: '80:8080' }) },
  { name: 'backend-mode-invalid', asked: 'shop', swarm: labelled({ backend_mode: 'vpi' }) },
  { name: 'boolean-invalid', asked: 'shop', swarm: labelled({ default_backend: 'yes' }) },
  {
    name: 'host-not-allowed',
    asked: 'shop.local',
    swarm: healthy,
    settings: { hostOwners: [{ hosts: '*.local', services: ['infra_*'] }] },
  },
  { name: 'option-invalid', asked: 'shop', swarm: labelled({ 'com.tidegate.lb.rate_limit': 'a lot' }) },
  {
    name: 'option-without-effect',
    asked: 'shop',
    swarm: labelled({ ip_hash: 'true', 'com.tidegate.lb.balance': 'leastconn' }),
  },
  {
    name: 'in-maintenance',
    asked: 'shop.local',
    swarm: labelled({ 'com.tidegate.lb.maintenance': 'true' }),
  },
  {
    name: 'in-maintenance-beside-another',
    asked: 'shop',
    swarm: swarm({
      services: [
        shop({ 'com.tidegate.lb.maintenance': 'true' }),
        service({ name: 'canary', createdAt: '2026-11-24T11:00:00Z', lb: { hosts: 'shop.local' } }),
      ],
      tasks: [...two, task({ service: 'canary', address: '10.0.0.51' })],
    }),
  },
  {
    name: 'served-by-tls',
    asked: 'shop',
    swarm: labelled({ ssl_backend: 'true', 'com.tidegate.lb.proxy_protocol': 'v2' }),
  },
  { name: 'label-of-the-other-prefix', asked: 'shop', swarm: labelled({ weight: '10' }) },
  { name: 'cookie-invalid', asked: 'shop', swarm: labelled({ sticky_session_cookie: 'my session' }) },
  {
    name: 'vip-not-possible',
    asked: 'shop',
    swarm: labelled({ backend_mode: 'vip', sticky_session_cookie: 'session' }),
  },
  { name: 'context-root-invalid', asked: 'shop.local/shop', swarm: labelled({ context_root: 'shop' }) },
  { name: 'service-cluster-invalid', asked: 'shop.local', swarm: labelled({ service_cluster: 'a b' }) },
  {
    name: 'service-cluster-of-another-edge',
    asked: 'shop.local',
    swarm: labelled({ service_cluster: 'internal' }),
  },
  {
    name: 'service-cluster-missing',
    asked: 'shop',
    swarm: healthy,
    settings: routingSettings({ serviceCluster: 'internal' }),
  },
  {
    name: 'default-taken',
    asked: 'late',
    swarm: swarm({
      services: [
        fallback,
        service({
          name: 'late',
          createdAt: '2026-11-24T11:00:00Z',
          labels: { 'com.docker.lb.default_backend': 'true', 'com.docker.lb.port': '80' },
        }),
      ],
      tasks: [frontTask, task({ service: 'late' })],
    }),
  },
  {
    name: 'config-rejected',
    asked: 'shop.local',
    swarm: healthy,
    refused: { shop: "unknown keyword 'blance'" },
  },
  { name: 'job', asked: 'shop.local', swarm: labelled({}, { mode: 'job' }) },

  // Networks.
  { name: 'network-missing', asked: 'shop.local', swarm: labelled({ network: 'dmeo' }) },
  {
    name: 'network-none',
    asked: 'shop.local',
    swarm: swarm({
      services: [shop({}, { networkIds: [], virtualIps: [] })],
      tasks: [{ ...first, attachments: [] }],
    }),
  },
  {
    name: 'network-not-attached',
    asked: 'shop.local',
    swarm: { ...labelled({ network: 'back' }), networks: [network('demo'), network('back')] },
  },
  { name: 'network-not-shared-yet', asked: 'shop.local', swarm: apart },
  { name: 'network-not-shared-off', asked: 'shop.local', swarm: apart, settings: { networks: 'off' } },
  { name: 'network-not-shared-fixed', asked: 'shop.local', swarm: apart, settings: { networks: ['edge'] } },
  {
    name: 'network-not-shared-outside',
    asked: 'shop.local',
    swarm: { ...apart, edge: { networkIds: ['net-edge'] } },
  },
  {
    name: 'network-not-shared-compose',
    asked: 'shop.local',
    swarm: {
      ...labelled({}, { networkIds: ['net-demo'], ...ofCompose }),
      networks: [network('demo'), network('edge')],
      edge: { networkIds: ['net-edge'] },
    },
  },
  {
    name: 'network-ambiguous',
    asked: 'shop',
    swarm: {
      ...labelled({}, { networkIds: ['net-back', 'net-demo'] }),
      networks: [network('demo'), network('back')],
    },
  },
  { name: 'network-not-on-task-yet', asked: 'shop.local', swarm: withTasks({ attachments: [] }) },

  // Tasks.
  { name: 'compose-stopped', asked: 'shop.local', swarm: composed() },
  {
    name: 'compose-created',
    asked: 'shop.local',
    swarm: composed({ state: 'ready', desiredState: 'ready' }),
  },
  { name: 'compose-unhealthy', asked: 'shop.local', swarm: composed({ state: 'starting' }) },
  { name: 'compose-restarting', asked: 'shop.local', swarm: composed({ state: 'pending' }) },
  { name: 'compose-stopping', asked: 'shop.local', swarm: composed({ desiredState: 'shutdown' }) },
  { name: 'compose-served', asked: 'shop.local', swarm: composed({}) },
  {
    name: 'compose-down',
    asked: 'shop',
    swarm: composed({}),
    statuses: new Map([['shop.local/shop.1.shoptask1', 'DOWN']]),
  },
  { name: 'compose-pending', asked: 'shop.local', swarm: composed({}), before: composed() },
  {
    name: 'compose-of-other-cluster',
    asked: 'shop.local',
    swarm: swarm({ services: [shop({ service_cluster: 'other' }, ofCompose)], tasks: two }),
  },
  {
    name: 'container-of-no-cluster',
    asked: 'shop.local',
    swarm: swarm({ services: [shop({}, { ...ofCompose, origin: 'container' })], tasks: two }),
    settings: { serviceCluster: 'mine' },
  },
  { name: 'compose-unreachable', asked: 'shop.local', swarm: composed({ attachments: [] }) },
  { name: 'compose-unknown', asked: 'shopp', swarm: composed({}) },
  {
    name: 'container-not-labelled',
    asked: 'shop',
    swarm: swarm({ services: [shop({}, { ...ofCompose, origin: 'container', labels: {} })], tasks: two }),
  },
  { name: 'tasks-missing', asked: 'shop.local', swarm: withTasks() },
  { name: 'tasks-missing-global', asked: 'shop', swarm: swarm({ services: [shop({}, { mode: 'global' })] }) },
  {
    name: 'tasks-pending',
    asked: 'shop.local',
    swarm: withTasks({ state: 'pending', nodeId: '', attachments: [] }),
  },
  { name: 'tasks-preparing', asked: 'shop.local', swarm: withTasks({ state: 'preparing' }) },
  { name: 'tasks-starting', asked: 'shop.local', swarm: withTasks({ state: 'starting' }) },
  {
    name: 'tasks-failing',
    asked: 'shop.local',
    swarm: withTasks(
      { id: 'shopold', state: 'failed', desiredState: 'shutdown', attachments: [] },
      { state: 'ready', desiredState: 'ready' },
    ),
  },
  {
    name: 'tasks-rejected',
    asked: 'shop',
    swarm: withTasks(
      { id: 'shopold', state: 'rejected', desiredState: 'shutdown', attachments: [] },
      { state: 'ready', desiredState: 'ready' },
    ),
  },
  {
    name: 'tasks-ended',
    asked: 'shop.local',
    swarm: withTasks({ state: 'complete', desiredState: 'shutdown' }),
  },
  {
    name: 'tasks-stopping',
    asked: 'shop.local',
    swarm: withTasks({ desiredState: 'shutdown' }),
    before: withTasks({}),
    haproxy: withServer('shop.local', 'shop.1.shoptask1', { admin: 'maint' }),
  },
  {
    name: 'tasks-on-a-lost-node',
    asked: 'shop.local',
    swarm: { ...withTasks({}), nodes: [node('n1', { status: 'down' })] },
  },
  {
    name: 'vip-without-tasks',
    asked: 'shop.local',
    swarm: swarm({ services: [shop({ backend_mode: 'vip' })] }),
  },
  {
    name: 'vip-without-endpoint',
    asked: 'shop',
    swarm: labelled({ backend_mode: 'vip' }, { endpointMode: 'dnsrr', virtualIps: [] }),
  },
  { name: 'vip-missing', asked: 'shop', swarm: labelled({ backend_mode: 'vip' }, { virtualIps: [] }) },

  // What HAProxy runs.
  {
    name: 'server-held-back',
    asked: 'shop',
    swarm: healthy,
    haproxy: withServer('shop.local', 'shop.2.shoptask2', { admin: 'maint', checks: 'off' }),
  },
  {
    name: 'server-unproven',
    asked: 'shop.local',
    swarm: withTasks({}),
    haproxy: withServer('shop.local', 'shop.1.shoptask1', { checks: 'off' }),
  },
  {
    name: 'server-down',
    asked: 'shop.local',
    swarm: withTasks({}),
    statuses: new Map([['shop.local/shop.1.shoptask1', 'DOWN']]),
  },
  {
    name: 'server-drained',
    asked: 'shop.local',
    swarm: withTasks({}),
    haproxy: withServer('shop.local', 'shop.1.shoptask1', { admin: 'drain' }),
  },
  { name: 'server-pending', asked: 'shop', swarm: healthy, before: withTasks({}) },
  {
    name: 'server-closing',
    asked: 'shop.local',
    swarm: withTasks({}),
    before: healthy,
    haproxy: withServer('shop.local', 'shop.2.shoptask2', { admin: 'maint' }),
  },
  { name: 'backend-pending', asked: 'shop.local', swarm: healthy, before: swarm({}) },
  {
    name: 'backend-pending-and-answered-by-default',
    asked: 'shop.local',
    swarm: swarm({ services: [shop(), fallback], tasks: [...two, frontTask] }),
    before: swarm({ services: [fallback], tasks: [frontTask] }),
  },
  {
    name: 'route-pending',
    asked: 'www.shop.local',
    swarm: labelled({ hosts: 'shop.local,www.shop.local' }),
    before: healthy,
  },
  {
    name: 'route-pending-service',
    asked: 'shop',
    swarm: labelled({ hosts: 'shop.local,www.shop.local' }),
    before: healthy,
  },
  { name: 'route-leaving', asked: 'shop.local', swarm: swarm({}), before: healthy },
  { name: 'route-leaving-service', asked: 'shop', swarm: bare({}), before: healthy },

  // Services that meet.
  {
    name: 'route-shared',
    asked: 'canary',
    swarm: swarm({
      services: [
        shop(),
        service({ name: 'canary', createdAt: '2026-11-24T11:00:00Z', lb: { hosts: 'shop.local' } }),
      ],
      tasks: [...two, task({ service: 'canary', address: '10.0.0.51' })],
    }),
  },
  {
    name: 'option-differs',
    asked: 'canary',
    swarm: swarm({
      services: [
        shop(),
        service({
          name: 'canary',
          createdAt: '2026-11-24T11:00:00Z',
          lb: { hosts: 'shop.local', ip_hash: 'true' },
        }),
      ],
      tasks: [...two, task({ service: 'canary', address: '10.0.0.51' })],
    }),
  },
  {
    name: 'route-narrowed',
    asked: 'shop',
    swarm: swarm({ services: [shop(), api], tasks: [...two, apiTask] }),
  },
  ...certificateSituations.map(
    ({ name, labels, materials, settings }): Explained => ({
      name,
      asked: 'shop',
      swarm: {
        ...labelled({ hosts: 'shop.local', ...labels }),
        ...(materials === undefined ? {} : { materials }),
      },
      ...(settings === undefined ? {} : { settings }),
    }),
  ),
  {
    name: 'redirect-taken',
    asked: 'younger',
    swarm: swarm({
      services: [
        service({ name: 'older', lb: { hosts: 'old.local', redirects: 'http://old.local,http://a.local' } }),
        service({
          name: 'younger',
          createdAt: '2026-11-24T11:00:00Z',
          lb: { hosts: 'old.local', redirects: 'http://old.local,http://b.local' },
        }),
      ],
    }),
  },
  { name: 'service-unknown', asked: 'shpo', swarm: healthy },
  { name: 'service-unknown-far', asked: 'billing', swarm: healthy },
  {
    name: 'service-in-its-stack',
    asked: 'web',
    swarm: swarm({ services: [stack('shop')], tasks: tasks('shop_web', 1) }),
  },
  { name: 'service-in-two-stacks', asked: 'web', swarm: swarm({ services: [stack('shop'), stack('blog')] }) },
  { name: 'word-is-both', asked: 'shop', swarm: labelled({ hosts: 'shop' }) },
  { name: 'question-unclear', asked: 'ftp://shop.local', swarm: healthy },
]
