// Makes things happen in a world, one step of a history at a time.
// Owns what each step does to the Swarm, the engine, the agent and HAProxy. A step that does not fit is skipped.

import { setTimeout as wait } from 'node:timers/promises'
import type { ServiceDefinition } from '../sim/definition.ts'
import type { Fault } from '../sim/faults.ts'
import { exchange, type LiveState, readLiveState } from '../support/live-state.ts'
import { haproxyProcesses } from './haproxy-processes.ts'
import type { Deployment, EngineFault, Happening, Step } from './steps.ts'
import { anchor, mendMs, type World } from './world.ts'

type Of<K extends Happening['kind']> = Extract<Happening, { readonly kind: K }>

/** Resolves to false where the happening did not fit. */
type Doing<K extends Happening['kind']> = (world: World, what: Of<K>) => Promise<boolean> | boolean

/** Carries a step out, and waits as long as it says; trouble with a time of its own goes on meanwhile. */
export async function carryOut(world: World, { happening, thenMs }: Step): Promise<void> {
  const done = await perform(world, happening)
  world.write(`${done ? '' : '(skipped) '}${JSON.stringify(happening)}`)
  if (!done) return
  world.happened.set(happening.kind, (world.happened.get(happening.kind) ?? 0) + 1)
  await wait(thenMs)
}

async function perform<K extends Happening['kind']>(
  world: World,
  happening: Of<K> & { readonly kind: K },
): Promise<boolean> {
  return doings[happening.kind](world, happening)
}

/** Ends all trouble that passes: faults of the engine, silence, an absent agent. */
export async function calm(world: World): Promise<void> {
  endFault(world)
  world.swarm.resumeEvents()
  world.sight.eventsReturn()
  if (world.edge() === undefined) await world.enter()
}

const doings: { readonly [K in Happening['kind']]: Doing<K> } = {
  deploy: (world, { name, as }) => {
    if (has(world, name)) world.swarm.removeService(name)
    world.swarm.createService({ name, ...definitionOf(as) })
    return true
  },
  remove: (world, { name }) => {
    if (!has(world, name)) return false
    world.swarm.removeService(name)
    return true
  },
  scale: (world, { name, replicas }) => {
    if (!has(world, name) || world.swarm.service(name).Spec.Mode?.Global !== undefined) return false
    world.swarm.scale(name, replicas)
    return true
  },
  update: (world, { name, order, parallelism }) =>
    change(world, name, {
      image: `tidegate/app:${performance.now().toFixed(0)}`,
      update: { order, parallelism },
    }),
  crash: ({ swarm, ...world }, { name, nth }) => {
    const tasks = has({ swarm }, name) ? swarm.runningTasksOf(name) : []
    const task = tasks[nth % tasks.length]
    if (task === undefined) return false
    world.write(`  task ${task.ID} dies`)
    swarm.killTask(task.ID)
    return true
  },
  label: (world, { name, label, value }) => change(world, name, { labels: { [label]: value } }),
  networks: (world, { name, networks }) => change(world, name, { networks }),
  node: changeNode,
  engine: (world, { fault, path, forMs }) => {
    beginFault(world, fault, path)
    setTimeout(() => endFault(world), forMs)
    return true
  },
  events: ({ swarm, sight }, { to }) => {
    if (to === 'silence') {
      swarm.silenceEvents()
      sight.eventsFail()
    } else {
      if (to === 'sound') swarm.resumeEvents()
      else swarm.breakEvents()
      sight.eventsReturn()
    }
    return true
  },
  kill: killHaproxy,
  agent: async (world, { to }) => {
    if ((world.edge() === undefined) === (to === 'leave')) return false
    await (to === 'leave' ? world.leave() : world.enter())
    return true
  },
  disturb,
  certificate: async ({ certificates }, { file, content }) => {
    await certificates.put(file, content)
    return true
  },
  'foreign-reload': async (world) => {
    const master = world.live.socketPath.replace('worker.sock', 'master.sock')
    world.sight.isMisled(mendMs)
    const said = await exchange(master, 'reload\n', 10_000).catch((error: unknown) => String(error))
    world.write(`  foreign reload: ${said.split('\n')[0]}`)
    world.sight.isMisled(mendMs)
    world.upset()
    return said.startsWith('Success=1')
  },
  // Whoever plays the history rests, and judges.
  rest: () => true,
}

function has({ swarm }: Pick<World, 'swarm'>, name: string): boolean {
  return swarm.store.list('service').some((service) => service.Spec.Name === name)
}

function change(world: World, name: string, patch: ServiceDefinition): boolean {
  if (!has(world, name)) return false
  world.swarm.updateService(name, patch)
  return true
}

function definitionOf({ hosts, path, isDefault, mode, replicas, networks, endpointMode }: Deployment) {
  return {
    ...(replicas === 'global' ? { global: true } : { replicas }),
    networks,
    endpointMode,
    labels: {
      'com.docker.lb.hosts': hosts.join(','),
      'com.docker.lb.port': '8080',
      'com.docker.lb.backend_mode': mode,
      ...(path === '' ? {} : { 'com.docker.lb.context_root': path }),
      ...(isDefault ? { 'com.docker.lb.default_backend': 'true' } : {}),
    },
  } satisfies ServiceDefinition
}

function changeNode({ swarm, lostNodes }: World, { node, to }: Of<'node'>): boolean {
  if (to === 'drain' || to === 'active') {
    swarm.setAvailability(node, to)
    return true
  }
  if (lostNodes.has(node) === (to === 'lost')) return false
  if (to === 'lost') {
    lostNodes.add(node)
    swarm.loseNode(node)
  } else {
    lostNodes.delete(node)
    swarm.reviveNode(node)
  }
  return true
}

/** Late answers and missing elements may still bring news; of the others nothing true comes. */
const dimming: readonly EngineFault[] = ['slow', 'empty-list']

function beginFault({ swarm, sight }: World, kind: EngineFault, path: string | undefined): void {
  endFaultOf(swarm)
  if (kind === 'not-manager') swarm.setRole('worker')
  else {
    const fault: Fault = {
      kind,
      delayMs: 200,
      ...(path === undefined ? {} : { path: new RegExp(`^${path}$`) }),
    }
    swarm.faults.set(fault)
  }
  sight.faultBegins(dimming.includes(kind) ? 'dim' : 'blind')
}

function endFault({ swarm, sight }: World): void {
  endFaultOf(swarm)
  sight.faultEnds()
}

function endFaultOf(swarm: World['swarm']): void {
  swarm.faults.clear()
  swarm.setRole('manager')
}

async function killHaproxy(world: World, { who }: Of<'kill'>): Promise<boolean> {
  const live = await readLiveState(world.live).catch(() => undefined)
  const pids = await haproxyProcesses(world.runDir)
  if (live === undefined) return false
  const pid = who === 'worker' ? live.pid : Math.min(...pids)
  world.write(`  kills ${pid} of ${pids.join(', ')}`)
  process.kill(pid, 'SIGKILL')
  world.killsMs.push(performance.now())
  return true
}

/** What an operator's hand might do on the runtime socket; never to the anchor. */
async function disturb(world: World, { how, nth }: Of<'disturb'>): Promise<boolean> {
  const live = await readLiveState(world.live).catch(() => undefined)
  const command = live === undefined ? undefined : disturbance(world, live, how, nth)
  if (command === undefined) return false
  world.monitor.excuse(mendMs)
  const said = await exchange(world.live.socketPath, `${command}\n`).catch((error: unknown) => String(error))
  world.write(`  a hand: ${command} ${said.trim()}`)
  world.monitor.excuse(mendMs)
  world.upset()
  return true
}

function disturbance(
  { live: { routesMap } }: World,
  live: LiveState,
  how: Of<'disturb'>['how'],
  nth: number,
): string | undefined {
  const servers = [...live.backends].flatMap(([backend, all]) =>
    backend === anchor.host ? [] : [...all.keys()].map((server) => `${backend}/${server}`),
  )
  const routes = [...live.routes.keys()].filter((route) => !route.startsWith(anchor.host))
  const server = servers[nth % servers.length]
  const route = routes[nth % routes.length]
  switch (how) {
    case 'maint':
      return server === undefined ? undefined : `set server ${server} state maint`
    case 'weight':
      return server === undefined ? undefined : `set server ${server} weight 0`
    case 'del-map':
      return route === undefined ? undefined : `del map ${routesMap} ${route}`
    case 'set-map':
      return route === undefined ? undefined : `set map ${routesMap} ${route} ${anchor.host}`
  }
}
