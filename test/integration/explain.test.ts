// `tidegate explain` as its users run it, held against what requests to a real edge get.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Explanation } from '../../agent/core/explain/explanation.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { startAgentProcess } from '../support/agent-process.ts'
import { ask } from '../support/client.ts'
import { type Edge, freePort, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { haproxyBinary } from '../support/haproxy-binary.ts'
import { tempDir } from '../support/temp-dir.ts'

const main = join(import.meta.dirname, '../../agent/main.ts')

type Told = { readonly exitCode: number; readonly explanation: Explanation }

/** Runs `tidegate explain --json` beside an edge. */
async function explain(edge: Edge, question: string, flags: readonly string[] = []): Promise<Told> {
  const { docker, haproxy, config } = edge.settings
  const args = [
    ...['explain', question, '--json', '--docker-host', docker.variables.DOCKER_HOST],
    ...['--run-dir', haproxy.runDir, '--edge-networks', 'every', '--http-bind', config.httpBind.join(',')],
    ...flags,
  ]
  return tidegate(args)
}

async function tidegate(args: readonly string[]): Promise<Told> {
  const { exitCode, stdout, stderr } = await run(['--import', 'tsx', main, ...args])
  expect(stderr).toBe('')
  const explanation: Explanation = JSON.parse(stdout)
  return { exitCode, explanation }
}

function run(args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(30_000) }
    const child = execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error !== null && child.exitCode === null) reject(error)
      else resolve({ exitCode: child.exitCode ?? -1, stdout, stderr })
    })
  })
}

/** The servers that requests reach, as often as it takes to reach each of them; empty where the edge answers with 503. */
async function reached(edge: Edge, host: string, path: string, servers: number): Promise<readonly string[]> {
  const found = new Set<string>()
  for (let request = 0; request < Math.max(1, 4 * servers); request += 1) {
    const { status, headers } = await ask({ port: edge.port, host, path })
    const server = headers['x-upstream-addr']
    expect({ status, hasServer: server !== undefined }).toEqual({
      status: server === undefined ? 503 : 200,
      hasServer: server !== undefined,
    })
    if (typeof server === 'string') found.add(server)
  }
  return [...found].sort()
}

const openServers = ({ ways }: Explanation): readonly string[] =>
  ways
    .flatMap(({ servers }) => servers.filter(({ state }) => state === 'open').map(({ address }) => address))
    .sort()

const codes = ({ reasons }: Explanation) => reasons.map(({ code }) => code)

/** Explains a request, makes it, and expects both to say the same. */
async function agree(edge: Edge, host: string, path = '/'): Promise<Told> {
  const told = await explain(edge, `http://${host}:${edge.port}${path}`)
  const open = openServers(told.explanation)
  expect({ host, path, servers: await reached(edge, host, path, open.length) }).toEqual({
    host,
    path,
    servers: told.explanation.isServed ? open : [],
  })
  expect(told.exitCode).toBe(told.explanation.isServed ? 0 : 1)
  return told
}

async function startWorld(swarm: SimulatedSwarm): Promise<void> {
  await swarm.createNetwork('demo')
  const create = (name: string, replicas: number, labels: Readonly<Record<string, string>>) =>
    swarm.createService({
      name,
      replicas,
      networks: ['demo'],
      labels: Object.fromEntries(
        Object.entries(labels).map(([label, text]) => [`com.docker.lb.${label}`, text]),
      ),
    })
  create('shop', 2, { hosts: 'shop.local,*.shop.local', port: '8080' })
  create('api', 1, { hosts: 'shop.local', port: '8080', context_root: '/api' })
  create('typo', 1, { hosts: 'typo.local', prot: '8080' })
  for (const [name, running] of [
    ['shop', 2],
    ['api', 1],
  ] as const) {
    await swarm.waitFor(name, running)
  }
}

it('an explanation says what requests get: served, unknown, mistyped, stopped, lost', {
  timeout: 120_000,
}, async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: { ...fastTiming, nodeDownMs: 300_000 },
  })
  await startWorld(swarm)
  await using edge = await startEdge({ engine: swarm.socketPath, runDir: join(dir.path, 'run') })
  await edge.settled()

  const shop = await agree(edge, 'SHOP.local', '/cart?id=1')
  expect(shop.explanation).toMatchObject({ isServed: true, ways: [{ takingRequests: 2 }], reasons: [] })
  expect((await agree(edge, 'shop.local', '/api/v1')).explanation.ways).toMatchObject([
    { services: [{ name: 'api' }] },
  ])
  expect((await agree(edge, 'shop.local', '/apis')).explanation.ways).toMatchObject([
    { services: [{ name: 'shop' }] },
  ])
  expect((await agree(edge, 'a.shop.local')).explanation.ways).toMatchObject([
    { routes: [{ kind: 'wildcard' }] },
  ])
  expect(codes((await agree(edge, 'a.b.shop.local')).explanation)).toEqual(['host-unknown'])
  expect(codes((await agree(edge, 'shpo.local')).explanation)).toEqual(['host-unknown'])
  expect(codes((await agree(edge, 'typo.local')).explanation)).toEqual(['port-missing'])

  // Without an engine the answer is HAProxy's own, and the same.
  const blind = await explain(edge, 'shop.local', ['--docker-host', `unix://${join(dir.path, 'gone.sock')}`])
  expect(blind.explanation).toMatchObject({ isServed: true, basis: { swarm: false } })
  expect(openServers(blind.explanation)).toEqual(openServers(shop.explanation))

  swarm.scale('shop', 0)
  await swarm.waitFor('shop', 0)
  // The command reads the engine itself, and may see it a moment before the agent does; and the last one stays a second.
  const stopped = async () => codes((await agree(edge, 'shop.local')).explanation)
  await eventually(async () => (await stopped()).join() === 'tasks-missing', { timeoutMs: 20_000 })
  expect((await explain(edge, 'shop')).explanation).toMatchObject({ about: 'service', isServed: false })

  // Swarm does not know yet that the node is lost, but HAProxy knows that nobody answers there.
  swarm.loseNode(swarm.runningTasksOf('api')[0]?.NodeID ?? '', 'reset')
  const lost = await eventually(
    async () => {
      await ask({ port: edge.port, host: 'shop.local', path: '/api' })
      const told = await explain(edge, 'shop.local/api')
      return told.explanation.isServed ? undefined : told
    },
    { timeoutMs: 60_000 },
  )
  expect(codes(lost.explanation)).toEqual(['server-down'])
  await agree(edge, 'shop.local', '/api')
})

it('a running agent answers as the command does that finds out by itself', { timeout: 120_000 }, async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
  })
  await startWorld(swarm)
  const common = { 'run-dir': join(dir.path, 'run'), 'http-bind': `127.0.0.1:${await freePort()}` }
  const engine = { 'docker-host': `unix://${swarm.socketPath}`, 'edge-networks': 'every' }
  await using agent = startAgentProcess({ ...engine, ...common, 'haproxy-bin': haproxyBinary() })
  await agent.logged('haproxy started')
  const flags = (settings: Readonly<Record<string, string>>) =>
    Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, value])
  const nowhere = { 'docker-host': `unix://${join(dir.path, 'nowhere.sock')}` }
  for (const question of ['shop.local/api', 'shop', 'typo.local', 'shpo']) {
    const asked = ['explain', question, '--json']
    await eventually(
      async () => {
        // Of the two, only the agent has an engine to ask.
        const told = await tidegate([...asked, ...flags({ ...common, ...nowhere })])
        const found = await tidegate([...asked, ...flags({ ...common, ...engine, 'admin-socket': 'off' })])
        expect(told).toEqual(found)
        expect(told.explanation.basis).toMatchObject({ swarm: true, haproxy: {} })
        return true
      },
      { timeoutMs: 20_000 },
    )
  }
})
