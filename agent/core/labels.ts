// The labels that publish a service: one table, and the reading of a service's labels by it.
// A new label is one more row here. Refuses networks, tasks and routes: it sees one service's labels only.

import {
  type Fault,
  type Parsed,
  parseBoolean,
  parseHosts,
  parseMode,
  parseName,
  parsePath,
  parsePort,
} from './label-values.ts'
import type { Problem, ProblemCode } from './problem.ts'
import type { BackendMode } from './routing.ts'
import { limits } from './settings.ts'
import type { Service } from './snapshot.ts'
import { compareText, nearest, quote } from './text.ts'

/** Interlock's prefix, the contract that Swarm's users know. */
export const labelPrefix = 'com.docker.lb.'

/** The values of a service's labels. Undefined: the label is absent, or nothing in it could be used. */
export type LabelValues = {
  readonly hosts: readonly string[] | undefined
  readonly port: number | undefined
  readonly network: string | undefined
  readonly backendMode: BackendMode | undefined
  readonly defaultBackend: boolean | undefined
  readonly serviceCluster: string | undefined
  readonly contextRoot: string | undefined
}

type LabelRow<T> = {
  readonly label: string
  readonly type: string
  readonly meaning: string
  readonly example: string
  /** The problem's code where the value is at fault. */
  readonly code: ProblemCode
  readonly parse: (text: string) => Parsed<T>
}

/** Every label that Tidegate acts on. Documents and `check` are made from it. */
export const labelTable: { readonly [K in keyof LabelValues]: LabelRow<NonNullable<LabelValues[K]>> } = {
  hosts: {
    label: 'hosts',
    type: 'comma list of host names',
    meaning: 'The hosts that the service answers for. `*.example.com` stands for every name one level below.',
    example: 'demo.local,www.demo.local',
    code: 'host-invalid',
    parse: parseHosts,
  },
  port: {
    label: 'port',
    type: 'port',
    meaning: "The port that the service's tasks listen on. It need not be published.",
    example: '8080',
    code: 'port-invalid',
    parse: parsePort,
  },
  network: {
    label: 'network',
    type: 'network name',
    meaning: 'The network to reach the tasks on. Needed only where the service shares several with the edge.',
    example: 'demo',
    code: 'network-missing',
    parse: parseName,
  },
  backendMode: {
    label: 'backend_mode',
    type: 'task or vip',
    meaning: "`task` (the default): one server for each task. `vip`: one server, the service's virtual IP.",
    example: 'vip',
    code: 'backend-mode-invalid',
    parse: parseMode,
  },
  defaultBackend: {
    label: 'default_backend',
    type: 'true or false',
    meaning: 'The service answers for every host that nobody claims.',
    example: 'true',
    code: 'boolean-invalid',
    parse: parseBoolean,
  },
  serviceCluster: {
    label: 'service_cluster',
    type: 'name',
    meaning: 'Only edges of this service cluster publish the service.',
    example: 'production',
    code: 'service-cluster-invalid',
    parse: parseName,
  },
  contextRoot: {
    label: 'context_root',
    type: 'path prefix',
    meaning: 'The service answers below this path only. Several services can share a host this way.',
    example: '/app',
    code: 'context-root-invalid',
    parse: parsePath,
  },
}

const known = Object.values(labelTable).map((row) => row.label)

/** Labels of Interlock's that are understood but not acted on yet. */
const notSupported: readonly string[] = [
  'context_root_rewrite',
  'fail_timeout',
  'ip_hash',
  'max_fails',
  'redirects',
  'ssl_backend',
  'ssl_backend_tls_verify',
  'ssl_cert',
  'ssl_key',
  'ssl_only',
  'ssl_passthrough',
  'sticky_session_cookie',
  'websocket_endpoints',
]

/** True if any label of the service is meant for an edge. */
export function hasEdgeLabels(service: Service): boolean {
  for (const label in service.labels) if (label.startsWith(labelPrefix)) return true
  return false
}

/** Reads a service's labels: every value that can be used, and a problem for each part that cannot. */
export function readLabels(service: Service): {
  readonly values: LabelValues
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const read = <K extends keyof LabelValues>(key: K): NonNullable<LabelValues[K]> | undefined => {
    const row: LabelRow<NonNullable<LabelValues[K]>> = labelTable[key]
    const parsed = readRow(service, row)
    for (const fault of parsed.faults) problems.push(labelProblem(service, row.label, row.code, fault))
    return parsed.value
  }
  const values: LabelValues = {
    hosts: read('hosts'),
    port: read('port'),
    network: read('network'),
    backendMode: read('backendMode'),
    defaultBackend: read('defaultBackend'),
    serviceCluster: read('serviceCluster'),
    contextRoot: read('contextRoot'),
  }
  return { values, problems: [...problems, ...strangeLabels(service)] }
}

function readRow<T>(service: Service, row: LabelRow<T>): Parsed<T> {
  const text = service.labels[labelPrefix + row.label]
  if (text === undefined) return { value: undefined, faults: [] }
  if (text.length > limits.labelLength) {
    const fault = {
      found: `${text.length} characters`,
      expected: `at most ${limits.labelLength}`,
      hint: 'Shorten it.',
    }
    return { value: undefined, faults: [fault] }
  }
  return row.parse(text)
}

/** A problem about one label of a service. */
export function labelProblem(
  service: Pick<Service, 'id' | 'name'>,
  label: string,
  code: ProblemCode,
  fault: Fault,
): Problem {
  return {
    code,
    severity: 'error',
    serviceId: service.id,
    service: service.name,
    label: labelPrefix + label,
    ...fault,
  }
}

function strangeLabels(service: Service): readonly Problem[] {
  const problems: Problem[] = []
  for (const label of Object.keys(service.labels).toSorted(compareText)) {
    if (!label.startsWith(labelPrefix)) continue
    const suffix = label.slice(labelPrefix.length)
    if (!known.includes(suffix)) problems.push(strangeLabel(service, suffix))
  }
  return problems
}

function strangeLabel(service: Service, suffix: string): Problem {
  if (notSupported.includes(suffix)) {
    const fault = {
      found: quote(service.labels[labelPrefix + suffix] ?? ''),
      expected: 'no such label',
      hint: 'This version of Tidegate does not act on it; the service is published without it.',
    }
    return { ...labelProblem(service, suffix, 'label-not-supported', fault), severity: 'warning' }
  }
  // The label's own name is foreign text as well.
  const shown = quote(suffix).slice(1, -1)
  const near = nearest(suffix, [...known, ...notSupported])
  const fault = {
    found: `the label ${quote(labelPrefix + suffix)}`,
    expected: 'a label that Tidegate knows',
    hint: near === undefined ? 'It has no effect; remove it.' : `Did you mean ${labelPrefix}${near}?`,
  }
  return { ...labelProblem(service, shown, 'label-unknown', fault), severity: 'warning' }
}
