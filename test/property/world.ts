// The world that a history happens in: a simulated Swarm, an edge with a real HAProxy, traffic, and a monitor.
// Owns the parts and their end. Refuses to judge (monitor.ts, at-rest.ts) and to make things happen (happenings.ts).

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { type Edge, freePort, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { type LiveSource, readLiveState } from '../support/live-state.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startTraffic, type Traffic } from '../support/traffic.ts'
import { type Drawer, openDrawer } from './drawer.ts'
import { haproxyProcesses } from './haproxy-processes.ts'
import { type Monitor, startMonitor } from './monitor.ts'
import { createSight, type SightKeeper } from './sight.ts'
import type { Happening } from './steps.ts'
import { sharedNetworks, type Truth, truthOf } from './truth.ts'

export type World = AsyncDisposable & {
  readonly swarm: SimulatedSwarm
  readonly runDir: string
  readonly live: LiveSource
  readonly traffic: Traffic
  readonly certificates: Drawer
  readonly monitor: Monitor
  readonly sight: SightKeeper
  /** The agent in charge, if there is one. */
  readonly edge: () => Edge | undefined
  /** All agents that there have been. */
  readonly edges: readonly Edge[]
  readonly truth: () => Truth
  /** When the Swarm last changed, in `performance.now()`. */
  readonly changedMs: () => number
  /** How often each kind of thing was done; steps that did not fit are not counted. */
  readonly happened: Map<Happening['kind'], number>
  readonly lostNodes: Set<string>
  /** Somebody's hand is at HAProxy: the agent need not know before its next audit. */
  readonly upset: () => void
  /** When that was last, in `performance.now()`. */
  readonly upsetMs: () => number
  /** When HAProxy was killed, in `performance.now()`. */
  readonly killsMs: number[]
  readonly breaches: readonly string[]
  /** What happened when, to be told with a failure. */
  readonly diary: readonly string[]
  readonly write: (text: string) => void
  /** The agent goes, as if killed: HAProxy stays. */
  readonly leave: () => Promise<void>
  /** Another agent comes, in the same folder. */
  readonly enter: () => Promise<Edge>
  /** Ends everything in order but the Swarm; resolves to what is left behind that should not be. */
  readonly end: () => Promise<readonly string[]>
}

/** Its tasks stand where nothing happens to them, and nothing is done to it: whatever befalls the others, it answers. */
export const anchor = { name: 'anchor', host: 'anchor.local' } as const

const auditMs = 1000

/** What a hand has changed is found by the next audit; then it takes a moment to mend. */
export const mendMs = auditMs + 1000

/** So that a history is short, and its end soon judged. */
const flags = {
  'docker-timeout': '500ms',
  'edge-networks': sharedNetworks.join(','),
  'reload-settle': '50ms',
  'reload-settle-max': '250ms',
  'audit-interval': `${auditMs}ms`,
  'reconcile-interval': '1s',
}

/** Opens a world with networks, the anchor, and an agent at rest. */
export async function openWorld(branch: string | undefined): Promise<World> {
  const dir = await tempDir()
  const swarm = await createSimulatedSwarm({ socketPath: join(dir.path, 'docker.sock'), timing: fastTiming })
  const runDir = join(dir.path, 'run')
  const close = async () => {
    for (const pid of await haproxyProcesses(runDir)) process.kill(pid, 'SIGKILL')
    await swarm[Symbol.asyncDispose]()
    await dir[Symbol.asyncDispose]()
  }
  try {
    await populate(swarm)
    const certificates = await openDrawer(join(dir.path, 'certs'))
    return await inhabit(swarm, { engine: swarm.socketPath, runDir, branch, certificates }, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function populate(swarm: SimulatedSwarm): Promise<void> {
  for (const network of ['demo', 'back', 'private']) await swarm.createNetwork(network)
  swarm.createService({
    name: anchor.name,
    replicas: 2,
    networks: ['demo'],
    constraints: ['node.role==manager'],
    labels: { 'com.docker.lb.hosts': anchor.host, 'com.docker.lb.port': '8080' },
  })
}

type Place = {
  readonly engine: string
  readonly runDir: string
  readonly branch: string | undefined
  readonly certificates: Drawer
}

async function inhabit(swarm: SimulatedSwarm, place: Place, close: () => Promise<void>): Promise<World> {
  const startedMs = performance.now()
  const edges: Edge[] = []
  const diary: string[] = []
  const breaches: string[] = []
  const port = await freePort()
  let edge: Edge | undefined
  let changedMs = startedMs
  let upsetMs = Number.NEGATIVE_INFINITY
  const write = (text: string) =>
    diary.push(`${(performance.now() - startedMs).toFixed(0).padStart(6)} ${text}`)
  const sight = createSight(() => edge)
  const enter = async () => {
    sight.agentComes()
    edge = await enterEdge(place, port, write)
    edges.push(edge)
    return edge
  }
  const leave = async () => {
    sight.agentGoes()
    await edge?.letGo()
    edge = undefined
    sight.agentIsGone()
  }
  const { settings } = await settleIn(await enter())
  const live = {
    socketPath: settings.haproxy.workerSocket,
    routesMap: settings.config.routesMap,
    hostsDir: place.runDir,
  }
  const unwatch = swarm.watch(() => (changedMs = performance.now()))
  const traffic = startTraffic({ port, hosts: [anchor.host], clients: 2, pauseMs: 10, maxMs: 600_000 })
  const monitor = startMonitor({
    look: () => readLiveState(live, 1000),
    truth: () => truthOf(swarm.store),
    watch: swarm.watch,
    sight: sight.now,
    onBreach: (text) => {
      breaches.push(text)
      write(`BREACH: ${text} (sight ${sight.now()})`)
    },
  })
  const end = async () => {
    await traffic.stop()
    await monitor[Symbol.asyncDispose]()
    unwatch()
    await edge?.[Symbol.asyncDispose]()
    edge = undefined
    return leftIn(place.runDir)
  }
  return {
    swarm,
    runDir: place.runDir,
    live,
    traffic,
    certificates: place.certificates,
    monitor,
    sight,
    edge: () => edge,
    edges,
    truth: () => truthOf(swarm.store),
    changedMs: () => changedMs,
    happened: new Map(),
    lostNodes: new Set(),
    upset: () => (upsetMs = performance.now()),
    upsetMs: () => upsetMs,
    killsMs: [],
    breaches,
    diary,
    write,
    leave,
    enter,
    end,
    [Symbol.asyncDispose]: async () => {
      await end()
      await close()
    },
  }
}

/** Waits until the anchor is served; an edge that does not get there is ended. */
async function settleIn(edge: Edge): Promise<Edge> {
  try {
    await eventually(() => edge.status().routing?.backends.has(anchor.host), { timeoutMs: 10_000 })
    await edge.settled()
    return edge
  } catch (error) {
    await edge[Symbol.asyncDispose]()
    throw error
  }
}

async function enterEdge(place: Place, port: number, write: (text: string) => void) {
  const { engine, runDir, branch, certificates } = place
  return startEdge({
    engine,
    runDir,
    port,
    flags: { ...flags, 'https-bind': `unix@${runDir}/https.sock`, certificates: certificates.folder },
    ...(branch === undefined ? {} : { branch }),
    onOutcome: (outcome) => write(`  outcome ${JSON.stringify(outcome)}`),
    onProblems: (appeared, gone) =>
      write(`  problems +[${appeared.map(shortly).join(' ')}] -[${gone.map(shortly).join(' ')}]`),
  })
}

const shortly = ({ service, code }: { readonly service: string; readonly code: string }) =>
  `${service}:${code}`

/** HAProxy leaves its sockets' files behind, and its log is the agent's to keep. */
const mayStay =
  /^(haproxy\.cfg|(routes|redirects)\.map|certificates\.list|haproxy\.log|(worker|master|https)\.sock|errors(\/[\w-]+\.html)?|certificates(\/[\w-]+\.pem)?)$/

async function leftIn(runDir: string): Promise<readonly string[]> {
  const processes = await haproxyProcesses(runDir)
  const files = await readdir(runDir, { recursive: true }).catch(() => [])
  return [
    ...processes.map((pid) => `HAProxy process ${pid}`),
    ...files.filter((file) => !mayStay.test(file)).map((file) => `file ${file}`),
  ]
}
