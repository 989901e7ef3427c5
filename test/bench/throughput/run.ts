// The bench `throughput`: requests per second through what the agent renders, and through configurations by hand.
// Owns the rounds. All variants run the whole time, one is loaded at a time, and rounds go through all of them in turn,
// so that whatever else the machine does meets them alike.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../support/edge.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { Bench } from '../bench.ts'
import { hostOf } from '../engine/commands.ts'
import { takenHere } from '../machine.ts'
import { cpuUs } from '../proc.ts'
import type { ThroughputResult, Variant } from '../results.ts'
import { configName, upstreamConfig, type VariantSpec, variants } from './configs.ts'
import { startPlain } from './haproxy.ts'
import { ensureWrk, load } from './wrk.ts'

const hostCount = 1000
const serversPerHost = 2
const connections = 32

type Subject = {
  readonly spec: VariantSpec
  readonly port: number
  readonly pid: number
  readonly rounds: Round[]
}
type Round = { readonly requestsPerS: number; readonly cpuUsPerRequest: number; readonly p99Ms: number }

export async function runThroughput(bench: Bench): Promise<ThroughputResult> {
  ensureWrk(bench.say)
  const taken = takenHere(bench.haproxy)
  const [rounds, roundS] = bench.isQuick ? [2, 2] : [7, 4]
  const hosts = Array.from({ length: hostCount }, (_, index) => hostOf(index))
  await using dir = await tempDir('tgb-')
  await using running = createKeep()
  const upstreams = [await freePort(), await freePort()]
  const [upstream = 0] = upstreams
  const upstreamFiles = new Map([[configName, upstreamConfig(upstreams)]])
  running.keep(await startPlain(bench.haproxy, dir.path, upstreamFiles, { port: upstream, host: 'any' }))
  const subjects: Subject[] = []
  for (const spec of variants) {
    const place = { dir: join(dir.path, spec.kind), port: await freePort(), hosts, upstreams }
    await mkdir(place.dir)
    const started = await startPlain(bench.haproxy, place.dir, spec.files(place), {
      port: place.port,
      host: hostOf(hostCount - 1),
    })
    subjects.push({ spec, port: place.port, pid: running.keep(started).pid, rounds: [] })
  }
  for (let round = 1; round <= rounds; round += 1) {
    bench.say(`throughput: round ${round} of ${rounds}`)
    for (const subject of subjects) subject.rounds.push(await measureRound(subject, roundS))
  }
  return { taken, hosts: hostCount, serversPerHost, connections, roundS, variants: subjects.map(resultOf) }
}

/** Node 20 has no AsyncDisposableStack. */
function createKeep(): AsyncDisposable & { readonly keep: <T extends AsyncDisposable>(resource: T) => T } {
  const kept: AsyncDisposable[] = []
  return {
    keep: (resource) => {
      kept.push(resource)
      return resource
    },
    [Symbol.asyncDispose]: async () => {
      for (const resource of kept.toReversed()) await resource[Symbol.asyncDispose]()
    },
  }
}

/** HAProxy closes idle connections to servers after some seconds: they are opened again before a round counts. */
const warmUpS = 1

async function measureRound({ port, pid }: Subject, durationS: number): Promise<Round> {
  await load({ port, hosts: hostCount, connections, durationS: warmUpS })
  const before = cpuUs(pid)
  const { requests, durationUs, p99Us } = await load({ port, hosts: hostCount, connections, durationS })
  return {
    requestsPerS: requests / (durationUs / 1e6),
    cpuUsPerRequest: (cpuUs(pid) - before) / requests,
    p99Ms: p99Us / 1000,
  }
}

function resultOf({ spec, rounds }: Subject): Variant {
  return {
    name: spec.kind,
    what: spec.what,
    requestsPerS: rounds.map(({ requestsPerS }) => requestsPerS),
    cpuUsPerRequest: rounds.map(({ cpuUsPerRequest }) => cpuUsPerRequest),
    p99Ms: rounds.map(({ p99Ms }) => p99Ms),
  }
}
