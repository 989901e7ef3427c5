// The settings that HAProxy's configuration is written from: binds, files, sockets, TLS, timeouts.
// Owns where the edge's own files and sockets lie. Refuses the reading and checking of settings (settings.ts).

import { type ConfigSettings, fileNames } from '../core/settings.ts'
import type { HostFacts } from './setting-texts.ts'
import type { SettingKey, SettingValues } from './setting-values.ts'
import { tlsSocketName } from './tls-settings.ts'

/** The value of one setting, read and in range. */
export type ReadSetting = <K extends SettingKey>(key: K) => SettingValues[K]

/** The settings that HAProxy's file is written from, gathered from rows that were read already. */
export function configSettings(host: HostFacts, read: ReadSetting): ConfigSettings {
  const runDir = read('run-dir')
  return {
    httpBind: read('http-bind'),
    httpsBind: read('https-bind'),
    httpsPort: read('https-port'),
    tlsSocket: `${folderOf(read('worker-socket'))}/${tlsSocketName}`,
    tlsMinVersion: read('tls-min-version'),
    tlsCiphers: read('tls-ciphers'),
    tlsCiphersuites: read('tls-ciphersuites'),
    globalLines: read('global-lines'),
    defaultsLines: read('defaults-lines'),
    workerSocket: read('worker-socket'),
    routesMap: `${runDir}/${fileNames.routes}`,
    redirectsMap: `${runDir}/${fileNames.redirects}`,
    certificatesList: read('https-bind').length === 0 ? undefined : `${runDir}/${fileNames.certificatesList}`,
    errorsDir: `${runDir}/${fileNames.errors}`,
    maxConnections: read('max-connections'),
    logTarget: read('access-log'),
    infoHeaders: read('info-headers'),
    proxyId: read('proxy-id'),
    serverInfo: serverInfo(host),
    retries: read('retries'),
    connectTimeoutMs: read('timeout-connect'),
    clientTimeoutMs: read('timeout-client'),
    serverTimeoutMs: read('timeout-server'),
    queueTimeoutMs: read('timeout-queue'),
    keepAliveTimeoutMs: read('timeout-keep-alive'),
    requestTimeoutMs: read('timeout-request'),
    tunnelTimeoutMs: read('timeout-tunnel'),
    hardStopAfterMs: read('hard-stop-after'),
  }
}

/** HAProxy may write where its other sockets are, and not in the run folder itself. */
function folderOf(socket: string): string {
  return socket.slice(0, socket.lastIndexOf('/'))
}

/** Node's names of processors that Docker and Go call otherwise. */
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** What x-server-info says: `tidegate/0.1.0 linux/amd64`. */
function serverInfo({ version, os, arch }: HostFacts): string {
  return `tidegate/${version} ${os}/${goArchitectures[arch] ?? arch}`
}
