// What it costs to change a label of a service that is published: told to people, and held by
// test/integration/label-changes.test.ts and design-table.test.ts. Refuses to decide it: plan.ts compares states, not labels.

import type { labelFamilies, labelTable } from './table.ts'

/** `live`: by commands over HAProxy's socket. `reload`: by a new worker beside the old one. `nothing`: not even that. */
export type ChangeCost = 'live' | 'reload' | 'nothing'

/** Where a change makes a service published, or no longer, it is a reload besides. */
export const changeCosts: {
  readonly [K in keyof typeof labelTable | keyof typeof labelFamilies]: ChangeCost
} = {
  hosts: 'live',
  port: 'live',
  network: 'live',
  backendMode: 'reload',
  defaultBackend: 'live',
  serviceCluster: 'reload',
  contextRoot: 'live',
  websocketEndpoints: 'nothing',
  redirects: 'live',
  sslCert: 'live',
  sslKey: 'live',
  sslPassthrough: 'reload',
  sslOnly: 'reload',
  contextRootRewrite: 'reload',
  stickySessionCookie: 'reload',
  ipHash: 'reload',
  balance: 'reload',
  retryNonIdempotent: 'reload',
  compression: 'reload',
  timeoutConnect: 'reload',
  timeoutServer: 'reload',
  timeoutQueue: 'reload',
  timeoutTunnel: 'reload',
  healthCheckPath: 'reload',
  healthCheckStatus: 'reload',
  healthCheckHost: 'reload',
  basicAuth: 'reload',
  allow: 'reload',
  deny: 'reload',
  rateLimit: 'reload',
  maxBodySize: 'reload',
  hsts: 'reload',
  maxFails: 'live',
  failTimeout: 'live',
  healthCheckInterval: 'live',
  sslBackend: 'live',
  sslBackendTlsVerify: 'live',
  proxyProtocol: 'live',
  weight: 'live',
  maintenance: 'live',
  requestHeaders: 'reload',
  responseHeaders: 'reload',
}
