// The values of a service's labels, one line for each row of the table.
// Written out, since the rows differ in what they hold; in one piece, since this is done for each of thousands of services.

import type { ReadFamily, ReadRow } from './row.ts'
import { type LabelValues, labelFamilies, labelTable } from './table.ts'

/** Reads them all. */
export function readTable(read: ReadRow, readFamily: ReadFamily): LabelValues {
  return {
    hosts: read(labelTable.hosts),
    port: read(labelTable.port),
    network: read(labelTable.network),
    backendMode: read(labelTable.backendMode),
    defaultBackend: read(labelTable.defaultBackend),
    serviceCluster: read(labelTable.serviceCluster),
    contextRoot: read(labelTable.contextRoot),
    websocketEndpoints: read(labelTable.websocketEndpoints),
    redirects: read(labelTable.redirects),
    sslCert: read(labelTable.sslCert),
    sslKey: read(labelTable.sslKey),
    sslPassthrough: read(labelTable.sslPassthrough),
    contextRootRewrite: read(labelTable.contextRootRewrite),
    sslOnly: read(labelTable.sslOnly),
    stickySessionCookie: read(labelTable.stickySessionCookie),
    ipHash: read(labelTable.ipHash),
    balance: read(labelTable.balance),
    retryNonIdempotent: read(labelTable.retryNonIdempotent),
    compression: read(labelTable.compression),
    timeoutConnect: read(labelTable.timeoutConnect),
    timeoutServer: read(labelTable.timeoutServer),
    timeoutQueue: read(labelTable.timeoutQueue),
    timeoutTunnel: read(labelTable.timeoutTunnel),
    healthCheckPath: read(labelTable.healthCheckPath),
    healthCheckStatus: read(labelTable.healthCheckStatus),
    healthCheckHost: read(labelTable.healthCheckHost),
    allow: read(labelTable.allow),
    deny: read(labelTable.deny),
    rateLimit: read(labelTable.rateLimit),
    maxBodySize: read(labelTable.maxBodySize),
    basicAuth: read(labelTable.basicAuth),
    hsts: read(labelTable.hsts),
    maxFails: read(labelTable.maxFails),
    failTimeout: read(labelTable.failTimeout),
    healthCheckInterval: read(labelTable.healthCheckInterval),
    sslBackend: read(labelTable.sslBackend),
    sslBackendTlsVerify: read(labelTable.sslBackendTlsVerify),
    proxyProtocol: read(labelTable.proxyProtocol),
    weight: read(labelTable.weight),
    maintenance: read(labelTable.maintenance),
    requestHeaders: readFamily(labelFamilies.requestHeaders),
    responseHeaders: readFamily(labelFamilies.responseHeaders),
  }
}
