// Hostile and mistaken labels, one row each: the problem that names the value and the cure, and what is still published.
// A neighbour stands beside each of them, and must never notice.

import { expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import { labelPrefix, ownPrefix } from '../../../agent/core/labels/row.ts'
import { type ProblemCode, problemCodes } from '../../../agent/core/problem.ts'
import type { Service, Task } from '../../../agent/core/snapshot.ts'
import { quote } from '../../../agent/core/text.ts'
import { lb, network, routingSettings, service, snapshot, tasks } from '../../support/builders.ts'

type Row = {
  readonly title: string
  /** Labels in place of the good ones: hosts `web.local`, port 8080. A label that is `undefined` is taken away. */
  readonly labels: Readonly<Record<string, string | undefined>>
  /** Facts of the service in place of the good ones. */
  readonly service?: Partial<Service>
  /** Where its tasks stand, if not on `demo`. */
  readonly attachments?: Task['attachments']
  /** The one problem: its code, a part of what it says was found, and a part of its hint. */
  readonly problem: readonly [code: ProblemCode, found: string, hint: string]
  /** The routes that lead to the service all the same, and how many servers they find. */
  readonly routes: readonly string[]
  readonly servers: number
}

const asUsual = { routes: ['web.local/'], servers: 2 }
const unreached = { routes: ['web.local/'], servers: 0 }
const nowhere = { routes: [], servers: 0 }

/** A host that is at fault; a good one stands before it and stays. */
function host(title: string, text: string, hint: string, found = JSON.stringify(text.trim())): Row {
  return {
    title: `hosts: ${title}`,
    labels: { hosts: `web.local,${text}` },
    problem: ['host-invalid', found, hint],
    ...asUsual,
  }
}

/** One label at fault. */
function value(
  label: string,
  text: string,
  code: ProblemCode,
  hint: string,
  published: Pick<Row, 'routes' | 'servers'>,
  found = JSON.stringify(text),
): Row {
  const title = `${label}: ${text === '' ? 'nothing' : JSON.stringify(text.slice(0, 40))}`
  return { title, labels: { [label]: text }, problem: [code, found, hint], ...published }
}

const port = (text: string, hint: string) => value('port', text, 'port-invalid', hint, nowhere)
const flag = (text: string) => value('default_backend', text, 'boolean-invalid', 'quote it: "true"', asUsual)
const mode = (text: string) =>
  value('backend_mode', text, 'backend-mode-invalid', 'Leave the label out', asUsual)
const path = (text: string, hint: string) =>
  value('context_root', text, 'context-root-invalid', hint, nowhere)
const cluster = (text: string) =>
  value('service_cluster', text, 'service-cluster-invalid', 'Copy it from', nowhere)
const cookie = (text: string) =>
  value('sticky_session_cookie', text, 'cookie-invalid', 'the name alone', asUsual, quote(text).slice(0, 60))
const own = (label: string, text: string, hint: string, found?: string) =>
  value(ownPrefix + label, text, 'option-invalid', hint, asUsual, found ?? quote(text).slice(0, 60))
const withPath = (label: string, text: string, hint: string): Row => {
  const row = own(label, text, hint)
  return { ...row, labels: { ...row.labels, [`${ownPrefix}health_check_path`]: '/health' } }
}
const badNetwork = (text: string) => value('network', text, 'network-missing', 'Copy it from', asUsual)
const unknownLabel = (label: string, hint: string): Row => ({
  title: `no such label: ${JSON.stringify(label)}`,
  labels: { [label]: '1' },
  problem: ['label-unknown', `the label ${JSON.stringify(labelPrefix + label)}`, hint],
  ...asUsual,
})

const rows: readonly Row[] = [
  host('a scheme', 'http://demo.local', 'Leave the scheme out'),
  host('a path', 'demo.local/app', 'com.docker.lb.context_root'),
  host('a port', 'demo.local:8080', 'Leave the port out'),
  host('a colon with nothing behind', 'demo.local:', 'Leave the port out'),
  host('an address with a port in brackets', '[::1]:80', 'letters, digits, hyphens'),
  host('spaces between hosts', 'a.local b.local', 'by commas, not by spaces'),
  host('a line break and a directive', 'a.local\n    server evil 6.6.6.6:80', 'by commas, not by spaces'),
  host('a carriage return inside', 'a.lo\rcal', 'by commas, not by spaces'),
  host('a tab inside', 'a\tb.local', 'by commas, not by spaces'),
  host('a zero byte', 'a\0.local', 'ASCII form'),
  host('an escape sequence', 'a\u001b[31m.local', 'ASCII form'),
  host('letters beyond ASCII', 'bücher.local', 'ASCII form (xn--...)'),
  host('a picture', '🦄.local', 'ASCII form (xn--...)'),
  host('a right-to-left override', 'a\u202e.local', 'ASCII form (xn--...)', String.raw`"a\u202e.local"`),
  host('a control of eight bits', 'a\u009b2J.local', 'ASCII form (xn--...)', String.raw`"a\u009b2J.local"`),
  host('a log format', '%[env(HOME)].local', 'letters, digits, hyphens'),
  host('a shell variable', '$HOME.local', 'letters, digits, hyphens'),
  host('a semicolon for the runtime socket', 'a.local;shutdown sessions', 'by commas, not by spaces'),
  host('a semicolon alone', 'a;b.local', 'letters, digits, hyphens'),
  host('double quotes', '"a.local"', 'letters, digits, hyphens'),
  host('a single quote', "a'.local", 'letters, digits, hyphens'),
  host('braces', '{a.local}', 'letters, digits, hyphens'),
  host('a comment', '#a.local', 'letters, digits, hyphens'),
  host('a backslash', 'a\\.local', 'letters, digits, hyphens'),
  host('an at sign', 'user@demo.local', 'letters, digits, hyphens'),
  host('everything', '*', 'com.docker.lb.default_backend=true'),
  host('a wildcard in the middle', 'a.*.local', 'first place: *.example.com'),
  host('a wildcard as part of a name', 'web*.local', 'first place: *.example.com'),
  host('two wildcards', '*.*.local', 'first place: *.example.com'),
  host('a wildcard of nothing', '*.', 'com.docker.lb.default_backend=true'),
  host('an empty name between dots', 'a..local', 'Between the dots'),
  host('a dot in front', '.local', 'Between the dots'),
  host('two dots behind', 'a.local..', 'Between the dots'),
  host('a hyphen in front', '-a.local', 'no hyphen at either end'),
  host('a hyphen behind', 'a-.local', 'no hyphen at either end'),
  host('a name between dots that is too long', `${'a'.repeat(64)}.local`, '1 to 63 letters'),
  host('a name that is too long', `${'a.'.repeat(127)}local`, 'at most 253 characters', '"a.a.'),
  host('a regular expression', '~^web\\d+$', 'letters, digits, hyphens'),
  {
    title: 'hosts: more than are allowed',
    labels: { hosts: [...Array.from({ length: 1000 }, () => 'web.local'), 'last.local'].join() },
    problem: ['too-many-hosts', 'more than 1000 hosts', 'spread the others'],
    ...asUsual,
  },
  value('hosts', 'x'.repeat(70_000), 'host-invalid', 'Shorten it', nowhere, '70000 characters'),
  value('hosts', '', 'host-invalid', 'demo.local,www.demo.local', nowhere),
  value('hosts', ' , ,', 'host-invalid', 'demo.local,www.demo.local', nowhere),
  {
    ...value('hosts', 'web local', 'host-invalid', 'by commas', nowhere),
    title: 'hosts: none that can be used',
  },
  {
    title: 'hosts: no such label',
    labels: { hosts: undefined },
    problem: ['hosts-missing', 'no such label', '--label-add com.docker.lb.hosts='],
    ...nowhere,
  },
  {
    title: 'port: no such label',
    labels: { port: undefined },
    problem: ['port-missing', 'no such label', '--label-add com.docker.lb.port='],
    ...nowhere,
  },
  port('', 'for example 8080'),
  port('http', 'digits only'),
  port('0', 'Check the number'),
  port('65536', 'Check the number'),
  port('99999999999999999999', 'digits only'),
  port('-80', 'digits only'),
  port('80.0', 'digits only'),
  port('0x50', 'digits only'),
  port('8e3', 'digits only'),
  port('80,81', 'one port here'),
  port('80:8080', 'not a published one'),
  port('8080/tcp', 'digits only'),
  port('80 weight 256', 'digits only'),
  port('80\n    server evil 6.6.6.6:80', 'not a published one'),
  port('٨٠', 'digits only'),
  flag('yes'),
  flag('on'),
  flag(''),
  flag('true;'),
  mode('tasks'),
  mode('VIPs'),
  mode(''),
  mode('vip\nbalance first'),
  badNetwork('de mo'),
  badNetwork('demo;show env'),
  badNetwork('../demo'),
  value('network', 'd'.repeat(129), 'network-missing', 'Copy it from', asUsual, '"ddd'),
  value('network', 'dmeo', 'network-missing', 'Did you mean demo?', unreached),
  value('network', 'another', 'network-missing', 'docker network ls', unreached),
  {
    title: 'network: one that the service is not attached to',
    labels: { network: 'back' },
    problem: ['network-not-attached', '"back"', '--network-add back web'],
    ...unreached,
  },
  {
    title: 'network: one that the edge is not attached to',
    labels: { network: 'hidden' },
    service: { networkIds: ['net-demo', 'net-hidden'] },
    problem: ['network-not-shared', '"hidden"', '--network-add <network> <edge service>'],
    ...unreached,
  },
  {
    title: 'network: none said, none shared',
    labels: {},
    service: { networkIds: ['net-hidden'] },
    attachments: [{ networkId: 'net-hidden', addresses: ['10.2.0.11'] }],
    problem: ['network-not-shared', '"hidden"', 'The edge attaches itself'],
    ...unreached,
  },
  {
    title: 'network: none at all',
    labels: {},
    service: { networkIds: [] },
    attachments: [],
    problem: ['network-missing', 'no overlay network', '--network-add <network> web'],
    ...unreached,
  },
  {
    title: 'network: several shared',
    labels: {},
    service: { networkIds: ['net-back', 'net-demo'] },
    problem: ['network-ambiguous', '"back", "demo"', 'back is used, the first by name'],
    ...asUsual,
  },
  {
    title: 'backend_mode: vip without a virtual IP on the network',
    labels: { backend_mode: 'vip' },
    service: { virtualIps: [] },
    problem: ['vip-missing', 'no virtual IP', 'docker service inspect web'],
    ...asUsual,
  },
  {
    title: 'backend_mode: vip on a dnsrr service',
    labels: { backend_mode: 'vip' },
    service: { endpointMode: 'dnsrr', virtualIps: [] },
    problem: ['vip-without-endpoint', '"vip" on a service', 'served in task mode'],
    ...asUsual,
  },
  {
    title: 'default_backend: taken by an older service',
    labels: { default_backend: 'true' },
    problem: ['default-taken', 'the older service "neighbour"', 'Remove the label from one of the two'],
    ...asUsual,
  },
  path(' , ', 'Write for example /app,/api'),
  path('app', 'starts with a slash'),
  path('app\\', 'starts with a slash'),
  path('/a b', 'Percent-encode'),
  path('/a\nuse_backend evil', 'Percent-encode'),
  path('/a;b', 'Percent-encode'),
  path('/a"b', 'Percent-encode'),
  path('/%[src]', 'Percent-encode'),
  path('/ä', 'Percent-encode'),
  path('/a//b', 'single slashes'),
  path('/a/../b', 'Leave "." and ".." out'),
  path('/./a', 'Leave "." and ".." out'),
  path('/a?b=c', 'query and the fragment'),
  path('/a#b', 'query and the fragment'),
  value(
    'context_root',
    `/${'a'.repeat(1024)}`,
    'context-root-invalid',
    'at most 1024 characters',
    nowhere,
    '"/aaa',
  ),
  cluster('blue green'),
  cluster('-blue'),
  cluster('blue\n'.repeat(2)),
  own('weight', '-1', 'digits only'),
  own('weight', '257', 'Check the number'),
  own('weight', '10 disabled', 'digits only'),
  own('timeout_server', '30', 'its unit'),
  own('timeout_server', '1w', 'its unit'),
  own('timeout_server', '25h', 'Check the number'),
  own('timeout_connect', '0s', 'Check the number'),
  own('timeout_queue', '1s\n    server evil 6.6.6.6:80', 'its unit'),
  own('timeout_tunnel', '99999999999d', 'its unit'),
  own('health_check_path', 'health', 'starts with a slash'),
  own('health_check_path', '/a b', 'Percent-encode'),
  own('health_check_path', "/a' hdr x y", 'Percent-encode'),
  own('health_check_path', `/${'a'.repeat(512)}`, 'at most 512'),
  own('health_check_interval', '10', 'its unit'),
  withPath('health_check_status', '99', '200,204'),
  withPath('health_check_status', '300-200', '200,204'),
  withPath('health_check_status', '200 204', '200,204'),
  withPath('health_check_status', Array.from({ length: 21 }, () => '200').join(), '200,204'),
  withPath('health_check_host', 'a.local,b.local', 'demo.local'),
  withPath('health_check_host', '*.a.local', 'demo.local'),
  withPath('health_check_host', 'a.local\r\nX-Evil: 1', 'demo.local'),
  own('max_body_size', 'big', 'as 10m'),
  own('max_body_size', '0', 'Check the number'),
  own('max_body_size', '1025g', 'Check the number'),
  own('rate_limit', '100', '100/s'),
  own('rate_limit', '0/s', 'Check the numbers'),
  own('rate_limit', '1/2d', 'Check the numbers'),
  own('rate_limit', '1/s } || { always_true', '100/s'),
  {
    ...own('basic_auth', 'users\n    server evil 6.6.6.6:80', 'docker secret ls'),
    problem: ['users-missing', '"users\\n    server evil 6.6.6.6:80"', 'docker secret ls'],
  },
  own('hsts', 'forever', '31536000'),
  own('hsts', '1; includeSubDomains; includeSubDomains', '31536000'),
  own('hsts', "1'; x", '31536000'),
  own('deny', 'localhost', '10.0.0.0/8'),
  own('deny', '10.0.0.0/33', '10.0.0.0/8'),
  own('deny', '10.0.0.0/255.0.0.0', '10.0.0.0/8'),
  own('deny', '2001:db8::/129', '2001:db8::/32'),
  own('deny', '10.0.0.1-10.0.0.9', '10.0.0.0/8'),
  own('deny', '-f /etc/passwd', '10.0.0.0/8'),
  own('deny', Array.from({ length: 1001 }, () => '10.0.0.1').join(), 'whole networks', '"10.0.0.1,'),
  own('allow', ' , ', '10.0.0.0/8'),
  own('balance', 'first', 'for turns'),
  own('balance', 'static-rr', 'for turns'),
  own('proxy_protocol', 'v3', 'for none'),
  own('request_header.X-A', 'a\nX-Evil: 1', 'line breaks'),
  own('request_header.X-A', 'ä', 'line breaks'),
  own('response_header.X-A', 'a'.repeat(1025), 'set longer ones'),
  {
    ...own('response_header.X A', 'a', 'A name has letters'),
    problem: ['option-invalid', '"X A"', 'A name has letters'],
  },
  { ...own('request_header.Host', 'a', 'looks after'), problem: ['option-invalid', '"Host"', 'looks after'] },
  {
    ...own('request_header.Transfer-Encoding', 'chunked', 'looks after'),
    problem: ['option-invalid', '"Transfer-Encoding"', 'looks after'],
  },
  { ...own('maintenance', 'yes', 'quote it'), problem: ['boolean-invalid', '"yes"', 'quote it: "true"'] },
  value('max_fails', '-1', 'option-invalid', 'digits only', asUsual),
  value('max_fails', '1e3', 'option-invalid', 'digits only', asUsual),
  value('fail_timeout', '10 s', 'option-invalid', '10s, or 1m', asUsual),
  value('fail_timeout', '2d', 'option-invalid', 'Check the number', asUsual),
  value('websocket_endpoints', 'ws', 'option-invalid', 'starts with a slash', asUsual),
  {
    title: 'ssl_backend_tls_verify: a word that there is not',
    labels: { ssl_backend: 'true', ssl_backend_tls_verify: 'requird' },
    problem: ['option-invalid', '"requird"', 'Until then certificates are verified'],
    ...asUsual,
  },
  {
    title: 'ssl_backend_tls_verify: without TLS',
    labels: { ssl_backend_tls_verify: 'none' },
    problem: ['option-without-effect', '"none" on a service', 'Add that label'],
    ...asUsual,
  },
  {
    title: 'health_check_status: without a path',
    labels: { [`${ownPrefix}health_check_status`]: '200' },
    problem: ['option-without-effect', '"200"', 'Add that label'],
    ...asUsual,
  },
  {
    title: 'balance: beside a sticky session',
    labels: { sticky_session_cookie: 'sid', [`${ownPrefix}balance`]: 'leastconn' },
    problem: ['option-without-effect', '"leastconn"', 'That one decides'],
    ...asUsual,
  },
  {
    title: 'max_fails: in vip mode',
    labels: { backend_mode: 'vip', max_fails: '3' },
    problem: ['vip-not-possible', '"3" on a service in vip mode', 'the kernel chooses the task'],
    routes: ['web.local/'],
    servers: 1,
  },
  {
    title: 'health_check_path: in vip mode',
    labels: { backend_mode: 'vip', [`${ownPrefix}health_check_path`]: '/health' },
    problem: ['vip-not-possible', '"/health" on a service in vip mode', 'the kernel chooses the task'],
    routes: ['web.local/'],
    servers: 1,
  },
  {
    title: 'maintenance: forgotten',
    labels: { [`${ownPrefix}maintenance`]: 'true' },
    problem: ['in-maintenance', '"true": the service gets no requests', 'Remove the label'],
    ...asUsual,
  },
  cookie('my session'),
  cookie('session\n    server evil 6.6.6.6:80'),
  cookie('a)b'),
  cookie('%[src]'),
  cookie(''),
  cookie('s'.repeat(129)),
  value(
    'context_root',
    Array.from({ length: 101 }, (_, index) => `/${index}`).join(),
    'context-root-invalid',
    'Spread them over services',
    nowhere,
    '"/0,/1,',
  ),
  {
    title: 'sticky_session_cookie: in vip mode',
    labels: { backend_mode: 'vip', sticky_session_cookie: 'session' },
    problem: ['vip-not-possible', '"session" on a service in vip mode', 'the kernel chooses the task'],
    routes: ['web.local/'],
    servers: 1,
  },
  value('ssl_cert', 'nobody', 'certificate-missing', 'docker secret create nobody', asUsual),
  value('ssl_cert', '../etc/passwd', 'certificate-missing', 'Leave the folder out', asUsual),
  value('ssl_cert', 'a\n b', 'certificate-missing', 'Copy it from docker secret ls', asUsual),
  value('ssl_only', 'yes', 'boolean-invalid', 'quote it', asUsual),
  value('ssl_passthrough', 'yes', 'boolean-invalid', 'quote it', nowhere),
  {
    title: 'ssl_passthrough with what needs to see into connections',
    labels: { ssl_passthrough: 'true', sticky_session_cookie: 'session' },
    problem: ['passthrough-not-possible', '"session" on a service with ssl_passthrough', 'does not see'],
    routes: ['sni:web.local/'],
    servers: 2,
  },
  ...[
    ['', 'Write for example'],
    ['http://web.local', 'separated by a comma'],
    ['web.local,http://b.local', 'http:// or https://, and its name'],
    ['ftp://web.local,http://b.local', 'http:// or https://, and its name'],
    ['http://web.local/a,http://b.local', 'What is redirected is a whole host'],
    ['http://*.web.local,http://b.local', 'name each host'],
    ['http://web.local,javascript:alert(1)', 'an address with http:// or https://'],
    ['http://web.local,http://b.local/%[env(HOME)]', 'an address with http:// or https://'],
    ['http://web.local,http://b.local\nadd map x', 'an address with http:// or https://'],
    ['http://web.local,http://b.local,c', 'Separate pairs by semicolons'],
    ['http://other.local,http://b.local', 'Add other.local to com.docker.lb.hosts'],
  ].map(
    ([text = '', hint = '']): Row => ({
      title: `redirects: ${JSON.stringify(text)}`,
      labels: { redirects: text },
      problem: ['redirect-invalid', '', hint],
      ...asUsual,
    }),
  ),
  {
    title: 'redirects: too many',
    labels: { redirects: 'http://web.local,http://b.local;'.repeat(1001) },
    problem: ['redirect-invalid', '"http://web.local', 'Use more services'],
    ...asUsual,
  },
  unknownLabel('host', 'Did you mean com.docker.lb.hosts?'),
  unknownLabel('Hosts', 'Did you mean com.docker.lb.hosts?'),
  unknownLabel('prot', 'Did you mean com.docker.lb.port?'),
  unknownLabel('backend-mode', 'Did you mean com.docker.lb.backend_mode?'),
  unknownLabel('hosts.1', 'Did you mean com.docker.lb.hosts?'),
  unknownLabel('balance', 'Did you mean com.tidegate.lb.balance?'),
  unknownLabel('wieght', 'Did you mean com.tidegate.lb.weight?'),
  unknownLabel('priority', 'It has no effect; remove it.'),
  unknownLabel('', 'It has no effect; remove it.'),
  unknownLabel('__proto__', 'It has no effect; remove it.'),
  unknownLabel('x\n    server evil', 'It has no effect; remove it.'),
]

const neighbour = service({
  name: 'neighbour',
  createdAt: '2026-01-01T00:00:00Z',
  lb: { default_backend: 'true' },
})

function routingWith(row?: Row) {
  const { hosts, port: portLabel, ...rest } = { hosts: 'web.local', port: '8080', ...row?.labels }
  const given = Object.entries({ hosts, port: portLabel, ...rest }).filter(([, text]) => text !== undefined)
  const labels = lb(Object.fromEntries(given.map(([label, text]) => [label, text ?? ''])))
  const services = row === undefined ? [neighbour] : [service({ ...row.service, labels }), neighbour]
  const its = row?.attachments === undefined ? {} : { attachments: row.attachments }
  const world = snapshot({
    services,
    tasks: [...tasks('web', 2, its), ...tasks('neighbour', 1)],
    networks: [network('demo'), network('back'), network('hidden')],
    edge: { networkIds: ['net-demo', 'net-back'] },
  })
  return computeRouting(world, routingSettings()).routing
}

const alone = routingWith().backends.get('neighbour.local')

test.for(rows)('$title', (row) => {
  const { backends, problems } = routingWith(row)
  const [code, found, hint] = row.problem
  expect(problems.map((problem) => problem.code)).toEqual([code])
  expect(problems[0]?.service).toBe('web')
  expect(problems[0]?.found).toContain(found)
  expect(problems[0]?.hint).toContain(hint)
  expect(problems[0]?.found.length).toBeLessThan(400)
  const published = [...backends.values()].filter(({ services }) =>
    services.some(({ name }) => name === 'web'),
  )
  expect(published.flatMap((backend) => backend.routes)).toEqual(row.routes)
  expect(published.flatMap((backend) => backend.servers)).toHaveLength(row.servers)
  expect(backends.get('neighbour.local')).toEqual(alone)
})

test('there are enough of them, and each kind of problem that labels can cause is among them', () => {
  expect(rows.length).toBeGreaterThanOrEqual(60)
  const met = new Set(rows.map((row) => row.problem[0]))
  // Not one service's labels' doing: HAProxy's own refusal, which the loop answers, services or containers that disagree,
  // certificates (certificates.test.ts), lists of users (users.test.ts), and settings: no TLS, hosts kept for others.
  const ofOthers = [
    'certificate-broken',
    'certificate-expired',
    'certificate-expiring',
    'certificate-other-names',
    'config-rejected',
    'host-not-allowed',
    'labels-differ',
    'option-differs',
    'redirect-taken',
    'tls-off',
    'users-broken',
  ]
  expect(problemCodes.filter((code) => !met.has(code))).toEqual(ofOthers)
})
