// Every setting, once: its name, kind, default and meaning.
// Flags, TIDEGATE_* variables, help and docs/settings.md are made from this table, so a new setting is one row here.
// Refuses flags and environment as such: settings.ts reads them.

import type { NetworkMode } from '../core/edge-networks.ts'
import { adminBind, bindAddress, dockerHost, hostAndPort } from './address-kinds.ts'
import { hostOwners } from './owner-kind.ts'
import {
  boolean,
  choice,
  configLines,
  duration,
  headerText,
  integer,
  type Kind,
  listOf,
  localSocket,
  name,
  nameOrNothing,
  orWord,
  path,
  runFolder,
  socketPath,
} from './setting-kinds.ts'
import type { DefaultFacts, SettingKey, SettingRow, SettingValues } from './setting-values.ts'
import { tlsSettings, tlsSocketName } from './tls-settings.ts'

const fixed = (text: string) => ({ words: text, text: () => text })

/** A timeout of HAProxy's own; the longest is far below what its clock can count to (24 days). */
const timeout = duration('1ms', '24h')
const longTimeout = duration('1s', '168h')

/** The sockets' names in the run folder. */
const socketNames = { worker: 'worker.sock', master: 'master.sock', tls: tlsSocketName } as const

/** Every setting, in the order in which help and documents list them. */
export const settingTable: { readonly [K in SettingKey]: SettingRow<SettingValues[K]> } = {
  'docker-host': {
    group: 'Docker',
    kind: dockerHost,
    default: fixed('unix:///var/run/docker.sock'),
    alsoFrom: 'DOCKER_HOST',
    meaning:
      'The Docker engine of a manager. Over tcp, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH count as they do for the docker command.',
  },
  'docker-timeout': {
    group: 'Docker',
    kind: duration('100ms', '5m'),
    default: fixed('10s'),
    meaning: 'How long the engine may take to answer.',
  },
  source: {
    group: 'Docker',
    kind: choice('auto', 'swarm', 'containers'),
    default: fixed('auto'),
    meaning:
      "What is published. `swarm`: the services of a Swarm. `containers`: this engine's containers, with compose's services for services. `auto`: containers if the engine is in no Swarm.",
  },
  'poll-quiet': {
    group: 'Docker',
    kind: duration('100ms', '1m'),
    default: fixed('1s'),
    meaning: 'How often tasks are listed while nothing moves.',
  },
  'poll-moving': {
    group: 'Docker',
    kind: duration('50ms', '1m'),
    default: fixed('200ms'),
    meaning: 'How often tasks are listed while something moves.',
  },
  'poll-moving-for': {
    group: 'Docker',
    kind: duration('1s', '10m'),
    default: fixed('10s'),
    meaning: 'How long after the last hint things count as moving.',
  },
  'reconcile-interval': {
    group: 'Docker',
    kind: duration('1s', '10m'),
    default: fixed('10s'),
    meaning: 'How often everything is listed anew, whatever events and watch say.',
  },
  'swarm-socket': {
    group: 'Docker',
    kind: orWord('off', undefined, localSocket),
    default: fixed('off'),
    meaning:
      "The manager's control socket, on which tasks are followed as they are committed; `off`: they are polled. Whoever reaches it has the Swarm.",
  },
  'edge-networks': {
    group: 'Services',
    kind: edgeNetworks(),
    default: fixed('auto'),
    meaning:
      'The networks that the edge reaches tasks on. `auto`: those of its own container; `every`: all of them, for an edge outside the Swarm.',
  },
  networks: {
    group: 'Services',
    kind: networkMode(),
    default: fixed('auto'),
    meaning:
      "The networks that the agent attaches the edge's own service to. `auto`: those that published services need, and no longer; `off`: none, and secrets and configs that labels name are not mounted either; a list: these. It detaches only what it has attached.",
  },
  'networks-settle': {
    group: 'Services',
    kind: duration('0ms', '1m'),
    default: fixed('1s'),
    meaning: 'How long a change of networks waits for others, since each one replaces the tasks of the edge.',
  },
  'service-cluster': {
    group: 'Services',
    kind: nameOrNothing,
    default: { words: 'none', text: () => '' },
    meaning: 'Publish the services whose label `com.docker.lb.service_cluster` says this, and no others.',
  },
  'host-owners': {
    group: 'Services',
    kind: hostOwners,
    default: { words: 'none', text: () => '' },
    meaning:
      'Which services may claim which hosts: `*.shop.example.com=shop_*;admin.example.com=infra_*`. A host that a rule matches is for services whose names match too, of several rules by the nearest one; `*` is every host and the default backend. Other hosts are for anybody.',
  },
  haproxy: {
    group: 'HAProxy',
    kind: choice('managed', 'attached'),
    default: fixed('managed'),
    meaning:
      '`managed`: the agent starts HAProxy and starts it again if it dies. `attached`: it runs beside the agent, and they share the run folder.',
  },
  'haproxy-bin': {
    group: 'HAProxy',
    kind: path,
    default: fixed('haproxy'),
    meaning: 'The HAProxy program, 3.0 or later.',
  },
  'run-dir': {
    group: 'HAProxy',
    kind: runFolder(Object.values(socketNames)),
    default: fixed('/run/tidegate'),
    meaning: "The folder of HAProxy's configuration, route map, error pages and sockets.",
  },
  'worker-socket': {
    group: 'HAProxy',
    kind: socketPath,
    default: inRunDir(socketNames.worker),
    meaning: "The socket of HAProxy's runtime commands.",
  },
  'master-socket': {
    group: 'HAProxy',
    kind: socketPath,
    default: inRunDir(socketNames.master),
    meaning: "The socket of HAProxy's master process, for reloads.",
  },
  templates: {
    group: 'HAProxy',
    kind: path,
    default: { words: 'the ones that come with Tidegate', text: (facts) => facts.templatesDir },
    meaning: 'The folder of the templates that the configuration is rendered from.',
  },
  'global-lines': {
    group: 'HAProxy',
    kind: configLines,
    default: { words: 'none', text: () => '' },
    meaning:
      'Lines of your own for the section `global`. HAProxy checks them with all the rest before they are used.',
  },
  'defaults-lines': {
    group: 'HAProxy',
    kind: configLines,
    default: { words: 'none', text: () => '' },
    meaning: 'The same for the section `defaults`; they stand behind those that Tidegate writes.',
  },
  'http-bind': {
    group: 'Traffic',
    kind: listOf(bindAddress),
    default: fixed(':80'),
    meaning: 'Where HAProxy listens for HTTP.',
  },
  'max-connections': {
    group: 'Traffic',
    kind: orWord('auto', undefined, integer(1, 10_000_000)),
    default: fixed('auto'),
    meaning:
      'Connections that HAProxy serves at a time. `auto`: as many as the file-descriptor limit allows.',
  },
  'access-log': {
    group: 'Traffic',
    kind: orWord('off', undefined, orWord('stdout', 'stdout', hostAndPort)),
    default: fixed('off'),
    meaning: 'Where HAProxy logs requests: nowhere, to its standard output, or to a syslog server over UDP.',
  },
  'info-headers': {
    group: 'Traffic',
    kind: boolean,
    default: fixed('true'),
    meaning:
      'Tell clients who answered, in the headers x-request-id, x-proxy-id, x-server-info and x-upstream-*.',
  },
  'proxy-id': {
    group: 'Traffic',
    kind: headerText,
    default: { words: 'the host name', text: (facts) => facts.hostname },
    meaning: 'What x-proxy-id says.',
  },
  retries: {
    group: 'Traffic',
    kind: integer(0, 100),
    default: fixed('3'),
    meaning: 'How often a request that reached no task is tried again, each time on another one.',
  },
  ...tlsSettings,
  'timeout-connect': {
    group: 'Timeouts',
    kind: timeout,
    default: fixed('2s'),
    meaning: 'How long a task may take to accept a connection.',
  },
  'timeout-client': {
    group: 'Timeouts',
    kind: timeout,
    default: fixed('60s'),
    meaning: 'How long a client may be silent within a request.',
  },
  'timeout-server': {
    group: 'Timeouts',
    kind: timeout,
    default: fixed('60s'),
    meaning: 'How long a task may be silent within an answer.',
  },
  'timeout-queue': {
    group: 'Timeouts',
    kind: timeout,
    default: fixed('5s'),
    meaning: 'How long a request may wait for a task to be free.',
  },
  'timeout-keep-alive': {
    group: 'Timeouts',
    kind: timeout,
    default: fixed('60s'),
    meaning: 'How long a connection stays open for a next request.',
  },
  'timeout-request': {
    group: 'Timeouts',
    kind: timeout,
    default: fixed('10s'),
    meaning: "How long a client may take to send a request's headers.",
  },
  'timeout-tunnel': {
    group: 'Timeouts',
    kind: longTimeout,
    default: fixed('1h'),
    meaning: 'How long a websocket may be silent.',
  },
  'hard-stop-after': {
    group: 'Timeouts',
    kind: longTimeout,
    default: fixed('10m'),
    meaning: 'How long an old worker may finish its sessions after a reload.',
  },
  'reload-settle': {
    group: 'Changes',
    kind: duration('0ms', '1m'),
    default: fixed('500ms'),
    meaning: 'A reload waits until no further reason for one has come for this long.',
  },
  'reload-settle-max': {
    group: 'Changes',
    kind: duration('0ms', '10m'),
    default: fixed('2s'),
    meaning: 'A reload waits no longer than this after its first reason.',
  },
  'audit-interval': {
    group: 'Changes',
    kind: duration('1s', '1h'),
    default: fixed('10s'),
    meaning: "How often HAProxy's live state is read back and compared.",
  },
  'drain-timeout': {
    group: 'Changes',
    kind: duration('0ms', '24h'),
    default: fixed('10m'),
    meaning: 'How long sessions may last on a server that was removed, before they are ended.',
  },
  'accept-grace': {
    group: 'Changes',
    kind: duration('0ms', '10m'),
    default: fixed('10s'),
    meaning:
      'How long a task that runs may take to accept connections. Until it does it gets no requests, where others serve; after that it gets them all the same.',
  },
  'admin-socket': {
    group: 'Admin',
    kind: orWord('off', undefined, localSocket),
    default: inRunDir('admin.sock'),
    meaning: 'The unix socket of the admin interface, for the commands and for health checks; `off`: none.',
  },
  'admin-bind': {
    group: 'Admin',
    kind: orWord('off', undefined, adminBind),
    default: fixed('off'),
    meaning:
      'The TCP address of the admin interface and its page. A port alone is one on loopback; `0.0.0.0:9000` opens it to the network, without encryption. All but /healthz and /readyz takes the token.',
  },
  'admin-token-file': {
    group: 'Admin',
    kind: path,
    default: inRunDir('admin.token'),
    meaning:
      'The file that the token for `admin-bind` is in. By default the agent makes one, for itself to read, and keeps it.',
  },
  'log-level': {
    group: 'Log',
    kind: choice('debug', 'info', 'warn', 'error'),
    default: fixed('info'),
    meaning: 'The least level that the agent logs.',
  },
}

/** Every setting's name, in the order of the table. */
export const settingKeys: readonly SettingKey[] = Object.keys(settingTable).filter(isSettingKey)

/** True for the name of a setting. */
export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(settingTable, text)
}

/** A setting's flag: `--http-bind`. */
export function flagOf(key: string): string {
  return `--${key}`
}

/** The prefix that all of the agent's own variables share. */
export const variablePrefix = 'TIDEGATE_'

/** A setting's variable: `TIDEGATE_HTTP_BIND`. */
export function variableOf(key: SettingKey): string {
  return variablePrefix + key.toUpperCase().replaceAll('-', '_')
}

function inRunDir(file: string) {
  const text = (facts: DefaultFacts) => `${facts.runDir}/${file}`
  return { words: `${file} in the run folder`, text, follows: 'run-dir' } as const
}

function networkMode(): Kind<NetworkMode> {
  const names = { ...listOf(name), form: 'a comma list of network names' }
  return orWord('auto', 'auto', orWord('off', 'off', names))
}

function edgeNetworks(): Kind<'auto' | 'every' | readonly string[]> {
  const names = { ...listOf(name), form: 'a comma list of network names' }
  return orWord('auto', 'auto', orWord('every', 'every', names))
}
