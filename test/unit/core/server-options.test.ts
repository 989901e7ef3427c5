// Labels about a service's own tasks: what becomes of their servers' lines and names.

import { expect, test } from 'vitest'
import { commandTexts } from '../../../agent/core/commands.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import { adopt } from '../../../agent/core/observed.ts'
import { planChanges } from '../../../agent/core/plan.ts'
import { addedServerKeywords, serverKeywords } from '../../../agent/core/server-keywords.ts'
import type { Service } from '../../../agent/core/snapshot.ts'
import {
  configSettings,
  observedFrom,
  planFacts,
  routingSettings,
  service,
  snapshot,
  tasks,
} from '../../support/builders.ts'

const checks = (changed: Readonly<Record<string, string>> = {}) => {
  const { inter = '60s', fastinter = '1500ms', downinter = '2s', limit = '1' } = changed
  return `inter ${inter} fastinter ${fastinter} downinter ${downinter} rise 1 fall 2 observe layer4 error-limit ${limit} on-error fastinter`
}
const sni = 'sni req.hdr(host),host_only'

function route(...services: readonly Service[]) {
  const world = snapshot({ services, tasks: services.flatMap(({ name }) => tasks(name, 1)) })
  return computeRouting(world, routingSettings()).routing
}

const own = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).map(([label, text]) => [`com.tidegate.lb.${label}`, text]))

test.for([
  [{}, '', 'weight 1 check'],
  [{ max_fails: '3' }, ':e3', `weight 1 check ${checks({ limit: '3' })}`],
  [{ fail_timeout: '1m' }, ':d60000', `weight 1 check ${checks({ downinter: '60s' })}`],
  [{ max_fails: '0' }, ':n', 'weight 1'],
  [{ fail_timeout: '0s', max_fails: '5' }, ':n', 'weight 1'],
  [
    own({ health_check_interval: '500ms' }),
    ':i500',
    `weight 1 check ${checks({ inter: '500ms', fastinter: '500ms' })}`,
  ],
  [own({ health_check_path: '/h' }), ':i5000', `weight 1 check ${checks({ inter: '5s' })}`],
  [
    { max_fails: '0', ...own({ health_check_path: '/h' }) },
    ':i5000',
    `weight 1 check ${checks({ inter: '5s' })}`,
  ],
  [{ ssl_backend: 'true' }, ':tls', `weight 1 check ssl verify none ${sni} check-ssl`],
  [
    { ssl_backend: 'true', ssl_backend_tls_verify: 'required' },
    ':tls-verified',
    `weight 1 check ssl verify required ca-file @system-ca ${sni} check-ssl`,
  ],
  [own({ proxy_protocol: 'v1' }), ':v1', 'weight 1 check send-proxy check-send-proxy'],
  [
    { max_fails: '0', ssl_backend: 'true', ...own({ proxy_protocol: 'v2', weight: '7' }) },
    ':n-tls-v2',
    `weight 7 ssl verify none ${sni} send-proxy-v2`,
  ],
  [own({ weight: '0' }), '', 'weight 0 check'],
] as const)('%j: a server with the name behind it %j, and %j', ([labels, variant, keywords]) => {
  const [backend] = route(service({ lb: labels })).backends.values()
  const [server] = backend?.servers ?? []
  expect(server?.name).toBe(`web.1.webtask1${variant}`)
  expect(server && serverKeywords({ ...server, isChecked: server.checks !== undefined })).toBe(keywords)
})

test('the socket is told what the file has, and the usual besides', () => {
  const [backend] = route(service({ lb: { max_fails: '3', ssl_backend: 'true' } })).backends.values()
  for (const server of backend?.servers ?? []) {
    const line = { ...server, isChecked: server.checks !== undefined }
    expect(addedServerKeywords(line)).toBe(`${serverKeywords(line)} hash-key addr-port`)
  }
  expect(addedServerKeywords({ weight: 1, isChecked: true })).toBe(
    `weight 1 check hash-key addr-port ${checks()}`,
  )
  expect(addedServerKeywords({ weight: 1, options: { isUnchecked: true } })).toBe(
    'weight 1 hash-key addr-port',
  )
})

test('in vip mode TLS, the PROXY protocol and the weight are those of the virtual IP, and nothing is checked', () => {
  const labels = { backend_mode: 'vip', max_fails: '3', ssl_backend: 'true' }
  const { backends, problems } = route(
    service({ lb: { ...labels, ...own({ proxy_protocol: 'v2', weight: '9' }) } }),
  )
  const [server] = [...backends.values()].flatMap(({ servers }) => servers)
  expect(server?.name).toBe('web:tls-v2')
  expect(server && serverKeywords(server)).toBe(
    `weight 9 pool-max-conn 0 ssl verify none ${sni} send-proxy-v2`,
  )
  expect(problems.map(({ code }) => code)).toEqual(['vip-not-possible'])
})

test('each service of a backend has its own servers as it wants them', () => {
  const canary = service({
    name: 'canary',
    createdAt: '2026-11-25T10:00:00Z',
    lb: { hosts: 'web.local', max_fails: '5', ...own({ weight: '3' }) },
  })
  const [backend] = route(service(), canary).backends.values()
  expect(backend?.servers.map(({ name, weight }) => `${name} ${weight}`)).toEqual([
    'canary.1.canarytask1:e5 3',
    'web.1.webtask1 1',
  ])
})

test('other keywords are another server, which is opened before its predecessor is closed', () => {
  const before = route(service())
  const after = route(service({ lb: { max_fails: '3' } }))
  const plan = planChanges(after, adopt(observedFrom(before), before), planFacts())
  const actions = plan.kind === 'nothing' ? [] : plan.actions
  expect(plan.kind).toBe('live')
  expect(actions.flatMap((action) => commandTexts(action, configSettings()))).toEqual([
    `add server web.local/web.1.webtask1:e3 10.0.0.11:8080 weight 1 check ${checks({ limit: '3' })} hash-key addr-port`,
    'enable health web.local/web.1.webtask1:e3',
    'set server web.local/web.1.webtask1:e3 state ready',
    'set server web.local/web.1.webtask1 state maint',
    'del server web.local/web.1.webtask1',
  ])
})

test('an agent that starts again sees that labels changed meanwhile, and puts it right live', () => {
  const before = route(service())
  const after = route(service({ lb: { max_fails: '3', ...own({ weight: '4' }) } }))
  expect(planChanges(after, observedFrom(before), planFacts()).kind).toBe('live')
  expect(planChanges(before, observedFrom(before), planFacts()).kind).toBe('nothing')
})

test('a weight and maintenance are one command each, and the way back as well', () => {
  const commands = (from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>) => {
    const [before, after] = [route(service({ lb: own(from) })), route(service({ lb: own(to) }))]
    const plan = planChanges(after, adopt(observedFrom(before), before), planFacts())
    const actions = plan.kind === 'nothing' ? [] : plan.actions
    return [plan.kind, ...actions.flatMap((action) => commandTexts(action, configSettings()))]
  }
  const server = 'set server web.local/web.1.webtask1'
  expect(commands({}, { weight: '8' })).toEqual(['live', `${server} weight 8`])
  expect(commands({}, { maintenance: 'true' })).toEqual(['live', `${server} state maint`])
  expect(commands({ maintenance: 'true' }, {})).toEqual(['live', `${server} state ready`])
})

test('behind passthrough the edge speaks no TLS of its own', () => {
  const { backends, problems } = route(service({ lb: { ssl_passthrough: 'true', ssl_backend: 'true' } }))
  expect([...backends.values()].flatMap(({ servers }) => servers.map(({ name }) => name))).toEqual([
    'web.1.webtask1',
  ])
  expect(problems.map(({ code }) => code)).toEqual(['passthrough-not-possible'])
})
