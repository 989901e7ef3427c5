// The program of a peer's way: list, render, and reload if the file is another.
// It hears by polling, or of each commit by the watch, which is sooner than any peer does. One reload at a time.

import { writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { createDocker } from '../../../../agent/docker/docker.ts'
import { callWatch } from '../../../../agent/swarm/watch/call.ts'
import { readTrustRoot } from '../../../../agent/swarm/watch/trust-root.ts'
import { listBackends } from './engine-lists.ts'
import { peerConfig } from './haproxy-config.ts'
import { peerOptions } from './peer-options.ts'
import { startPlainHaproxy } from './plain-haproxy.ts'
import { tell } from './tell.ts'

const options = peerOptions.parse(JSON.parse(process.argv[2] ?? ''))
const configFile = `${options.runDir}/haproxy.cfg`

let config = await render()
await writeFile(configFile, config)
const haproxy = await startPlainHaproxy(options.haproxy, options.runDir)
tell('haproxy started')
await (options.way.kind === 'poll' ? poll(options.way.everyMs) : follow())

async function render(): Promise<string> {
  return peerConfig(options, await listBackends(options.engine))
}

async function heed(): Promise<void> {
  const next = await render()
  if (next === config) return
  config = next
  await writeFile(configFile, config)
  await haproxy.reload()
  tell('haproxy reloaded')
}

async function poll(everyMs: number): Promise<never> {
  for (let dueMs = performance.now(); ; dueMs += everyMs) {
    await wait(Math.max(0, dueMs - performance.now()))
    await heed()
  }
}

/** Commits that come while one is being heeded are heeded together afterwards. */
async function follow(): Promise<void> {
  const { engine, swarmSocket } = options
  const signal = new AbortController().signal
  const docker = createDocker({
    endpoint: { kind: 'unix', socketPath: engine },
    deadlineMs: 5000,
    listBytesMax: 1024 ** 2,
  })
  const trustRoot = await readTrustRoot(docker, signal)
  let isWanted = false
  let isWorking = false
  const work = async () => {
    isWorking = true
    while (isWanted) {
      isWanted = false
      await heed()
    }
    isWorking = false
  }
  const kinds = ['task', 'service']
  for await (const _message of callWatch({ socketPath: swarmSocket, trustRoot, kinds }, signal)) {
    isWanted = true
    if (!isWorking) void work()
  }
}
