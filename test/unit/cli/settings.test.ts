import { expect, test } from 'vitest'
import type { SettingsInput } from '../../../agent/cli/setting-texts.ts'
import { readSettings, type Settings } from '../../../agent/cli/settings.ts'
import { isAgentError } from '../../../agent/core/errors.ts'
import { routingSettings } from '../../support/builders.ts'
import { host } from './world.ts'

function read(input: Partial<SettingsInput> = {}): Settings {
  return readSettings({ flags: {}, env: {}, host, ...input })
}

function faultsOf(input: Partial<SettingsInput>, otherFlags?: readonly string[]): readonly string[] {
  try {
    readSettings({ flags: {}, env: {}, host, ...input }, otherFlags)
  } catch (error) {
    if (!isAgentError(error, 'settings-invalid')) throw error
    const [first = '', ...others] = error.message.split('\n')
    if (others.length === 0) return [first]
    expect(first).toBe(`${others.length} settings are at fault:`)
    return others.map((line) => line.trim())
  }
  return []
}

test('the defaults are the ones that the settings page promises', () => {
  expect(read()).toEqual({
    routing: routingSettings({ isTlsOn: false, hostOwners: [] }),
    certificates: { folder: undefined },
    config: {
      httpBind: [':80'],
      httpsBind: [],
      httpsPort: 443,
      tlsSocket: '/run/tidegate/tls.sock',
      tlsMinVersion: 'TLSv1.2',
      tlsCiphers: expect.stringMatching(/^ECDHE-ECDSA-AES128-GCM-SHA256:/),
      tlsCiphersuites: expect.stringMatching(/^TLS_AES_128_GCM_SHA256:/),
      globalLines: [],
      defaultsLines: [],
      redirectsMap: '/run/tidegate/redirects.map',
      certificatesList: undefined,
      workerSocket: '/run/tidegate/worker.sock',
      routesMap: '/run/tidegate/routes.map',
      errorsDir: '/run/tidegate/errors',
      maxConnections: undefined,
      logTarget: undefined,
      infoHeaders: true,
      proxyId: 'edge-1',
      serverInfo: 'tidegate/1.2.3 linux/amd64',
      retries: 3,
      connectTimeoutMs: 2_000,
      clientTimeoutMs: 60_000,
      serverTimeoutMs: 60_000,
      queueTimeoutMs: 5000,
      keepAliveTimeoutMs: 60_000,
      requestTimeoutMs: 10_000,
      tunnelTimeoutMs: 3_600_000,
      hardStopAfterMs: 600_000,
    },
    loop: {
      reloadSettleMs: 500,
      reloadSettleMaxMs: 2000,
      auditMs: 10_000,
      drainTimeoutMs: 600_000,
      acceptGraceMs: 10_000,
      retryMs: 100,
      retryMaxMs: 5000,
    },
    docker: {
      variables: {
        DOCKER_HOST: 'unix:///var/run/docker.sock',
        DOCKER_TLS_VERIFY: undefined,
        DOCKER_CERT_PATH: undefined,
      },
      source: 'auto',
      edgeNetworks: 'auto',
      networks: 'auto',
      networksSettleMs: 1000,
      timeoutMs: 10_000,
      pollQuietMs: 1000,
      pollMovingMs: 200,
      pollMovingForMs: 10_000,
      reconcileMs: 10_000,
    },
    haproxy: {
      mode: 'managed',
      binary: 'haproxy',
      runDir: '/run/tidegate',
      workerSocket: '/run/tidegate/worker.sock',
      masterSocket: '/run/tidegate/master.sock',
      templatesDir: '/app/templates',
    },
    admin: {
      socketPath: '/run/tidegate/admin.sock',
      tcp: undefined,
      tokenFile: '/run/tidegate/admin.token',
      isTokenGiven: false,
    },
    log: { level: 'info' },
  })
})

test('a flag stands before a variable, and a variable before the default', () => {
  const env = { TIDEGATE_RETRIES: '5', TIDEGATE_LOG_LEVEL: 'warn' }
  const { config, log } = read({ env, flags: { retries: '7' } })
  expect(config.retries).toBe(7)
  expect(log.level).toBe('warn')
})

test('an empty variable counts as not set', () => {
  expect(read({ env: { TIDEGATE_RETRIES: '', TIDEGATE_HTTP_BIND: '  ', TIDEGATE_UNKNOWN: '' } })).toEqual(
    read(),
  )
})

test('blanks around a value do not count', () => {
  expect(read({ env: { TIDEGATE_HTTP_BIND: ' :80 , [::1]:81\r' } }).config.httpBind).toEqual([
    ':80',
    '[::1]:81',
  ])
})

test('sockets and files follow the run folder, and a socket of its own does not', () => {
  const { config, haproxy } = read({ flags: { 'run-dir': '/tmp/tg/', 'master-socket': '/run/m.sock' } })
  expect(config.routesMap).toBe('/tmp/tg/routes.map')
  expect(config.errorsDir).toBe('/tmp/tg/errors')
  expect(config.workerSocket).toBe('/tmp/tg/worker.sock')
  expect(haproxy).toMatchObject({
    runDir: '/tmp/tg',
    workerSocket: '/tmp/tg/worker.sock',
    masterSocket: '/run/m.sock',
  })
})

test("Docker's own variables count, and ours stands before DOCKER_HOST", () => {
  const env = { DOCKER_HOST: 'tcp://m1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
  expect(read({ env }).docker.variables).toEqual(env)
  const both = { ...env, TIDEGATE_DOCKER_HOST: 'tcp://m2:2376' }
  expect(read({ env: both }).docker.variables.DOCKER_HOST).toBe('tcp://m2:2376')
})

test('settings cannot be changed once they are read', () => {
  const settings = read({ flags: { 'edge-networks': 'a,b' } })
  const parts = [settings, ...Object.values(settings), settings.config.httpBind, settings.docker.edgeNetworks]
  expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([])
})

type Row = readonly [key: string, text: string, pick: (settings: Settings) => unknown, value: unknown]

const good: readonly Row[] = [
  ['http-bind', '*:80,10.0.0.1:80', (s) => s.config.httpBind, ['*:80', '10.0.0.1:80']],
  ['admin-bind', '9000', (s) => s.admin.tcp, { host: '127.0.0.1', port: 9000 }],
  ['admin-bind', ':9000', (s) => s.admin.tcp, { host: '127.0.0.1', port: 9000 }],
  ['admin-bind', '0.0.0.0:9000', (s) => s.admin.tcp, { host: '0.0.0.0', port: 9000 }],
  ['admin-bind', '[::]:9000', (s) => s.admin.tcp, { host: '::', port: 9000 }],
  ['admin-bind', 'off', (s) => s.admin.tcp, undefined],
  ['admin-token-file', '/run/secrets/token', (s) => s.admin.isTokenGiven, true],
  ['http-bind', '[::]:80,unix@/run/h.sock', (s) => s.config.httpBind, ['[::]:80', 'unix@/run/h.sock']],
  ['edge-networks', 'every', (s) => s.docker.edgeNetworks, 'every'],
  ['edge-networks', 'front, back', (s) => s.docker.edgeNetworks, ['front', 'back']],
  ['max-connections', '2000', (s) => s.config.maxConnections, 2000],
  ['access-log', 'stdout', (s) => s.config.logTarget, 'stdout'],
  ['access-log', 'logs.example.com:514', (s) => s.config.logTarget, 'logs.example.com:514'],
  ['access-log', '[fd00::1]:514', (s) => s.config.logTarget, '[fd00::1]:514'],
  ['info-headers', 'false', (s) => s.config.infoHeaders, false],
  ['service-cluster', 'production', (s) => s.routing.serviceCluster, 'production'],
  [
    'host-owners',
    ' *.Shop.example.com = shop_*, store ;admin.example.com=infra_*;*=web',
    (s) => s.routing.hostOwners,
    [
      { hosts: '*.shop.example.com', services: ['shop_*', 'store'] },
      { hosts: 'admin.example.com', services: ['infra_*'] },
      { hosts: '*', services: ['web'] },
    ],
  ],
  ['drain-timeout', '0ms', (s) => s.loop.drainTimeoutMs, 0],
  ['accept-grace', '3s', (s) => s.loop.acceptGraceMs, 3000],
  ['timeout-connect', '250ms', (s) => s.config.connectTimeoutMs, 250],
  ['timeout-tunnel', '24h', (s) => s.config.tunnelTimeoutMs, 86_400_000],
  ['audit-interval', '5m', (s) => s.loop.auditMs, 300_000],
  ['swarm-socket', '/run/swarm/control.sock', (s) => s.docker.swarmSocket, '/run/swarm/control.sock'],
  ['swarm-socket', 'off', (s) => s.docker.swarmSocket, undefined],
  ['docker-host', 'tcp://[fd00::1]:2376', (s) => s.docker.variables.DOCKER_HOST, 'tcp://[fd00::1]:2376'],
  ['haproxy', 'attached', (s) => s.haproxy.mode, 'attached'],
  ['templates', 'my templates', (s) => s.haproxy.templatesDir, 'my templates'],
  ['log-level', 'debug', (s) => s.log.level, 'debug'],
]

test.for(good)('--%s takes %j', ([key, text, pick, value]) => {
  expect(pick(read({ flags: { [key]: text } }))).toEqual(value)
})

test('words that stand for no value undo a variable', () => {
  const env = { TIDEGATE_MAX_CONNECTIONS: '5', TIDEGATE_ACCESS_LOG: 'stdout', TIDEGATE_SERVICE_CLUSTER: 'a' }
  expect(read({ env })).toMatchObject({ config: { maxConnections: 5, logTarget: 'stdout' } })
  const flags = { 'max-connections': 'auto', 'access-log': 'off', 'service-cluster': '' }
  expect(read({ env, flags })).toEqual(read())
})

const long = 'a'.repeat(90)

test.for([
  [
    'http-bind',
    '80',
    '--http-bind is "80"; expected an address and a port such as :80, or unix@/path. Put a colon before the port: :80.',
  ],
  [
    'http-bind',
    '',
    '--http-bind is empty; expected a comma list, each address:port or unix@/path. Leave no entry empty.',
  ],
  ['http-bind', ':80,', /Leave no entry empty\.$/],
  ['http-bind', ':80,:80', /Name :80 once only\.$/],
  ['http-bind', ':80 ssl crt /x.pem', /options of a bind line do not belong here\.$/],
  ['http-bind', ':80\n    stats enable', /is ":80\\n {4}stats enable"; .* do not belong here\.$/],
  ['http-bind', ':0', /A port goes from 1 to 65535\.$/],
  ['http-bind', ':70000', /A port goes from 1 to 65535\.$/],
  ['http-bind', ':80-90', /A port goes from 1 to 65535\.$/],
  ['http-bind', '10.0.0.1', /Add the port: 10\.0\.0\.1:80\.$/],
  ['http-bind', '10.0.0.256:80', /Write an IP address; a name is not looked up here\.$/],
  ['http-bind', 'localhost:80', /a name is not looked up here\.$/],
  ['http-bind', '::1', /Put the address into brackets, and add the port: \[::1\]:80\.$/],
  ['http-bind', '[::g]:80', /What stands in the brackets is no IPv6 address\.$/],
  ['http-bind', ':80,81', /81: Put a colon before the port: :81\.$/],
  [
    'admin-bind',
    '0',
    /expected off, or a port such as 9000, or an address and a port\. A port goes from 1 to 65535\.$/,
  ],
  ['admin-bind', ':70000', /A port goes from 1 to 65535\.$/],
  ['admin-bind', '*:9000', /Write 0\.0\.0\.0 or \[::\] for all addresses\.$/],
  ['admin-bind', 'edge.local:9000', /Write an IP address; a name is not looked up here\.$/],
  ['admin-bind', '/run/a.sock', /A unix socket is what --admin-socket names\.$/],
  ['admin-socket', '/run/tidegate/worker.sock', /expected another socket than --worker-socket/],
  ['http-bind', '/run/h.sock', /Name a unix socket as unix@\/run\/h\.sock\.$/],
  ['http-bind', 'unix@h.sock', /expected the absolute path of a socket\. Begin it with a slash\.$/],
  ['http-bind', 'unix@/run/worker\tsock', /letters, digits and \. _ - \/ only/],
  [
    'http-bind',
    'unix@/run/tidegate/worker.sock',
    /expected another socket than --worker-socket\. Name a socket of its own\.$/,
  ],
  ['timeout-connect', '5', 'is "5"; expected a duration from 1ms to 24h. Add the unit: 5ms, 5s, 5m or 5h.'],
  ['timeout-connect', '1.5s', /Write one whole number and one unit, such as 500ms or 10s\.$/],
  ['timeout-connect', '1m30s', /Write one whole number and one unit/],
  ['timeout-connect', '-5s', /Write one whole number and one unit/],
  ['timeout-connect', '5 s', /Write one whole number and one unit/],
  ['timeout-connect', '5d', /Write one whole number and one unit/],
  ['timeout-connect', '0ms', /The least is 1ms\.$/],
  ['timeout-connect', '25h', /The most is 24h\.$/],
  ['timeout-tunnel', '999999999999h', /The most is 168h\.$/],
  [
    'reload-settle',
    '3s',
    '--reload-settle is "3s"; expected at most --reload-settle-max, 2s. Lower --reload-settle or raise --reload-settle-max.',
  ],
  ['poll-moving', '2s', /expected at most --poll-quiet, 1s\./],
  ['retries', 'many', '--retries is "many"; expected a whole number from 0 to 100. Write digits only.'],
  ['retries', '-1', /The least is 0\.$/],
  ['retries', '101', /The most is 100\.$/],
  ['retries', '1e2', /Write digits only\.$/],
  ['max-connections', '0', /expected auto, or a whole number from 1 to 10000000\. The least is 1\.$/],
  ['info-headers', 'yes', /expected true or false\./],
  ['haproxy', 'manged', /expected managed or attached\. Did you mean managed\?$/],
  ['log-level', 'loud', /expected debug or info or warn or error\. Write one of these words\.$/],
  ['edge-networks', 'a b', /It holds letters, digits, dots, hyphens and underscores/],
  ['edge-networks', 'a,,b', /Leave no entry empty\.$/],
  ['global-lines', 'tune.bufsize 32768; frontend mine', /Begin no section of your own: frontend/],
  ['defaults-lines', 'backend x', /Begin no section of your own: backend/],
  ['tls-ciphers', 'A B', /openssl ciphers/],
  ['tls-min-version', 'TLSv1.1', /TLSv1.2 or TLSv1.3/],
  ['https-port', '0', /The least is 1/],
  ['host-owners', 'a.local', /Behind the = stand names of services/],
  ['host-owners', 'a.local=', /Behind the = stand names of services/],
  ['host-owners', 'a.local=b=c', /Behind the = stand names of services/],
  ['host-owners', 'a b=c', /Before the = stands a host/],
  ['host-owners', '*a=c', /Before the = stands a host/],
  ['host-owners', 'a.local=b;a.local=c', /Say a\.local once/],
  ['service-cluster', 'prod uction', /expected a name\./],
  ['run-dir', 'run', /Begin it with a slash\.$/],
  ['run-dir', '/', /The root folder itself will not do\.$/],
  ['run-dir', '/run/tide gate', /letters, digits and \. _ - \/ only/],
  [
    'run-dir',
    `/${long}`,
    /expected the absolute path of a folder, of at most 85 characters\. It has 91; HAProxy takes socket paths of at most 97\.$/,
  ],
  ['worker-socket', `/run/${long}/w.sock`, /of at most 97 characters\. It has 102;/],
  ['master-socket', '/run/tidegate/worker.sock', /expected another socket than --worker-socket/],
  ['haproxy-bin', '', '--haproxy-bin is empty; expected a path. Write a path, or leave the setting out.'],
  ['templates', 'a\u0000b', /Leave control characters out\.$/],
  ['proxy-id', '%[src]', /expected a short text\. It holds 1 to 128 letters/],
  ['proxy-id', "edge' crlf", /expected a short text\./],
  ['access-log', 'syslog', /expected off, or stdout, or host:port\. Add a port/],
  ['access-log', 'log host:514', /Write a host name, an IPv4 address, or an IPv6 address in brackets\.$/],
  ['access-log', '10.0.0.1:0', /A port goes from 1 to 65535\.$/],
  [
    'swarm-socket',
    'control.sock',
    /expected off, or the absolute path of a socket\. Begin it with a slash\.$/,
  ],
  ['swarm-socket', `/${'é'.repeat(54)}`, /at most 107 bytes\. It has 109\.$/],
  ['docker-host', '/var/run/docker.sock', /Begin it with unix:\/\/ or tcp:\/\/\.$/],
  ['docker-host', 'ssh://root@manager', /ssh:\/\/ is not supported/],
  ['docker-host', 'tcp://user@manager:2376', /without a user or a path\.$/],
  ['docker-host', 'unix://docker.sock', /Write it as unix:\/\/\/var\/run\/docker\.sock\.$/],
] as const)('--%s refuses %j', ([key, text, fault]) => {
  const faults = faultsOf({ flags: { [key]: text } })
  expect(faults).toHaveLength(1)
  if (typeof fault === 'string') expect(faults[0]).toContain(fault)
  else expect(faults[0]).toMatch(fault)
  expect(faults[0]).toMatch(new RegExp(`^--${key} is `))
})

test('a fault names the variable that the value came from', () => {
  expect(faultsOf({ env: { TIDEGATE_RETRIES: 'x' } })[0]).toMatch(/^TIDEGATE_RETRIES is "x"; expected /)
  expect(faultsOf({ env: { DOCKER_HOST: 'fd://' } })[0]).toMatch(/^DOCKER_HOST is "fd:\/\/"; expected /)
})

test('a host name that cannot stand in a header is a fault that says where it comes from', () => {
  expect(faultsOf({ host: { ...host, hostname: 'my host' } })[0]).toMatch(
    /^the default of --proxy-id is "my host"; /,
  )
})

test('TLS without certificates is a fault over tcp, and of no interest on a unix socket', () => {
  const env = { DOCKER_TLS_VERIFY: '1' }
  expect(faultsOf({ env })).toEqual([])
  expect(faultsOf({ env: { ...env, DOCKER_HOST: 'tcp://manager' } })).toEqual([
    'DOCKER_TLS_VERIFY is "1", but DOCKER_CERT_PATH is not set; expected the folder of ca.pem, cert.pem and key.pem. Set DOCKER_CERT_PATH.',
  ])
})

test('a setting that does not exist is a fault that names the nearest', () => {
  const env = { TIDEGATE_HTP_BIND: ':80', TIDEGATE_COLOUR: 'blue', PATH: '/bin' }
  expect(faultsOf({ env, flags: { retrys: '3', snapsht: 'x' } }, ['snapshot'])).toEqual([
    "--retrys is no flag of Tidegate's. Did you mean --retries?",
    "--snapsht is no flag of Tidegate's. Did you mean --snapshot?",
    "TIDEGATE_COLOUR is no variable of Tidegate's. Remove it.",
    "TIDEGATE_HTP_BIND is no variable of Tidegate's. Did you mean TIDEGATE_HTTP_BIND?",
  ])
})

test('all faults are told at once, each once', () => {
  const flags = { retries: 'x', 'run-dir': 'here', 'reload-settle': '9s', color: 'no' }
  const faults = faultsOf({ flags, env: { TIDEGATE_LOG_LEVEL: 'loud', TIDEGATE_X: '1' } })
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    '--run-dir',
    '--retries',
    'TIDEGATE_LOG_LEVEL',
    '--reload-settle',
    '--color',
    'TIDEGATE_X',
  ])
})

test('names that every object has are no settings', () => {
  const flags = Object.fromEntries([
    ['constructor', '1'],
    ['__proto__', '2'],
  ])
  expect(faultsOf({ flags }).every((fault) => fault.includes("is no flag of Tidegate's"))).toBe(true)
  expect(faultsOf({ flags })).toHaveLength(2)
})
