import { describe, expect, test } from 'vitest'
import type { CliPorts } from '../../../agent/cli/ports.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import { AgentError } from '../../../agent/core/errors.ts'
import { buildStatus } from '../../../agent/core/status-build.ts'
import type { Traffic } from '../../../agent/core/traffic.ts'
import { routingSettings } from '../../support/builders.ts'
import { running, service, swarm, task, tidegate } from './world.ts'

const snapshot = swarm({
  services: [
    service('shop', { hosts: 'shop.local,www.shop.local', port: '8080', context_root: '' }),
    service('api', { hosts: 'shop.local', port: '80', context_root: '/api' }),
    service('blog', { hosts: 'blog.local', port: '80a' }),
  ],
  tasks: [task('shop', 1), task('shop', 2), task('api', 1)],
})
const { routing } = computeRouting(snapshot, routingSettings())
const observed = running(snapshot)
const counters = { starts: 0, reloads: 2, liveChanges: 7, drifts: 0, failures: 0 }
const told = buildStatus({
  toldBy: 'agent',
  version: '1.2.3',
  routing,
  observed,
  problems: routing.problems,
  engine: { staleMs: 100, isHeldBack: false },
  loop: { isSettled: true, awaited: 0, pendingReload: [], counters },
})

const answering = (status: number, body: unknown): Partial<CliPorts> => ({
  askAgent: async (_, path) => {
    expect(path).toBe('/api/status')
    return { status, body: JSON.stringify(body) }
  },
})

const noTraffic = { readTraffic: async () => undefined }
const noAgent = { askAgent: async () => undefined }
const noEngine = {
  readSnapshot: async () => {
    throw new AgentError('docker-unreachable', 'the engine does not answer', { hint: 'start it' })
  },
}

const readServers = async (_: unknown, scope: unknown): Promise<Traffic | undefined> => {
  expect(scope).toHaveProperty('backend')
  return undefined
}

describe('who is asked', () => {
  test('a running agent is believed, and nobody else is asked', async () => {
    const { stdout, exitCode } = await tidegate(['status'], answering(200, told))
    expect(stdout).toContain('settled: HAProxy runs what the engine says')
    expect(stdout).toContain('7 live changes, 2 reloads')
    expect(stdout).toContain('error: blog: com.docker.lb.port')
    expect(exitCode).toBe(0)
  })

  test.for([
    ['without an agent', noAgent],
    ['an agent that does not know the question', answering(404, { error: 'no such page' })],
    ['an agent whose answer is of another kind', answering(200, { ...told, backends: [{ name: 1 }] })],
  ] as const)('%s: the engine and HAProxy are asked', async ([, agent]) => {
    const ports = {
      readSnapshot: async () => snapshot,
      observe: async () => observed,
      ...noTraffic,
      ...agent,
    }
    const { stdout } = await tidegate(['status'], ports)
    expect(stdout).toContain('no agent answers; told by the engine and HAProxy')
    expect(stdout).toMatch(/^shop\.local \+1 +shop +2 up$/m)
  })

  test('without agent and engine HAProxy alone is asked', async () => {
    const ports = { ...noAgent, ...noEngine, ...noTraffic, observe: async () => observed }
    const { stdout } = await tidegate(['status'], ports)
    expect(stdout).toContain('told by HAProxy alone')
    expect(stdout).toMatch(/^shop\.local \+1 +- +2 up$/m)
  })

  test("where nobody answers the engine's trouble is told", async () => {
    const ports = { ...noAgent, ...noEngine, ...noTraffic, observe: async () => undefined }
    const { stderr, exitCode } = await tidegate(['status'], ports)
    expect(stderr).toContain('the engine does not answer')
    expect(exitCode).toBe(3)
  })

  test('a saved snapshot stands for agent and engine', async () => {
    const ports = {
      readStdin: async () => JSON.stringify(snapshot),
      observe: async () => undefined,
      ...noTraffic,
    }
    const { stdout } = await tidegate(['status', '--snapshot', '-'], ports)
    expect(stdout).toContain('HAProxy does not answer')
    expect(stdout).toMatch(/^shop\.local \+1 +shop +not in HAProxy yet$/m)
  })
})

describe('an argument', () => {
  const names = async (what: string) => {
    const ports = { ...answering(200, told), readTraffic: readServers }
    const { stdout } = await tidegate(['status', what, '--json'], ports)
    const view: unknown = JSON.parse(stdout)
    if (typeof view !== 'object' || view === null || !('backends' in view) || !Array.isArray(view.backends))
      throw new Error(stdout)
    return view.backends.map(({ name }: { name: string }) => name)
  }

  test.for([
    ['a service', 'api', ['shop.local:api']],
    ['a host, with all that is below it', 'shop.local', ['shop.local', 'shop.local:api']],
    ['a host in capitals, as a URL', 'HTTP://WWW.Shop.Local/', ['shop.local']],
    [
      'a URL, by the routes that hold its path',
      'http://shop.local/api/x?y=1',
      ['shop.local', 'shop.local:api'],
    ],
    ['a path that a longer segment only begins with', 'shop.local/apis', ['shop.local']],
    ['a backend', 'shop.local:api', ['shop.local:api']],
    ['a part of a name', 'www', ['shop.local']],
  ] as const)('picks by %s', async ([, what, backends]) => {
    expect(await names(what)).toEqual(backends)
  })

  test('a service without a backend shows its problems', async () => {
    const { stdout } = await tidegate(['status', 'blog'], {
      ...answering(200, told),
      readTraffic: readServers,
    })
    expect(stdout).toContain('error: blog: com.docker.lb.port')
    expect(stdout).not.toContain('shop')
  })

  test('that names nothing ends with 1, and says who knows why', async () => {
    const { stdout, exitCode } = await tidegate(['status', 'nope'], answering(200, told))
    expect(stdout).toBe('nothing here is called "nope"; why, says: tidegate explain nope\n')
    expect(exitCode).toBe(1)
  })
})
