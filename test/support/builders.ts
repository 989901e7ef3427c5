// Swarms, settings and HAProxys in one line each, for tests of everything that is pure.
// Owns the defaults: a world is whole and reachable unless a test says otherwise. Refuses sockets, processes and files
// (the renderer reads the product's own templates).

import { join } from 'node:path'
import type { Action } from '../../agent/core/action.ts'
import { labelPrefix } from '../../agent/core/labels/row.ts'
import type { Observed, ObservedBackend, ObservedServer } from '../../agent/core/observed.ts'
import type { PlanFacts } from '../../agent/core/plan.ts'
import type { Routing } from '../../agent/core/routing.ts'
import type { ConfigSettings, LoopSettings, RoutingSettings } from '../../agent/core/settings.ts'
import type { Network, Node, Service, Snapshot, Task } from '../../agent/core/snapshot.ts'
import { compareText } from '../../agent/core/text.ts'
import { createRenderer, type Renderer } from '../../agent/render/render.ts'

/** The folder of the product's own templates. */
export const templatesDir = join(import.meta.dirname, '../../templates')

/** The labels of a service, without Interlock's prefix; those of Tidegate's own have theirs. */
export function lb(labels: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [
      label.startsWith('com.') ? label : labelPrefix + label,
      String(value),
    ]),
  )
}

type ServiceFacts = Partial<Service> & {
  /** Labels for the edge, without their prefix; `hosts` is `<name>.local` and `port` 8080 unless given. */
  readonly lb?: Readonly<Record<string, string | number>>
}

/** A replicated service named `web`, published as `web.local`, on the network `demo`, with a virtual IP there. */
export function service({ lb: edgeLabels = {}, ...given }: ServiceFacts = {}): Service {
  const name = given.name ?? 'web'
  return {
    id: `id-${name}`,
    name,
    createdAt: '2026-11-24T10:00:00Z',
    version: 1,
    labels: lb({ hosts: `${name}.local`, port: 8080, ...edgeLabels }),
    mode: 'replicated',
    networkIds: ['net-demo'],
    endpointMode: 'vip',
    virtualIps: [{ networkId: 'net-demo', address: '10.0.0.2' }],
    hostPorts: [],
    ...given,
  }
}

type TaskFacts = Partial<Task> & {
  /** The name of its service; `web` unless given. */
  readonly service?: string
  /** Its address on the network `demo`. */
  readonly address?: string
}

/** A running task of the service `web`, in slot 1 unless given, on the node `n1`, with an address on the network `demo`. */
export function task({ service: serviceName = 'web', address, ...given }: TaskFacts = {}): Task {
  const slot = 'slot' in given ? given.slot : 1
  return {
    id: `${serviceName}task${slot ?? ''}`,
    serviceId: `id-${serviceName}`,
    slot,
    nodeId: 'n1',
    state: 'running',
    desiredState: 'running',
    attachments: [{ networkId: 'net-demo', addresses: [address ?? `10.0.0.${10 + (slot ?? 0)}`] }],
    hostPorts: [],
    ...given,
  }
}

/** So many running tasks of a service, in the slots from 1. */
export function tasks(serviceName: string, count: number, given: TaskFacts = {}): readonly Task[] {
  return Array.from({ length: count }, (_, index) =>
    task({ ...given, service: serviceName, slot: index + 1 }),
  )
}

/** A network; its id is `net-<name>`. */
export function network(name: string, given: Partial<Network> = {}): Network {
  return { id: `net-${name}`, name, ingress: false, ...given }
}

/** A ready node whose id is also its name. */
export function node(name: string, given: Partial<Node> = {}): Node {
  return { id: name, name, address: '192.0.2.1', status: 'ready', ...given }
}

/** A Swarm with the network `demo`, the node `n1`, and an edge that reaches every network. */
export function snapshot(given: Partial<Snapshot> = {}): Snapshot {
  return {
    services: [],
    tasks: [],
    nodes: [node('n1')],
    networks: [network('demo')],
    edge: { networkIds: 'every' },
    ...given,
  }
}

/** What routing depends on besides the snapshot: an edge of no service cluster that speaks TLS. */
export function routingSettings(given: Partial<RoutingSettings> = {}): RoutingSettings {
  return { serviceCluster: '', isTlsOn: true, ...given }
}

/** Settings as they stand in a container of the product; none of the paths exists. */
export function configSettings(given: Partial<ConfigSettings> = {}): ConfigSettings {
  return {
    httpBind: [':80'],
    httpsBind: [':443'],
    httpsPort: 443,
    tlsSocket: '/run/tidegate/tls.sock',
    tlsMinVersion: 'TLSv1.2',
    tlsCiphers: 'ECDHE-ECDSA-AES128-GCM-SHA256',
    tlsCiphersuites: 'TLS_AES_128_GCM_SHA256',
    globalLines: [],
    defaultsLines: [],
    workerSocket: '/run/tidegate/worker.sock',
    routesMap: '/run/tidegate/routes.map',
    redirectsMap: '/run/tidegate/redirects.map',
    certificatesList: '/run/tidegate/certificates.list',
    errorsDir: '/run/tidegate/errors',
    maxConnections: undefined,
    logTarget: undefined,
    infoHeaders: true,
    proxyId: 'edge-1',
    serverInfo: 'tidegate',
    retries: 3,
    connectTimeoutMs: 2000,
    clientTimeoutMs: 60_000,
    serverTimeoutMs: 60_000,
    queueTimeoutMs: 5000,
    keepAliveTimeoutMs: 60_000,
    requestTimeoutMs: 10_000,
    tunnelTimeoutMs: 3_600_000,
    hardStopAfterMs: 1_800_000,
    ...given,
  }
}

export function loopSettings(given: Partial<LoopSettings> = {}): LoopSettings {
  return {
    reloadSettleMs: 1000,
    reloadSettleMaxMs: 5000,
    auditMs: 60_000,
    drainTimeoutMs: 30_000,
    acceptGraceMs: 0,
    retryMs: 100,
    retryMaxMs: 10_000,
    ...given,
  }
}

/** Who may come in wherever a file with users is asked for; her password is `secret`. */
export const anna = {
  name: 'anna',
  hash: '$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4',
}

const defaultSettings = configSettings()
const renderers = new WeakMap<ConfigSettings, Renderer>()

/** The renderer of the product's templates for these settings; made once. */
export function rendererFor(settings: ConfigSettings = defaultSettings): Renderer {
  const before = renderers.get(settings)
  if (before !== undefined) return before
  const renderer = createRenderer(templatesDir, settings, () => [anna])
  renderers.set(settings, renderer)
  return renderer
}

/** What a plan needs to know besides the two states. */
export function planFacts(given: Partial<PlanFacts> = {}): PlanFacts {
  return { nowMs: 0, drainTimeoutMs: 30_000, structureOf: rendererFor().structureOf, ...given }
}

/** What a fresh HAProxy reports that was started from the files of this routing: no agent knows it yet. */
export function observedFrom(routing: Routing, settings: ConfigSettings = defaultSettings): Observed {
  return {
    worker: {
      pid: 1,
      version: '3.0.11',
      structure: rendererFor(settings).structureOf(routing),
      stopping: false,
    },
    backends: new Map(
      [...routing.backends].map(([name, backend]): [string, ObservedBackend] => [
        name,
        {
          routes: backend.routes,
          servers: new Map(backend.servers.map(({ name: server, ...rest }) => [server, rest])),
          source: undefined,
          inStep: false,
          closing: new Map(),
        },
      ]),
    ),
    certificates: new Map(
      [...routing.certificates].map(([file, each]) => [file, { ...each, certificate: '', key: '' }]),
    ),
    redirects: routing.redirects,
  }
}

/** Routes and servers only, as plain data: what two states must agree on to be the same to a client. */
export function liveState(observed: Observed): unknown {
  return Object.fromEntries(
    [...observed.backends].map(([name, { routes, servers }]) => [
      name,
      {
        routes,
        servers: Object.fromEntries(
          [...servers].map(([server, { address, port, weight, admin }]) => [
            server,
            { address, port, weight, admin },
          ]),
        ),
      },
    ]),
  )
}

/** The state after actions, by a HAProxy that forgives nothing; throws where a real one would refuse, or do harm. */
export function applyActions(observed: Observed, actions: readonly Action[]): Observed {
  return actions.reduce(applyAction, observed)
}

/** The state after one action. */
export function applyAction(observed: Observed, action: Action): Observed {
  return 'backend' in action ? applyToBackend(observed, action) : applyToHosts(observed, action)
}

function refuser(action: Action) {
  return (why: string): never => {
    throw new Error(`${why}: ${JSON.stringify(action)}`)
  }
}

function applyToHosts(observed: Observed, action: Exclude<Action, { readonly backend: string }>): Observed {
  const refuse = refuser(action)
  const certificates = new Map(observed.certificates)
  const redirects = new Map(observed.redirects)
  switch (action.kind) {
    case 'add-certificate': {
      if (certificates.has(action.file)) refuse('the certificate is there already')
      const { kind: _, ...certificate } = action
      certificates.set(action.file, { ...certificate, certificate: '', key: '' })
      break
    }
    case 'remove-certificate':
      if (!certificates.delete(action.file)) refuse('no such certificate')
      break
    case 'add-redirect':
      if (redirects.has(action.source)) refuse('the redirect is there already')
      redirects.set(action.source, action.target)
      break
    case 'turn-redirect':
      if (!redirects.has(action.source)) refuse('no such redirect')
      redirects.set(action.source, action.target)
      break
    case 'remove-redirect':
      if (!redirects.delete(action.source)) refuse('no such redirect')
  }
  return { ...observed, certificates, redirects }
}

function applyToBackend(observed: Observed, action: Extract<Action, { readonly backend: string }>): Observed {
  const refuse = refuser(action)
  const backend = observed.backends.get(action.backend) ?? refuse('no such backend')
  const change = (name: string, changed: Partial<ObservedBackend>, from: Observed = observed): Observed => {
    const before = from.backends.get(name) ?? refuse('no such backend')
    return { ...from, backends: new Map(from.backends).set(name, { ...before, ...changed }) }
  }
  const holder = (route: string) => [...observed.backends].find(([, { routes }]) => routes.includes(route))
  const addRoute = (route: string, from?: Observed) =>
    change(action.backend, { routes: [...backend.routes, route].sort(compareText) }, from)
  const dropRoute = (route: string) => {
    const [name, { routes }] = holder(route) ?? refuse('no such route')
    return change(name, { routes: routes.filter((each) => each !== route) })
  }
  const setServer = (changed: Partial<ObservedServer>) => {
    if (!('server' in action)) return refuse('no server named')
    const before = backend.servers.get(action.server) ?? refuse('no such server')
    return change(action.backend, {
      servers: new Map(backend.servers).set(action.server, { ...before, ...changed }),
    })
  }
  switch (action.kind) {
    case 'add-server': {
      if (backend.servers.has(action.server)) refuse('already exists a server with the same name')
      const { address, port, weight, isChecked } = action
      const place = { address, port, weight, admin: 'maint' } as const
      const server = isChecked === true ? ({ ...place, checks: 'off' } as const) : place
      return change(action.backend, { servers: new Map(backend.servers).set(action.server, server) })
    }
    case 'move-server':
      return setServer({ address: action.address, port: action.port })
    case 'weigh-server':
      return setServer({ weight: action.weight })
    case 'check-server': {
      if (backend.servers.get(action.server)?.checks === undefined) refuse('health checks are not configured')
      return setServer({ checks: 'on' })
    }
    case 'open-server':
      return setServer({ admin: 'ready' })
    case 'close-server':
      return setServer({ admin: 'maint' })
    case 'end-sessions':
      return setServer({})
    case 'delete-server': {
      const servers = new Map(backend.servers)
      if (servers.get(action.server)?.admin !== 'maint')
        refuse('only servers in maintenance mode can be deleted')
      servers.delete(action.server)
      return change(action.backend, { servers })
    }
    case 'add-route':
      if (holder(action.route) !== undefined) refuse('the route exists already')
      return addRoute(action.route)
    case 'move-route':
      if (holder(action.route)?.[0] === action.backend) refuse('the route leads there already')
      return addRoute(action.route, dropRoute(action.route))
    case 'remove-route':
      if (holder(action.route)?.[0] !== action.backend) refuse('the route does not lead there')
      return dropRoute(action.route)
  }
}
