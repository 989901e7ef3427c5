// What must hold whenever the Swarm and the edge have come to rest.
// Owns the waiting for rest, and every comparison then. Refuses what must hold in between (monitor.ts).

import { deepStrictEqual } from 'node:assert'
import { setTimeout as wait } from 'node:timers/promises'
import { certificateFolders } from '../../agent/certificates/folders.ts'
import { createCertificateStore } from '../../agent/certificates/store.ts'
import { computeRouting } from '../../agent/core/desired.ts'
import type { Routing } from '../../agent/core/routing.ts'
import { parseEndpoint } from '../../agent/docker/endpoint.ts'
import { readSwarm } from '../../agent/swarm/source.ts'
import { ask } from '../support/client.ts'
import type { Edge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { freshState } from '../support/fresh-haproxy.ts'
import { comparable, readLiveState } from '../support/live-state.ts'
import { haproxyProcesses } from './haproxy-processes.ts'
import { hosts } from './steps.ts'
import { holdersFor, sharedNetworks, type Truth } from './truth.ts'
import { anchor, mendMs, type World } from './world.ts'

/** Longer than the simulated Swarm ever pauses in the middle of something, but for a task's grace to stop. */
const quietMs = 450

/** Backing off from an engine in trouble, and not believing at once what it says is gone, take their time. */
const restTimeoutMs = 25_000

/** Waits for rest and holds everything to what it must be then. The agent must be there, and the engine well. */
export async function judgeAtRest(world: World): Promise<void> {
  const edge = world.edge()
  if (edge === undefined) throw new Error('no agent: calm the world first')
  const version = await rest(world, edge)
  const before = edge.status().commands
  const files = freshState({ binary: edge.settings.haproxy.binary, runDir: world.runDir, speaksTls: true })
  try {
    await allOf([answersAreRight(world, edge), filesMatch(world, files), beliefMatches(world, edge)])
  } catch (error) {
    // Swarm may find a node lost just then: what is compared across a change proves nothing.
    if (world.changedMs() === version) throw error
    return judgeAtRest(world)
  }
  await eventually(() => edge.status().commands.reads >= before.reads + 4, { timeoutMs: 10_000 })
  if (world.changedMs() !== version) return judgeAtRest(world)
  equal(edge.status().commands.changes, before.changes, 'an audit at rest sends no command')
  if (!edge.status().isSettled) throw new Error('an audit at rest unsettles the agent')
  await eventually(
    async () => {
      equal((await haproxyProcesses(world.runDir)).length, 2, 'one master, one worker')
      return true
    },
    {
      timeoutMs: 10_000,
    },
  )
}

/** Rejects with everything that is wrong, since one thing may explain another. */
async function allOf(checks: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(checks)
  const wrong = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}

function equal(found: unknown, expected: unknown, what: string): void {
  try {
    deepStrictEqual(found, expected)
  } catch (cause) {
    throw new Error(`not so: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Resolves to the time of the Swarm's last change, when the agent has carried it out and nothing has followed. */
async function rest(world: World, edge: Edge): Promise<number> {
  return eventually(
    async () => {
      const changedMs = world.changedMs()
      const quietAtMs = Math.max(changedMs + quietMs, world.upsetMs() + mendMs)
      await wait(Math.max(0, quietAtMs - performance.now()))
      const routing = await routingNow(world, edge)
      const status = edge.status()
      equal(plain(status.routing), plain(routing), 'the routing is that of the Swarm')
      if (!status.isSettled)
        throw new Error(
          `not settled: ${JSON.stringify({ pending: status.pendingReload, trouble: String(status.trouble) })}`,
        )
      if (world.changedMs() !== changedMs) throw new Error('the Swarm does not come to rest')
      return changedMs
    },
    { timeoutMs: restTimeoutMs, intervalMs: 50 },
  )
}

/** What a newcomer without any memory would want. */
async function routingNow({ swarm, certificates }: World, { settings }: Edge): Promise<Routing> {
  const endpoint = parseEndpoint({ DOCKER_HOST: `unix://${swarm.socketPath}` }, () => '')
  const options = { endpoint, edgeNetworks: sharedNetworks, hostname: 'nobody' }
  const signal = AbortSignal.timeout(5000)
  const store = createCertificateStore({ folders: certificateFolders(certificates) })
  const [snapshot, materials] = await Promise.all([readSwarm(options, signal), store.look(signal)])
  return computeRouting({ ...snapshot, materials }, settings.routing).routing
}

function plain(routing: Routing | undefined) {
  if (routing === undefined) return undefined
  const { backends, certificates, defaultCertificate, redirects, problems } = routing
  return {
    backends: Object.fromEntries(backends),
    certificates: Object.fromEntries(certificates),
    defaultCertificate,
    redirects: Object.fromEntries(redirects),
    problems,
  }
}

async function filesMatch(world: World, files: ReturnType<typeof freshState>): Promise<void> {
  const live = await readLiveState(world.live)
  equal(
    comparable(await files),
    comparable(live),
    'a fresh HAProxy comes up from the files as the live one is',
  )
}

async function beliefMatches(world: World, edge: Edge): Promise<void> {
  const { backends, routes, redirects, certificates } = await readLiveState(world.live)
  const { observed } = edge.status()
  const believed = [...(observed?.backends ?? [])]
  equal(
    believed.flatMap(([name, backend]) => backend.routes.map((route) => [route, name])).sort(),
    [...routes].sort(),
    'the agent knows the routes',
  )
  equal(
    believed
      .flatMap(([name, { servers }]) =>
        [...servers].map(([server, s]) =>
          [name, server, `${s.address}:${s.port}`, s.weight, s.admin].join(' '),
        ),
      )
      .sort(),
    [...backends]
      .flatMap(([name, servers]) =>
        [...servers].map(([server, s]) => [name, server, s.address, s.weight, s.admin].join(' ')),
      )
      .sort(),
    'the agent knows the servers',
  )
  equal([...(observed?.redirects ?? [])].sort(), [...redirects].sort(), 'the agent knows the redirects')
  equal(
    [...(observed?.certificates ?? [])].map(([file, { hosts: names }]) => [file, names.join(' ')]).sort(),
    [...certificates].sort(),
    'the agent knows the certificates',
  )
}

const paths = ['/', '/app', '/app/x', '/apple']
const asked = [
  ...hosts.filter((host) => !host.startsWith('*')),
  'y.wild.local',
  'nobody.example',
  anchor.host,
]

/** Real requests, answered by who should answer them. */
async function answersAreRight(world: World, edge: Edge): Promise<void> {
  const truth = world.truth()
  for (const host of asked) {
    for (const path of paths) {
      const { status, body } = await ask({ port: edge.port, host, path })
      const right = elsewhere(world, edge, host, path) ?? rightAnswer(truth, host, path)
      const found = status === 200 ? `200 from ${taskIn(body)}` : String(status)
      if (right.includes(found)) continue
      throw new Error(
        `${host}${path}: ${found} and not ${right.join(' or ')}; the answer: ${body.slice(-300)}`,
      )
    }
  }
}

/** What is answered in place of a service that is to be had by another address. */
function elsewhere(world: World, edge: Edge, host: string, path: string): readonly string[] | undefined {
  if (edge.status().routing?.redirects.has(`http://${host}`) === true) return ['302']
  const isTlsOnly = world.swarm.store
    .list('service')
    .some(({ Spec }) => Spec.Labels?.['com.docker.lb.ssl_only'] === 'true')
  // The oldest of the route's services decides, which the truth does not tell.
  return isTlsOnly ? [...rightAnswer(world.truth(), host, path), '308'] : undefined
}

/** Where an update that moves a service to another network hangs, nobody may stand where the service now is. */
function rightAnswer(truth: Truth, host: string, path: string): readonly string[] {
  const holders = holdersFor(truth, host, path)
  const answers = holders
    .flatMap(({ tasks, stranded }) => [...tasks, ...stranded])
    .map((task) => `200 from ${task}`)
  const isServed = holders.some(({ tasks }) => tasks.length > 0)
  const isSound = holders.every(({ servers, tasks }) => servers.size === 0 || tasks.length > 0)
  return isServed && isSound ? answers : [...answers, '503']
}

function taskIn(body: string): string {
  return /"task":"(\w+)"/.exec(body)?.[1] ?? body
}
