// Problems of services that are no Swarm's: their cures are those of compose and of plain containers.

import { describe, expect, test } from 'vitest'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Service } from '../../../agent/core/snapshot.ts'
import { routingSettings, service, snapshot } from '../../support/builders.ts'

const labels = { 'com.docker.lb.hosts': 'a.test', 'com.docker.lb.port': '80' }
const ofCompose = { 'com.docker.compose.service': 'web', 'com.docker.compose.project': 'shop' }
const network = { id: 'n', name: 'shop_default', ingress: false }

function problemsOf(more: Partial<Service>, networkIds: readonly string[] = ['n']) {
  const one: Service = { ...service({ name: 'shop-web' }), networkIds: ['n'], endpointMode: 'dnsrr', ...more }
  const world = { ...snapshot({}), services: [one], networks: [network], edge: { networkIds } }
  return computeRouting(world, routingSettings()).routing.problems
}

describe.for([
  ['compose', { ...labels, ...ofCompose }, /compose file.*docker compose up -d/],
  ['container', labels, /docker network connect shop_default/],
] as const)('a service of %s', ([origin, all, cure]) => {
  test('whose network the edge does not share says how to share it', () => {
    const [problem] = problemsOf({ origin, labels: all }, [])
    expect(problem).toMatchObject({ code: 'network-not-shared', hint: expect.stringMatching(cure) })
    expect(problem?.hint).toContain('docker network connect shop_default <edge container>')
    expect(problem?.hint).not.toContain('docker service')
  })

  test('whose containers differ is published, with a warning for each label', () => {
    const [problem] = problemsOf({ origin, labels: all, differing: ['com.docker.lb.hosts'] })
    expect(problem).toMatchObject({
      code: 'labels-differ',
      severity: 'warning',
      label: 'com.docker.lb.hosts',
      hint: expect.stringContaining('oldest'),
    })
  })

  test('that asks for a virtual IP is told that there is none', () => {
    const [problem] = problemsOf({ origin, labels: { ...all, 'com.docker.lb.backend_mode': 'vip' } })
    expect(problem).toMatchObject({ code: 'vip-without-endpoint', found: '"vip" outside of a Swarm' })
  })

  test('without a port, or a network, is told nothing of docker service', () => {
    const { 'com.docker.lb.port': _, ...portless } = all
    const problems = [
      ...problemsOf({ origin, labels: portless }),
      ...problemsOf({ origin, labels: all, networkIds: [] }),
    ]
    expect(problems.map(({ code }) => code)).toEqual(['port-missing', 'network-missing'])
    for (const { hint } of problems) expect(hint).not.toContain('docker service')
  })
})

test("a network may be named as the project's file names it", () => {
  const named = { ...labels, ...ofCompose, 'com.docker.lb.network': 'default' }
  expect(problemsOf({ origin: 'compose', labels: named })).toEqual([])
})
