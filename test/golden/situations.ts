// The situations that a person reads: a Swarm before and after, in one line each where it can be.
// `npm run golden:update` makes cases/ from them. Refuses corner cases: test/unit holds those.

import type { Service, Snapshot } from '../../agent/core/snapshot.ts'
import { network, node, service, snapshot, task } from '../support/builders.ts'

export type Situation = {
  readonly name: string
  /** Undefined: an edge that serves nothing yet. */
  readonly before?: Snapshot
  readonly after: Snapshot
}

/** The service `demo` at `demo.local`, with more labels or others. */
const labelled = (lb: Readonly<Record<string, string>>, given: Partial<Service> = {}) =>
  service({ name: 'demo', virtualIps: [{ networkId: 'net-demo', address: '10.0.1.2' }], lb, ...given })

/** Tidegate's own labels, without their prefix. */
const own = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).map(([label, text]) => [`com.tidegate.lb.${label}`, text]))

const demo = labelled({})
const vip = labelled({ backend_mode: 'vip' })
const twoHosts = labelled({ hosts: 'demo.local,www.demo.local' })
const first = task({ id: 'x8k2m4q9', service: 'demo', slot: 1, address: '10.0.1.11' })
const second = task({ id: 'p0q1r7s3', service: 'demo', slot: 2, address: '10.0.1.12', nodeId: 'n2' })
const third = task({ id: 'a5b6c7d8', service: 'demo', slot: 3, address: '10.0.1.13' })
const successor = task({ id: 'k3l4m5n6', service: 'demo', slot: 1, address: '10.0.1.21' })

const canary = service({
  name: 'demo-next',
  createdAt: '2026-11-25T09:00:00Z',
  lb: { hosts: 'demo.local' },
  virtualIps: [{ networkId: 'net-demo', address: '10.0.1.3' }],
})
const canaryTask = task({ id: 'c1c2c3c4', service: 'demo-next', slot: 1, address: '10.0.1.31' })

const nodes = [node('n1'), node('n2', { address: '192.0.2.2' })]
const swarm = (given: Partial<Snapshot>): Snapshot => snapshot({ nodes, ...given })
const running = swarm({ services: [demo], tasks: [first, second] })

export const situations: readonly Situation[] = [
  {
    name: '01-default-host',
    after: swarm({
      services: [labelled({ default_backend: 'true' })],
      tasks: [first],
    }),
  },
  { name: '02-task-mode', after: running },
  { name: '03-vip-mode', after: swarm({ services: [vip], tasks: [first, second] }) },
  { name: '04-scale-up', before: running, after: swarm({ services: [demo], tasks: [first, second, third] }) },
  {
    name: '05-rolling-update',
    before: swarm({ services: [demo], tasks: [first, second, { ...successor, state: 'starting' }] }),
    after: swarm({ services: [demo], tasks: [{ ...first, desiredState: 'shutdown' }, second, successor] }),
  },
  {
    name: '06-crash',
    before: running,
    after: swarm({
      services: [demo],
      tasks: [
        { ...first, state: 'failed', desiredState: 'shutdown' },
        { ...successor, state: 'ready', desiredState: 'ready' },
        second,
      ],
    }),
  },
  {
    name: '07-canary',
    before: running,
    after: swarm({ services: [demo, canary], tasks: [first, second, canaryTask] }),
  },
  {
    name: '08-mistyped-label',
    before: running,
    after: swarm({
      services: [demo, service({ name: 'shop', lb: { hosts: 'http://shop.local', prot: '80' } })],
      tasks: [first, second, task({ id: 's1s2s3s4', service: 'shop', address: '10.0.1.41' })],
    }),
  },
  {
    name: '09-hosts-changed',
    before: running,
    after: swarm({
      services: [labelled({ hosts: 'shop.local,*.shop.local' })],
      tasks: [first, second],
    }),
  },
  {
    name: '10-network-added',
    before: running,
    after: swarm({
      services: [labelled({}, { networkIds: ['net-back', 'net-demo'] })],
      tasks: [first, second],
      networks: [network('demo'), network('back')],
    }),
  },
  {
    name: '11-two-modes-on-one-host',
    after: swarm({ services: [vip, canary], tasks: [first, second, canaryTask] }),
  },
  {
    name: '12-ipv6',
    after: swarm({
      services: [demo],
      tasks: [
        { ...first, attachments: [{ networkId: 'net-demo', addresses: ['fd00:1::b'] }] },
        { ...second, attachments: [{ networkId: 'net-demo', addresses: ['fd00:1::c', '10.0.1.12'] }] },
      ],
    }),
  },
  {
    name: '13-host-mode-ports',
    after: swarm({
      services: [
        labelled(
          {},
          {
            networkIds: [],
            endpointMode: 'dnsrr',
            virtualIps: [],
            hostPorts: [{ targetPort: 8080, protocol: 'tcp' }],
          },
        ),
      ],
      tasks: [first, second].map((each, index) => ({
        ...each,
        attachments: [],
        hostPorts: [{ targetPort: 8080, publishedPort: 32_768 + index, protocol: 'tcp' }],
      })),
    }),
  },
  {
    name: '14-canary-on-one-host-of-two',
    before: swarm({
      services: [twoHosts],
      tasks: [first, second],
    }),
    after: swarm({
      services: [twoHosts, canary],
      tasks: [first, second, canaryTask],
    }),
  },
  {
    name: '15-options',
    before: running,
    after: swarm({
      services: [
        labelled({
          context_root: '/app',
          context_root_rewrite: 'true',
          sticky_session_cookie: 'session',
          ...own({
            timeout_server: '5m',
            health_check_path: '/health?full=1',
            health_check_status: '200,204',
            allow: '10.0.0.0/8,2001:db8::/32',
            deny: '10.6.6.6',
            rate_limit: '600/m',
            max_body_size: '10m',
            'request_header.X-Environment': "100% production's",
            'response_header.Server': '',
            hsts: '31536000; includeSubDomains',
            compression: 'true',
            retry_non_idempotent: 'true',
          }),
        }),
      ],
      tasks: [first, second],
    }),
  },
  {
    name: '18-basic-auth',
    after: swarm({
      services: [
        labelled({ ...own({ basic_auth: 'demo-users' }) }),
        service({ name: 'closed', lb: { hosts: 'closed.local', ...own({ basic_auth: 'absent' }) } }),
      ],
      tasks: [first, task({ id: 'c1c2c3c4', service: 'closed', slot: 1, address: '10.0.1.31' })],
      materials: [
        {
          name: 'demo-users',
          from: 'secret',
          digest: 'a1'.repeat(32),
          fault: 'neither a PEM certificate nor a PEM private key',
          users: ['anna'],
        },
      ],
    }),
  },
  {
    name: '16-other-servers',
    before: running,
    after: swarm({
      services: [
        labelled({
          max_fails: '3',
          fail_timeout: '10s',
          ssl_backend: 'true',
          ...own({ proxy_protocol: 'v2' }),
        }),
      ],
      tasks: [first, second],
    }),
  },
  {
    name: '17-weight-and-maintenance',
    before: swarm({ services: [demo, canary], tasks: [first, second, canaryTask] }),
    after: swarm({
      services: [
        labelled(own({ maintenance: 'true' })),
        { ...canary, labels: { ...canary.labels, 'com.tidegate.lb.weight': '10' } },
      ],
      tasks: [first, second, canaryTask],
    }),
  },
]
