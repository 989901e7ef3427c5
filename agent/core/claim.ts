// What one service asks of the edge: its hosts, its path, its servers. A service is worked out from its own facts alone,
// so that a change in one costs nothing for the others.
// Refuses other services: conflicts between claims are decided in desired.ts.

import type { TlsWish } from './certificate-wish.ts'
import { labelCure, renewCure } from './cures.ts'
import { grant } from './host-owners.ts'
import type { Redirect } from './labels/address-values.ts'
import { hasEdgeLabels, labelProblem, readLabels } from './labels/read.ts'
import type { LabelRow } from './labels/row.ts'
import { type LabelValues, labelTable } from './labels/table.ts'
import { type Options, optionsOf } from './options.ts'
import type { Problem } from './problem.ts'
import type { BackendService, Server } from './routing.ts'
import { notWithPassthrough, serverWishOf } from './server-options.ts'
import { modeInForce, serversOf } from './servers.ts'
import type { RoutingSettings } from './settings.ts'
import type { Service, Task } from './snapshot.ts'
import type { Topology } from './topology.ts'

/** A service's wish. `hosts` is empty and `isDefault` false where it is not published; `problems` then says why. */
export type Claim = {
  readonly service: BackendService
  /** Sorts by age as text. */
  readonly createdAt: string
  /** In the order of the label. */
  readonly hosts: readonly string[]
  /** Prefixes without a slash at the end, at least one; the empty text stands for `/`. */
  readonly paths: readonly string[]
  readonly isDefault: boolean
  readonly options: Options
  readonly tls: TlsWish | undefined
  readonly isPassthrough: boolean
  readonly redirects: readonly Redirect[]
  /** The service's labels, to quote from. */
  readonly labels: Service['labels']
  readonly servers: readonly Server[]
  /** The networks that the edge must share to reach the servers, sorted. */
  readonly networkIds: readonly string[]
  readonly problems: readonly Problem[]
}

/** Works out a service's claim; undefined where the service does not address this edge at all. */
export function claimOf(
  service: Service,
  tasks: readonly Task[],
  topology: Topology,
  settings: RoutingSettings,
): Claim | undefined {
  if (!hasEdgeLabels(service) || service.mode === 'job') return undefined
  const { values, problems } = readLabels(service)
  if (!isOfCluster(service, values, settings)) return undefined
  const { hosts = [], defaultBackend = false } = values
  const isPassthrough = values.sslPassthrough === true
  // By its server name a connection is told from those whose TLS ends here: there is no default among the former.
  const isDefault = defaultBackend && !isPassthrough
  const granted = grant(service, { hosts, isDefault }, settings.hostOwners ?? [])
  const missing = missingLabels(service, { ...granted, port: values.port })
  const wanted = values.backendMode ?? 'task'
  const wish = serverWishOf(service, values, { mode: modeInForce(service, wanted), isPassthrough })
  const spec = { mode: wanted, network: values.network, wish }
  const isPublished =
    values.port !== undefined &&
    (granted.hosts.length > 0 || granted.isDefault) &&
    !isUnsafe(service, values, settings)
  const served =
    isPublished && values.port !== undefined
      ? serversOf(service, { ...spec, port: values.port }, tasks, topology)
      : { mode: spec.mode, servers: [], networkIds: [], problems: [] }
  const asked = optionsOf(service, values, { mode: served.mode, isPassthrough })
  return {
    service: {
      id: service.id,
      name: service.name,
      mode: served.mode,
      networkIds: service.networkIds,
      ...(service.origin !== undefined && { isToldLate: true as const }),
    },
    // Go leaves zeros out at the end of a fraction: with the Z behind it, `.12Z` would sort after `.123Z`.
    createdAt: service.createdAt.replace(/Z$/, ''),
    hosts: isPublished ? granted.hosts : [],
    paths: isPassthrough ? [''] : (values.contextRoot ?? ['']),
    isDefault: isPublished && granted.isDefault,
    options: asked.options,
    tls: isPublished ? tlsWish(values) : undefined,
    isPassthrough,
    redirects: isPublished ? (values.redirects ?? []) : [],
    labels: service.labels,
    servers: served.servers,
    networkIds: served.networkIds,
    problems: [
      ...problems,
      ...granted.problems,
      ...missing,
      ...labelsDiffer(service),
      ...served.problems,
      ...asked.problems,
      ...wish.problems,
      ...(isPassthrough ? ofRequests(service, values) : []),
    ],
  }
}

function isOfCluster(service: Service, { serviceCluster }: LabelValues, settings: RoutingSettings): boolean {
  // Told wrong, it is told to every edge: that is better than to none.
  if (isLost(service, labelTable.serviceCluster, serviceCluster)) return true
  return (serviceCluster ?? '') === settings.serviceCluster
}

/**
 * A service meant for one path, or one cluster, must not take a whole host because that label was mistyped; nor must one
 * that speaks TLS itself be served as if it spoke HTTP, or one that asks for passwords be passed through without.
 */
function isUnsafe(service: Service, values: LabelValues, { isTlsOn }: RoutingSettings): boolean {
  const { serviceCluster, contextRoot, sslPassthrough } = labelTable
  return (
    isLost(service, serviceCluster, values.serviceCluster) ||
    isLost(service, contextRoot, values.contextRoot) ||
    isLost(service, sslPassthrough, values.sslPassthrough) ||
    (values.sslPassthrough === true && (!isTlsOn || values.basicAuth !== undefined))
  )
}

/** True where the label is there, and nothing in it could be used. */
function isLost<T>(service: Service, { label }: LabelRow<T>, value: T | undefined): boolean {
  return value === undefined && service.labels[label] !== undefined
}

function tlsWish({ sslCert, sslKey }: LabelValues): TlsWish | undefined {
  return sslCert === undefined ? undefined : { certificate: sslCert, key: sslKey }
}

function labelsDiffer(service: Service): readonly Problem[] {
  return (service.differing ?? []).map((label) => ({
    ...labelProblem(service, label, 'labels-differ', {
      found: 'another value, or none, on some of its containers',
      expected: 'the same on each',
      hint: renewCure(service),
    }),
    severity: 'warning',
  }))
}

/** Labels about requests and certificates, which an edge that passes connections through has nothing to do with. */
function ofRequests(service: Service, values: LabelValues): readonly Problem[] {
  return (['defaultBackend', 'contextRoot', 'sslCert', 'sslKey'] as const)
    .filter((key) => values[key] !== undefined && values[key] !== false)
    .map((key) => notWithPassthrough(service, labelTable[key].label))
}

function missingLabels(
  service: Service,
  found: {
    readonly hosts: readonly string[]
    readonly isDefault: boolean
    readonly port: number | undefined
  },
): readonly Problem[] {
  const problems: Problem[] = []
  const { hosts, port } = labelTable
  const isAbsent = ({ label }: { readonly label: string }) => service.labels[label] === undefined
  if (found.hosts.length === 0 && !found.isDefault && isAbsent(hosts)) {
    problems.push(
      labelProblem(service, hosts.label, 'hosts-missing', {
        found: 'no such label',
        expected: 'the hosts to answer for',
        hint: labelCure(service, hosts.label, 'demo.local'),
      }),
    )
  }
  if (found.port === undefined && isAbsent(port)) {
    problems.push(
      labelProblem(service, port.label, 'port-missing', {
        found: 'no such label',
        expected: "the port that the service's tasks listen on",
        hint: labelCure(service, port.label, '8080'),
      }),
    )
  }
  return problems
}
