// The program of the guest: the document's VIP example on the stack as it ships, then scale and update under traffic.
// Owns what is done, in which order, and what is looked at. Refuses to judge what it sees (vip-ipvs.test.ts does).

import { readFile } from 'node:fs/promises'
import { release } from 'node:os'
import { performance } from 'node:perf_hooks'
import { ask } from '../../support/client.ts'
import { eventually } from '../../support/eventually.ts'
import { run } from '../swarm/run.ts'
import { readBalancing } from './ipvs.ts'
import { type PatientTraffic, startPatientTraffic } from './patient-traffic.ts'
import type { Balancing, Result } from './results.ts'

/** For what takes Swarm a second on a machine that is not emulated. */
const patiently = { timeoutMs: 300_000, intervalMs: 500 }

const service = 'demo'
const host = 'demo.local'
const failuresMax = 20

type Network = { readonly id: string; readonly vip: string }

const docker = async (...args: readonly string[]) =>
  (await run('docker', args, { timeoutMs: 300_000 })).trimEnd()
const get = (path: string) => ask({ port: 80, host, path, timeoutMs: 20_000 })
const report = (result: Result) => process.stdout.write(`${JSON.stringify(result)}\n`)
const say = (line: string) => process.stderr.write(`scenario: ${line}\n`)

async function foundSwarm(): Promise<void> {
  await eventually(() => docker('version'), patiently)
  await docker('swarm', 'init', '--advertise-addr', '198.18.0.11')
  const [ipvs = ''] = (await readFile('/proc/net/ip_vs', 'utf8')).split('\n')
  const engine = await docker('version', '--format', '{{.Server.Version}}')
  report({ step: 'platform', kernel: release(), engine, ipvs })
}

async function deployEdge(): Promise<void> {
  say('deploying the stack')
  const files = ['-c', '/scenario/stack.yml', '-c', '/scenario/emulated.yml']
  await docker('stack', 'deploy', '--detach', '--resolve-image', 'never', ...files, 'edge')
  await eventually(async () => (await get('/')).status === 503, patiently)
}

/** As in the document, but for the pull. */
async function createService(): Promise<void> {
  say('creating the service')
  await docker('network', 'create', '-d', 'overlay', 'demo')
  await docker(
    ...['service', 'create', '--name', service, '--network', 'demo', '--detach=false', '--replicas=4'],
    ...['--label', 'com.docker.lb.hosts=demo.local', '--label', 'com.docker.lb.port=8080'],
    ...['--label', 'com.docker.lb.backend_mode=vip', '--env', 'METADATA=demo-vip-1'],
    ...['--no-resolve-image', '--quiet', 'mirantiseng/docker-demo'],
  )
  // The edge attaches itself to the network: its only task here is replaced for that.
  await eventually(async () => (await get('/ping')).status === 200, patiently)
  await eventually(async () => (await instances(8)).length === 4, patiently)
}

async function reportExample(): Promise<Network> {
  const { status, headers, body } = await get('/ping')
  const networkId = await docker('network', 'inspect', '--format', '{{.Id}}', 'demo')
  const virtualIps = JSON.parse(
    await docker('service', 'inspect', '--format', '{{json .Endpoint.VirtualIPs}}', service),
  )
  const vip = String(virtualIps[0]?.Addr).replace(/\/\d+$/, '')
  const answering = await instances(12)
  const balancing = await readBalancing(networkId, vip)
  const known = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  report({
    step: 'example',
    status,
    headers: Object.fromEntries(known),
    body,
    networkId,
    virtualIps,
    balancing,
    instances: [...answering],
  })
  return { id: networkId, vip }
}

const instances = (count: number) => distinct('instance', count)

/** The values of a field in the answers to `count` requests, each on a connection of its own. */
async function distinct(field: string, count: number): Promise<readonly string[]> {
  const values = new Set<string>()
  for (let turn = 0; turn < count; turn += 1) {
    const answer: unknown = JSON.parse((await get('/')).body)
    const value = Object.entries(Object(answer)).find(([name]) => name === field)?.[1]
    values.add(String(value))
  }
  return [...values].toSorted()
}

const edgeContainer = () =>
  docker('ps', '--quiet', '--filter', 'label=com.docker.swarm.service.name=edge_edge')

type Edge = { readonly reloads: number; readonly liveChanges: number; readonly worker: string }

/** What the edge has done in the life of its present task. */
async function lookAtEdge(): Promise<Edge> {
  const id = await edgeContainer()
  const lines = (await docker('logs', id)).split('\n')
  const logged = (message: string) => lines.filter((line) => line.includes(`"msg":"${message}"`)).length
  const asked = ['/opt/tidegate/haproxy/ask.pl', '/run/tidegate/sockets/worker.sock', 'show info']
  const info = await docker('exec', id, ...asked)
  const worker = `${id} ${/^Pid: (\d+)$/m.exec(info)?.[1]} ${/^Start_time_sec: (\d+)$/m.exec(info)?.[1]}`
  return { reloads: logged('haproxy reloaded'), liveChanges: logged('change applied live'), worker }
}

async function plan(): Promise<string> {
  const id = await edgeContainer()
  return eventually(async () => {
    const said = await docker('exec', id, 'tidegate', 'plan')
    return /^nothing/m.test(said) ? said : undefined
  }, patiently)
}

/** The running tasks' images, once there are as many as wanted and what was to end has ended. */
async function imagesAtRest(replicas: number): Promise<readonly string[]> {
  const filter = ['--filter', `label=com.docker.swarm.service.name=${service}`]
  return eventually(async () => {
    const images = (await docker('ps', ...filter, '--format', '{{.Image}}')).split('\n')
    return images.length === replicas ? images : undefined
  }, patiently)
}

type ChangePlan = {
  readonly name: string
  readonly command: readonly string[]
  readonly replicas: number
}

async function change(
  { name, command, replicas }: ChangePlan,
  network: Network,
  traffic: PatientTraffic,
): Promise<void> {
  say(name)
  const before = await lookAtEdge()
  const startedMs = performance.now()
  const { answered, failures } = await traffic.during(async () => {
    await docker(...command)
    await imagesAtRest(replicas)
  })
  const elapsedMs = Math.round(performance.now() - startedMs)
  const said = await plan()
  const after = await lookAtEdge()
  report({
    step: 'change',
    name,
    elapsedMs,
    answered: { ...answered },
    failed: failures.length,
    failures: failures.slice(0, failuresMax).map(({ method, kept, what, atMs }) => {
      return { method, kept, what, afterMs: Math.round(atMs - startedMs) }
    }),
    reloads: after.reloads - before.reloads,
    liveChanges: after.liveChanges - before.liveChanges,
    isNewWorker: after.worker !== before.worker,
    plan: said,
    images: [...(await imagesAtRest(replicas))],
    versions: [...(await distinct('version', 8))],
    balancing: await balancingAtRest(network, replicas),
  })
}

/** IP_VS forgets a task a moment after its end. */
async function balancingAtRest({ id, vip }: Network, replicas: number): Promise<Balancing> {
  return eventually(async () => {
    const balancing = await readBalancing(id, vip)
    return balancing.servers.length === replicas ? balancing : undefined
  }, patiently)
}

/** Swarm counts a task as there before its program listens, and in emulation that takes many seconds: it is given a minute. */
const update = (...options: readonly string[]) => [
  ...['service', 'update', '--no-resolve-image', '--detach=false', '--quiet'],
  ...['--update-delay', '60s', '--update-monitor', '1s'],
  ...options,
  service,
]

const changes: readonly ChangePlan[] = [
  {
    name: 'scale from 4 to 6',
    command: ['service', 'scale', '--detach=false', `${service}=6`],
    replicas: 6,
  },
  {
    name: 'scale from 6 to 2',
    command: ['service', 'scale', '--detach=false', `${service}=2`],
    replicas: 2,
  },
  {
    name: 'new image, start-first',
    command: update('--update-order', 'start-first', '--image', 'localhost:5000/tidegate-app:1'),
    replicas: 2,
  },
  {
    name: 'new image, stop-first',
    command: update('--update-order', 'stop-first', '--image', 'localhost:5000/tidegate-app:2'),
    replicas: 2,
  },
]

async function scenario(): Promise<void> {
  await foundSwarm()
  await deployEdge()
  await createService()
  const network = await reportExample()
  await using traffic = startPatientTraffic({
    host,
    clients: 4,
    pauseMs: 500,
    timeoutMs: 30_000,
    maxMs: 1_200_000,
  })
  for (const each of changes) await change(each, network, traffic)
}

/** What somebody who looks for the reason would ask first. */
async function diagnosis(): Promise<string> {
  const questions = [
    ['docker', 'node', 'ls'],
    ['docker', 'service', 'ls'],
    ['docker', 'service', 'ps', '--no-trunc', 'edge_edge'],
    ['docker', 'service', 'ps', '--no-trunc', service],
    ['docker', 'service', 'logs', '--tail', '40', 'edge_edge'],
    ['tail', '-n', '40', '/run/dockerd.log'],
  ]
  const answers: string[] = []
  for (const [file = '', ...args] of questions) {
    answers.push(
      `$ ${[file, ...args].join(' ')}\n${await run(file, args, { timeoutMs: 20_000 }).catch(String)}`,
    )
  }
  return answers.join('\n')
}

try {
  await scenario()
  report({ step: 'done', elapsedMs: Math.round(performance.now()) })
} catch (error) {
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
  report({ step: 'failed', why, diagnosis: await diagnosis() })
}
process.exit()
