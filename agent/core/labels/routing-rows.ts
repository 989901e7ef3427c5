// The labels that say which requests are a service's, and where its tasks are reached.

import { type LabelRow, labelPrefix, type ValuesOf } from './row.ts'
import { parseBoolean, parseHosts, parseMode, parseName, parsePaths, parsePort } from './values.ts'

const row = <T>(given: LabelRow<T>): LabelRow<T> => ({ ...given, label: labelPrefix + given.label })

export const routingRows = {
  hosts: row({
    label: 'hosts',
    type: 'comma list of host names',
    meaning: 'The hosts that the service answers for. `*.example.com` stands for every name one level below.',
    example: 'demo.local,www.demo.local',
    code: 'host-invalid',
    parse: parseHosts,
  }),
  port: row({
    label: 'port',
    type: 'port',
    meaning: "The port that the service's tasks listen on. It need not be published.",
    example: '8080',
    code: 'port-invalid',
    parse: parsePort,
  }),
  network: row({
    label: 'network',
    type: 'network name',
    meaning: 'The network to reach the tasks on. Needed only where the service shares several with the edge.',
    example: 'demo',
    code: 'network-missing',
    parse: parseName,
  }),
  backendMode: row({
    label: 'backend_mode',
    type: 'task or vip',
    meaning: "`task`: one server for each task. `vip`: one server, the service's virtual IP.",
    example: 'vip',
    default: 'task',
    code: 'backend-mode-invalid',
    parse: parseMode,
  }),
  defaultBackend: row({
    label: 'default_backend',
    type: 'true or false',
    meaning: 'The service answers for every host that nobody claims.',
    example: 'true',
    default: 'false',
    code: 'boolean-invalid',
    parse: parseBoolean,
  }),
  serviceCluster: row({
    label: 'service_cluster',
    type: 'name',
    meaning: 'Only edges of this service cluster publish the service.',
    example: 'production',
    code: 'service-cluster-invalid',
    parse: parseName,
  }),
  contextRoot: row({
    label: 'context_root',
    type: 'comma list of path prefixes',
    meaning:
      'The service answers below these paths only. Several services can share a host this way; the longest path wins.',
    example: '/app',
    default: '/',
    code: 'context-root-invalid',
    parse: parsePaths,
  }),
  websocketEndpoints: row({
    label: 'websocket_endpoints',
    type: 'comma list of paths',
    meaning: 'Understood, and without effect: websockets work on every path.',
    example: '/ws',
    code: 'option-invalid',
    parse: parsePaths,
  }),
}

export type RoutingValues = ValuesOf<typeof routingRows>
