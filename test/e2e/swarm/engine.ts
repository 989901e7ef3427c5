// One engine (dockerd) of a test bed: started, told to stop, or ended as a loss of power does.
// Owns its process and its options. Refuses images and the Swarm (images.ts, swarm.ts).

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import { removeCgroup } from './cgroups.ts'
import { askEngine } from './engine-api.ts'
import { launch } from './launch.ts'
import type { EngineLayout } from './layout.ts'
import { inNamespace } from './network.ts'

const script = join(import.meta.dirname, 'start-engine.sh')

/** Starts an engine and waits until it answers; its error log is in the failure where it does not. */
export async function startEngine(engine: EngineLayout): Promise<void> {
  await mkdir(engine.runDir, { recursive: true })
  // A file of its own: the machine's daemon.json is for another engine.
  await writeFile(configFileOf(engine), '{}\n')
  const { namespace } = engine
  const isolated = ['unshare', '--mount', '--uts', '--propagation', 'slave', '/bin/sh', script]
  const command = [...isolated, engine.name, engine.runDir, 'dockerd', ...optionsOf(engine)]
  const child = await launch({
    cgroup: join(engine.cgroup, 'engine'),
    command: namespace === undefined ? command : inNamespace(namespace, command),
    output: { file: engine.logFile },
  })
  await eventually(
    async () => {
      if (child.exitCode === null) return askEngine(engine.socket, '/_ping')
      const log = await readFile(engine.logFile, 'utf8')
      return Promise.reject(new Error(`dockerd ended: ${log.trim().split('\n').slice(-5).join('\n')}`))
    },
    { timeoutMs: 60_000, intervalMs: 50 },
  )
}

function optionsOf(engine: EngineLayout): readonly string[] {
  return [
    `--config-file=${configFileOf(engine)}`,
    `--host=unix://${engine.socket}`,
    // Where containers of this node look for it, as the stack file's edge does.
    '--host=unix:///run/docker.sock',
    `--data-root=${engine.dataRoot}`,
    `--exec-root=${engine.execRoot}`,
    `--pidfile=${pidFileOf(engine)}`,
    `--cgroup-parent=/${engine.cgroup}/containers`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    '--storage-driver=overlay2',
    '--log-level=warn',
    // In the machine's own network an engine must leave no bridge, no rules and no setting behind.
    ...(engine.namespace === undefined
      ? ['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false']
      : []),
  ]
}

/** The engine's process id, undefined while it does not run. */
export async function engineProcess(engine: EngineLayout): Promise<number | undefined> {
  const pid = Number(await readFile(pidFileOf(engine), 'utf8').catch(() => ''))
  return pid > 0 && (await isAlive(pid)) ? pid : undefined
}

/** Tells an engine to stop, which stops its containers first; what is still there after `timeoutMs` is ended. */
export async function stopEngine(engine: EngineLayout, timeoutMs = 60_000): Promise<void> {
  const pid = await engineProcess(engine)
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM')
    await eventually(async () => !(await isAlive(pid)), { timeoutMs, intervalMs: 50 })
  }
  await powerOff(engine)
}

/** Ends the engine and all of its containers at once, with no word to anyone. */
export async function powerOff(engine: EngineLayout): Promise<void> {
  await removeCgroup(engine.cgroup)
  // A file of a process that is gone would keep the next engine from starting, once the number is used again.
  await rm(pidFileOf(engine), { force: true })
  await rm(engine.socket, { force: true })
}

function pidFileOf(engine: EngineLayout): string {
  return join(engine.runDir, 'dockerd.pid')
}

function configFileOf(engine: EngineLayout): string {
  return join(engine.runDir, 'daemon.json')
}

async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // A zombie has ended; it only waits for its parent to notice.
  return status !== undefined && !/\) Z /.test(status)
}
