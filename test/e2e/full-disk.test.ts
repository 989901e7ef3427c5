// A run folder on a disk that fills up: what can be done without files is done, and the rest once there is room again.
// Mounts a small file system of its own, which takes root.

import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { ask } from '../support/client.ts'
import { startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { watchRest } from '../support/rest.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startTraffic } from '../support/traffic.ts'

const run = promisify(execFile)
const labels = (host: string) => ({ 'com.docker.lb.hosts': host, 'com.docker.lb.port': '8080' })

/** A folder with room for the files and little more. */
async function smallDisk(path: string): Promise<AsyncDisposable> {
  await mkdir(path)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=755', 'tmpfs', path])
  return {
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['--lazy', path])
    },
  }
}

it('a full disk: live changes go on, a deploy waits for room, and no request is lost', async () => {
  await using dir = await tempDir()
  await using swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
  })
  await swarm.createNetwork('demo')
  swarm.createService({ name: 'shop', replicas: 2, networks: ['demo'], labels: labels('shop.local') })
  await swarm.waitFor('shop', 2)
  const runDir = join(dir.path, 'run')
  await using _disk = await smallDisk(runDir)
  await using edge = await startEdge({ engine: swarm.socketPath, runDir })
  using rest = watchRest(swarm)
  await rest.of(edge)
  await using traffic = startTraffic({ port: edge.port, hosts: ['shop.local'], clients: 6 })

  const filler = join(runDir, 'filler')
  await expect(writeFile(filler, Buffer.alloc(2_000_000))).rejects.toMatchObject({ code: 'ENOSPC' })
  const serversUp = () => edge.status().observed?.backends.get('shop.local')?.servers.size
  swarm.scale('shop', 5)
  await eventually(() => serversUp() === 5, { timeoutMs: 20_000 })
  swarm.createService({ name: 'late', replicas: 1, networks: ['demo'], labels: labels('late.local') })
  const told = () => edge.told.troubles.map(({ code }) => code)
  await eventually(() => told().includes('files-unwritable'), { timeoutMs: 20_000 })
  expect(edge.told.troubles.find(({ code }) => code === 'files-unwritable')?.message).toContain(
    'no space left',
  )
  expect((await ask({ port: edge.port, host: 'late.local' })).status).toBe(503)

  await rm(filler)
  await rest.of(edge, 60_000)
  expect((await ask({ port: edge.port, host: 'late.local' })).status).toBe(200)
  expect((await traffic.stop()).failures).toEqual([])
})
