// From flags, environment and defaults to the settings that the rest of the agent reads: typed, in range, grouped, frozen.
// Owns the checks that take more than one setting. Refuses to read the process's environment: it is an argument.

import type { NetworkMode } from '../core/edge-networks.ts'
import { AgentError, assert } from '../core/errors.ts'
import type { ConfigSettings, LoopSettings, RoutingSettings } from '../core/settings.ts'
import { quote } from '../core/text.ts'
import type { TcpAddress } from './address-kinds.ts'
import { configSettings, type ReadSetting } from './config-settings.ts'
import type { Parsed } from './setting-kinds.ts'
import { type SettingsInput, type SettingText, settingTexts, strangeSettings } from './setting-texts.ts'
import type { LogLevel, SettingKey, SettingRow, SettingValues } from './setting-values.ts'
import { flagOf, settingKeys, settingTable } from './settings-table.ts'

/** Everything that can be set, by who reads it. */
export type Settings = {
  readonly routing: RoutingSettings
  readonly config: ConfigSettings
  readonly loop: LoopSettings
  readonly docker: DockerSettings
  readonly haproxy: HaproxySettings
  readonly admin: AdminSettings
  readonly certificates: CertificateSettings
  readonly log: { readonly level: LogLevel }
}

/** Where certificates and keys are read from. */
export type CertificateSettings = {
  /** Undefined: no folder of the operator's own. */
  readonly folder: string | undefined
}

/** How the engine is reached, and how often it is asked. */
export type DockerSettings = {
  /** Under the names of Docker's own variables, with `DOCKER_HOST` as the setting has it. */
  readonly variables: {
    readonly DOCKER_HOST: string
    readonly DOCKER_TLS_VERIFY: string | undefined
    readonly DOCKER_CERT_PATH: string | undefined
  }
  /** `auto`: the engine's containers if it is in no Swarm, else the Swarm's services. */
  readonly source: 'auto' | 'swarm' | 'containers'
  /** `auto`: the networks of the agent's own container; a list: networks by name. */
  readonly edgeNetworks: 'auto' | 'every' | readonly string[]
  /** What the edge's own service is attached to. */
  readonly networks: NetworkMode
  readonly networksSettleMs: number
  readonly timeoutMs: number
  readonly pollQuietMs: number
  readonly pollMovingMs: number
  readonly pollMovingForMs: number
  readonly reconcileMs: number
  /** Undefined: tasks are polled. */
  readonly swarmSocket: string | undefined
}

/** Where the admin interface is. */
export type AdminSettings = {
  /** Undefined: on no unix socket. */
  readonly socketPath: string | undefined
  /** Undefined: on no TCP address. */
  readonly tcp: TcpAddress | undefined
  readonly tokenFile: string
  /** Whether the operator has named the token's file, so that none is made. */
  readonly isTokenGiven: boolean
}

/** Which HAProxy, and where it and the agent meet. */
export type HaproxySettings = {
  /** `managed`: the agent starts it; `attached`: it runs already. */
  readonly mode: 'managed' | 'attached'
  readonly binary: string
  readonly runDir: string
  readonly workerSocket: string
  readonly masterSocket: string
  readonly templatesDir: string
}

/** Waits after a failed step. Not settings: nobody needs other ones. */
const retry = { retryMs: 100, retryMaxMs: 5000 } as const

/**
 * Reads all settings: a flag stands before a variable, a variable before the default; an empty variable is none.
 * @param otherFlags flags of the command that are no settings, to be proposed where one is mistyped
 * @throws AgentError `settings-invalid`; its message lists every fault, each with its flag or variable, what was found,
 * what is expected and the cure
 */
export function readSettings(input: SettingsInput, otherFlags: readonly string[] = []): Settings {
  const texts = settingTexts(input)
  const faults = [
    ...settingKeys.flatMap((key) => faultOf(key, texts) ?? []),
    ...crossFaults(texts, input),
    ...strangeSettings(input, otherFlags),
  ]
  if (faults.length > 0) throw invalid(faults)
  const sourceOf = (key: SettingKey) => textOf(key, texts).source
  return freeze(group(input, (key) => readValue(key, texts), sourceOf))
}

type Texts = ReadonlyMap<SettingKey, SettingText>

function textOf(key: SettingKey, texts: Texts): SettingText {
  const text = texts.get(key)
  assert(text !== undefined, `the setting ${key} has no text`)
  return text
}

function parse<K extends SettingKey>(key: K, texts: Texts): Parsed<SettingValues[K]> {
  const row: SettingRow<SettingValues[K]> = settingTable[key]
  return row.kind.parse(textOf(key, texts).text)
}

function readValue<K extends SettingKey>(key: K, texts: Texts): SettingValues[K] {
  const parsed = parse(key, texts)
  assert(parsed.kind === 'value', `the setting ${key} is at fault and yet read`)
  return parsed.value
}

function faultOf(key: SettingKey, texts: Texts): string | undefined {
  const parsed = parse(key, texts)
  if (parsed.kind === 'value') return undefined
  const { default: fallback } = settingTable[key]
  if (textOf(key, texts).source === 'default' && fallback.follows !== undefined) return undefined
  return `${foundIn(key, texts)}; expected ${parsed.expected}. ${parsed.cure}`
}

function foundIn(key: SettingKey, texts: Texts): string {
  const { text, source } = textOf(key, texts)
  const name = source === 'default' ? `the default of ${flagOf(key)}` : source
  return text === '' ? `${name} is empty` : `${name} is ${quote(text)}`
}

/** Pairs of durations of which the first must not be longer than the second. */
const ordered = [
  ['reload-settle', 'reload-settle-max'],
  ['poll-moving', 'poll-quiet'],
] as const

function crossFaults(texts: Texts, { env }: SettingsInput): readonly string[] {
  const faults: string[] = []
  for (const [less, more] of ordered) {
    const [lessMs, moreMs] = [parse(less, texts), parse(more, texts)]
    if (lessMs.kind === 'value' && moreMs.kind === 'value' && lessMs.value > moreMs.value) {
      const cure = `Lower ${flagOf(less)} or raise ${flagOf(more)}.`
      faults.push(
        `${foundIn(less, texts)}; expected at most ${flagOf(more)}, ${textOf(more, texts).text}. ${cure}`,
      )
    }
  }
  return [...faults, ...socketFaults(texts), ...tlsFaults(texts, env)]
}

/** Two listeners on one socket: the second would take it from the first without a word. */
function socketFaults(texts: Texts): readonly string[] {
  const faults: string[] = []
  const holders = new Map<string, SettingKey>()
  for (const [key, path] of sockets(texts)) {
    const holder = holders.get(path)
    if (holder === undefined) holders.set(path, key)
    else
      faults.push(
        `${foundIn(key, texts)}; expected another socket than ${flagOf(holder)}. Name a socket of its own.`,
      )
  }
  return faults
}

function sockets(texts: Texts): readonly (readonly [SettingKey, string])[] {
  const own = (['worker-socket', 'master-socket', 'admin-socket'] as const).flatMap((key) => {
    const parsed = parse(key, texts)
    return parsed.kind === 'value' && parsed.value !== undefined ? [[key, parsed.value] as const] : []
  })
  const binds = parse('http-bind', texts)
  const unix = binds.kind === 'value' ? binds.value.filter((bind) => bind.startsWith('unix@')) : []
  return [...own, ...unix.map((bind) => ['http-bind', bind.slice('unix@'.length)] as const)]
}

function tlsFaults(texts: Texts, env: SettingsInput['env']): readonly string[] {
  const { DOCKER_TLS_VERIFY: verify, DOCKER_CERT_PATH: folder } = env
  const isTcp = textOf('docker-host', texts).text.toLowerCase().startsWith('tcp:')
  if (!isTcp || !verify || folder) return []
  const expected = 'expected the folder of ca.pem, cert.pem and key.pem. Set DOCKER_CERT_PATH.'
  return [`DOCKER_TLS_VERIFY is ${quote(verify)}, but DOCKER_CERT_PATH is not set; ${expected}`]
}

function invalid(faults: readonly string[]): AgentError {
  const [first = ''] = faults
  const message =
    faults.length === 1
      ? first
      : [`${faults.length} settings are at fault:`, ...faults.map((each) => `  ${each}`)].join('\n')
  return new AgentError('settings-invalid', message, { hint: '`tidegate run --help` lists all settings.' })
}

function group(
  { env, host }: SettingsInput,
  read: ReadSetting,
  sourceOf: (key: SettingKey) => string,
): Settings {
  const { DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = env
  return {
    routing: {
      serviceCluster: read('service-cluster'),
      hostOwners: read('host-owners'),
      isTlsOn: read('https-bind').length > 0,
    },
    config: configSettings(host, read),
    loop: {
      reloadSettleMs: read('reload-settle'),
      reloadSettleMaxMs: read('reload-settle-max'),
      auditMs: read('audit-interval'),
      drainTimeoutMs: read('drain-timeout'),
      acceptGraceMs: read('accept-grace'),
      ...retry,
    },
    docker: {
      variables: {
        DOCKER_HOST: read('docker-host'),
        DOCKER_TLS_VERIFY: DOCKER_TLS_VERIFY || undefined,
        DOCKER_CERT_PATH: DOCKER_CERT_PATH || undefined,
      },
      source: read('source'),
      edgeNetworks: read('edge-networks'),
      networks: read('networks'),
      networksSettleMs: read('networks-settle'),
      timeoutMs: read('docker-timeout'),
      pollQuietMs: read('poll-quiet'),
      pollMovingMs: read('poll-moving'),
      pollMovingForMs: read('poll-moving-for'),
      reconcileMs: read('reconcile-interval'),
      swarmSocket: read('swarm-socket'),
    },
    admin: {
      socketPath: read('admin-socket'),
      tcp: read('admin-bind'),
      tokenFile: read('admin-token-file'),
      isTokenGiven: sourceOf('admin-token-file') !== 'default',
    },
    haproxy: {
      mode: read('haproxy'),
      binary: read('haproxy-bin'),
      runDir: read('run-dir'),
      workerSocket: read('worker-socket'),
      masterSocket: read('master-socket'),
      templatesDir: read('templates'),
    },
    certificates: { folder: read('certificates') },
    log: { level: read('log-level') },
  }
}

function freeze(settings: Settings): Settings {
  Object.freeze(settings.config.httpBind)
  Object.freeze(settings.config.httpsBind)
  Object.freeze(settings.config.globalLines)
  Object.freeze(settings.config.defaultsLines)
  Object.freeze(settings.docker.edgeNetworks)
  Object.freeze(settings.docker.networks)
  Object.freeze(settings.docker.variables)
  Object.freeze(settings.admin.tcp)
  for (const each of Object.values(settings)) Object.freeze(each)
  return Object.freeze(settings)
}
