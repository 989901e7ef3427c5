// The load: wrk, a client that keeps its connections.
// Owns its command line and its report. Everything it asks is on loopback, and it ends by itself.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

export type Load = {
  readonly port: number
  readonly hosts: number
  readonly connections: number
  readonly durationS: number
}

const report = z.object({
  requests: z.number(),
  durationUs: z.number(),
  p99Us: z.number(),
  failed: z.number(),
})
export type LoadReport = z.infer<typeof report>

const script = join(import.meta.dirname, 'spread.lua')

/** Installs wrk where it is missing and this is root on Debian or Ubuntu, and says so before. Throws where it cannot be had. */
export function ensureWrk(say: (text: string) => void): void {
  if (isThere()) return
  if (process.getuid?.() === 0) {
    say('throughput: installing wrk, the load generator: apt-get install wrk')
    const options = { stdio: 'ignore', timeout: 300_000 } as const
    spawnSync('apt-get', ['update'], options)
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'wrk'], options)
  }
  if (!isThere()) throw new Error('wrk is missing; install it (Debian and Ubuntu: apt-get install wrk)')
}

function isThere(): boolean {
  return spawnSync('wrk', ['-v'], { stdio: 'ignore' }).error === undefined
}

/** Asks for so long. Throws where a single request failed: such a round says nothing about speed. */
export async function load({ port, hosts, connections, durationS }: Load): Promise<LoadReport> {
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${durationS}s`,
    '-s',
    script,
    `http://127.0.0.1:${port}`,
    '--',
    String(hosts),
  ]
  const child = spawn('wrk', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: durationS * 1000 + 30_000,
    killSignal: 'SIGKILL',
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const line = output.split('\n').find((each) => each.startsWith('{'))
  if (line === undefined) throw new Error(`wrk gave no report: ${output}`)
  const parsed = report.parse(JSON.parse(line))
  if (parsed.failed > 0) throw new Error(`${parsed.failed} of ${parsed.requests} requests failed`)
  return parsed
}
