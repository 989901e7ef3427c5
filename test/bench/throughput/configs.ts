// The configurations that are compared, for the same hosts and servers.
// Owns the hand-written ones. The other two are what the agent writes, through its own settings, routing and renderer.

import { computeRouting } from '../../../agent/core/desired.ts'
import { createRenderer } from '../../../agent/render/render.ts'
import { network, node, service, snapshot, task } from '../../support/builders.ts'
import { edgeSettings } from '../../support/edge.ts'

/** Files by name relative to the variant's folder, the configuration among them. */
export type VariantFiles = ReadonlyMap<string, string>

export type VariantKind = 'default' | 'plain' | 'map' | 'rules' | 'headers' | 'alike'

export type VariantSpec = {
  readonly kind: VariantKind
  readonly what: string
  readonly files: (place: Place) => VariantFiles
}

export type Place = {
  readonly dir: string
  readonly port: number
  readonly hosts: readonly string[]
  /** Where the servers of every host are. */
  readonly upstreams: readonly number[]
}

export const configName = 'haproxy.cfg'

export const variants: readonly VariantSpec[] = [
  { kind: 'default', what: 'Tidegate, as it comes', files: (place) => rendered(place, {}) },
  {
    kind: 'plain',
    what: 'Tidegate, `--info-headers false`',
    files: (place) => rendered(place, { 'info-headers': 'false' }),
  },
  { kind: 'map', what: 'by hand: one map lookup, no header touched', files: (place) => byHand(place, {}) },
  {
    kind: 'rules',
    what: 'by hand, as most people write it: a `use_backend … if` for each host',
    files: (place) => byHand(place, { routing: 'rules' }),
  },
  {
    kind: 'headers',
    what: 'by hand: one map lookup, and the headers that Tidegate sets',
    files: (place) => byHand(place, { frontend: headerLines }),
  },
  {
    kind: 'alike',
    what: 'by hand: the same, and requests sent again when a server dies',
    files: (place) =>
      byHand(place, {
        defaults: ['retries 3', 'option redispatch 1', 'retry-on conn-failure empty-response'],
        frontend: [...headerLines, 'http-request disable-l7-retry unless METH_GET || METH_OPTIONS'],
      }),
  },
]

/** What the agent writes for a Swarm with a service of two tasks for each host. */
function rendered({ dir, port, hosts, upstreams }: Place, flags: Record<string, string>): VariantFiles {
  const { config, haproxy, routing } = edgeSettings({ engine: '/none.sock', runDir: dir, port, flags })
  const world = snapshot({
    nodes: [node('n1')],
    networks: [network('demo')],
    services: hosts.flatMap((host) =>
      upstreams.map((upstream, index) =>
        service({ name: nameOf(host, index), lb: { hosts: host, port: upstream } }),
      ),
    ),
    tasks: hosts.flatMap((host) =>
      upstreams.map((_, index) => task({ service: nameOf(host, index), address: '127.0.0.1' })),
    ),
  })
  return createRenderer(haproxy.templatesDir, config).render(computeRouting(world, routing).routing)
}

/** All servers are on one address here, so it takes a service for each port; they share the host. */
function nameOf(host: string, index: number): string {
  return `${host.split('.', 1)[0]}-${index + 1}`
}

const headerLines = [
  'unique-id-format %[uuid()]',
  'unique-id-header X-Request-ID',
  'option forwardfor',
  'http-request set-header X-Real-IP %[src]',
  'http-request set-header X-Forwarded-Proto http',
  'http-response set-header x-request-id %[unique-id]',
  'http-response set-header x-proxy-id bench',
  'http-response set-header x-server-info bench',
  'http-response set-header x-upstream-addr %[bc_dst]:%[bc_dst_port]',
  'http-response set-header x-upstream-response-time %[res.timer.hdr,div(1000)].%[res.timer.hdr,mod(1000),add(1000),regsub(^1,)]',
]

/** Lines besides those that it takes to answer at all. */
type HandWritten = {
  readonly defaults?: readonly string[]
  readonly frontend?: readonly string[]
  readonly routing?: 'map' | 'rules'
}

function byHand(
  { dir, port, hosts, upstreams }: Place,
  { defaults = [], frontend = [], routing = 'map' }: HandWritten,
): VariantFiles {
  const rules =
    routing === 'rules'
      ? hosts.map((host) => `use_backend ${host} if { req.hdr(host) -i ${host} }`)
      : [`use_backend %[req.hdr(host),lower,map_str(${dir}/hosts.map)]`]
  const backends = hosts.map((host) =>
    [
      `backend ${host}`,
      ...upstreams.map((upstream, i) => `    server s${i + 1} 127.0.0.1:${upstream}`),
      '',
    ].join('\n'),
  )
  const config = [
    'defaults',
    '    mode http',
    '    timeout connect 2s',
    '    timeout client 60s',
    '    timeout server 60s',
    ...defaults.map((line) => `    ${line}`),
    '',
    'frontend http',
    `    bind 127.0.0.1:${port}`,
    ...[...frontend, ...rules].map((line) => `    ${line}`),
    '',
    ...backends,
  ]
  return new Map([
    [configName, `${config.join('\n')}\n`],
    ['hosts.map', hosts.map((host) => `${host} ${host}\n`).join('')],
  ])
}

/** Answers every request at once, so that what is measured is the HAProxy in front of it. */
export function upstreamConfig(ports: readonly number[], address = '127.0.0.1'): string {
  return [
    'global',
    '    nbthread 1',
    'defaults',
    '    mode http',
    '    timeout connect 2s',
    '    timeout client 300s',
    '    timeout server 300s',
    'frontend upstream',
    ...ports.map((port) => `    bind ${address}:${port}`),
    '    http-request return status 200 content-type text/plain string ok',
    '',
  ].join('\n')
}
