// The bench `tls`: 2,000 certificates. What they add to the start, what the renewal of one costs, and handshakes a second.
// The agent is the built one. Handshakes are made by another HAProxy, since a client costs less than the server only if it is one.

import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { configView } from '../../../agent/core/view.ts'
import { configSettings } from '../../support/builders.ts'
import { freePort } from '../../support/edge.ts'
import { eventually } from '../../support/eventually.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { shakeHands } from '../../support/tls-client.ts'
import type { Bench } from '../bench.ts'
import { hostOf } from '../engine/commands.ts'
import { startEngine } from '../engine/engine.ts'
import { takenHere } from '../machine.ts'
import { cpuUs, memory } from '../proc.ts'
import type { TlsResult } from '../results.ts'
import { startAgent } from '../start/run.ts'
import { configName } from '../throughput/configs.ts'
import { startPlain } from '../throughput/haproxy.ts'
import { ensureWrk, load } from '../throughput/wrk.ts'
import { makeCertificates } from './certificates.ts'

const services = 1000
const connections = 32

export async function runTls(bench: Bench): Promise<TlsResult> {
  ensureWrk(bench.say)
  const taken = takenHere(bench.haproxy)
  const certificates = bench.isQuick ? 100 : 2000
  await using dir = await tempDir('tgb-')
  const folder = join(dir.path, 'certs')
  await mkdir(folder)
  bench.say(`tls: making ${certificates} certificates`)
  await makeCertificates(folder, names(certificates))
  const agent = await measureAgent(bench, dir.path, folder)
  const handshakes = await measureHandshakes(bench, dir.path, folder, certificates)
  return { taken, certificates, services, ...agent, ...handshakes }
}

const names = (howMany: number) => Array.from({ length: howMany }, (_, index) => hostOf(index))

type AgentFigures = Pick<
  TlsResult,
  | 'startWithoutMs'
  | 'startWithMs'
  | 'haproxyWithoutMb'
  | 'haproxyWithMb'
  | 'renewedMs'
  | 'renewalCpuMs'
  | 'commands'
>

async function measureAgent(bench: Bench, dir: string, folder: string): Promise<AgentFigures> {
  const [starts, renewals] = bench.isQuick ? [1, 3] : [5, 20]
  const socketPath = join(dir, 'engine.sock')
  bench.say(`tls: filling a Swarm with ${services} services`)
  await using _engine = await startEngine(bench.programs.engine, {
    socketPath,
    services,
    tasksPerService: 1,
    lastAnswers: true,
  })
  const figures: AgentFigures = {
    startWithoutMs: [],
    startWithMs: [],
    haproxyWithoutMb: 0,
    haproxyWithMb: 0,
    renewedMs: [],
    renewalCpuMs: [],
    commands: 6,
  }
  for (let start = 1; start <= starts; start += 1) {
    bench.say(`tls: start ${start} of ${starts}, without certificates and with`)
    const port = await freePort()
    const bind = { 'https-bind': `127.0.0.1:${port}` }
    {
      await using agent = await startAgent(bench, socketPath, join(dir, `without-${start}`), bind)
      figures.startWithoutMs.push(agent.firstAnswerMs)
      figures.haproxyWithoutMb = memory(agent.haproxyPid).rssMb
    }
    await using agent = await startAgent(bench, socketPath, join(dir, `with-${start}`), {
      ...bind,
      certificates: folder,
    })
    figures.startWithMs.push(agent.firstAnswerMs)
    figures.haproxyWithMb = memory(agent.haproxyPid).rssMb
    if (start === starts)
      await measureRenewals(bench, { agentPid: agent.pid, port, folder, renewals, figures })
  }
  return figures
}

type Renewing = {
  readonly agentPid: number
  readonly port: number
  readonly folder: string
  readonly renewals: number
  readonly figures: AgentFigures
}

/** From the file in place to the first handshake that shows it. */
async function measureRenewals(bench: Bench, given: Renewing): Promise<void> {
  const { agentPid, port, folder, renewals, figures } = given
  await eventually(async () => (await shakeHands(port, hostOf(0))).kind === 'shown', { timeoutMs: 30_000 })
  bench.say(`tls: ${renewals} renewals`)
  for (let renewal = 1; renewal <= renewals; renewal += 1) {
    const host = hostOf(renewal)
    const before = await shakeHands(port, host)
    const cpuBefore = cpuUs(agentPid)
    await makeCertificates(folder, [host], 90 + renewal)
    const startedMs = performance.now()
    await eventually(
      async () => {
        const now = await shakeHands(port, host)
        return now.kind === 'shown' && before.kind === 'shown' && now.fingerprint !== before.fingerprint
      },
      { timeoutMs: 30_000, intervalMs: 2 },
    )
    figures.renewedMs.push(performance.now() - startedMs)
    figures.renewalCpuMs.push((cpuUs(agentPid) - cpuBefore) / 1000)
  }
}

type HandshakeFigures = Pick<TlsResult, 'connections' | 'roundS' | 'handshakes'>

/** Each way of shaking hands in turn, against one server: full with one certificate, full with all of them, and resumed. */
async function measureHandshakes(
  bench: Bench,
  dir: string,
  folder: string,
  certificates: number,
): Promise<HandshakeFigures> {
  const [rounds, roundS] = bench.isQuick ? [1, 2] : [5, 5]
  const serverDir = join(dir, 'server')
  const [serverPort, plainPort] = [await freePort(), await freePort()]
  const server = serverFiles(serverDir, folder, await readdir(folder), serverPort, plainPort)
  bench.say(`tls: starting HAProxy with ${certificates} certificates`)
  await using edge = await startPlain(bench.haproxy, serverDir, server, { port: plainPort, host: 'any' })
  const ways = [
    { what: 'full, always the same name', hosts: 1, isResumed: false },
    { what: `full, ${certificates} names in turn`, hosts: certificates, isResumed: false },
    { what: 'resumed, always the same name', hosts: 1, isResumed: true },
  ]
  const handshakes: HandshakeFigures['handshakes'] = ways.map(({ what }) => ({ what, perS: [], cpuUs: [] }))
  for (let round = 1; round <= rounds; round += 1) {
    bench.say(`tls: handshakes, round ${round} of ${rounds}`)
    for (const [index, way] of ways.entries()) {
      const port = await freePort()
      const client = clientFiles(port, serverPort, way.isResumed)
      await using _client = await startPlain(bench.haproxy, join(dir, `client-${round}-${index}`), client, {
        port,
        host: hostOf(0),
      })
      const before = cpuUs(edge.pid)
      const { requests, durationUs } = await load({ port, hosts: way.hosts, connections, durationS: roundS })
      handshakes[index]?.perS.push(requests / (durationUs / 1e6))
      handshakes[index]?.cpuUs.push((cpuUs(edge.pid) - before) / requests)
    }
  }
  return { connections, roundS, handshakes }
}

/** A server that speaks TLS as the product does, and answers by itself: nothing but handshakes is measured. */
function serverFiles(
  dir: string,
  folder: string,
  files: readonly string[],
  port: number,
  plainPort: number,
): ReadonlyMap<string, string> {
  const list = join(dir, 'certificates.list')
  const { tls } = configView(configSettings({ certificatesList: list }), '', {
    passesThrough: false,
    defaultFile: undefined,
  })
  const lines = files
    .filter((file) => file.endsWith('.pem'))
    .map((file) => `${join(folder, file)} ${file.slice(0, -4)}\n`)
  const config = `global
    maxconn 4000
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
frontend http
    bind 127.0.0.1:${plainPort}
    bind 127.0.0.1:${port} ${tls?.keywords ?? ''}
    http-request return status 200 content-type text/plain string ok
`
  return new Map([
    [configName, config],
    ['certificates.list', lines.join('')],
  ])
}

/** A client of many connections: each request of wrk's is a new one to the server, with a handshake of its own. */
function clientFiles(port: number, serverPort: number, isResumed: boolean): ReadonlyMap<string, string> {
  const reuse = isResumed ? '' : ' no-ssl-reuse'
  const config = `global
    maxconn 4000
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    http-reuse never
listen client
    bind 127.0.0.1:${port}
    http-request set-header connection close
    server edge 127.0.0.1:${serverPort} ssl verify none sni req.hdr(host),host_only pool-max-conn 0${reuse}
`
  return new Map([[configName, config]])
}
