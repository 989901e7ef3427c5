// The HAProxy of a program that is not the agent: a master and a worker, started from one file and reloaded by the master's socket.
// Owns the process, which ends with the program. Refuses to write the configuration.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { waitForHaproxy } from '../../../../agent/haproxy/launch.ts'
import { reload } from '../../../../agent/haproxy/master.ts'
import { readPids } from '../haproxy.ts'

export type PlainHaproxy = {
  readonly workerSocket: string
  /** Resolves when a new worker answers on the runtime socket. */
  readonly reload: () => Promise<void>
}

const startTimeoutMs = 15_000
const reloadTimeoutMs = 30_000

export async function startPlainHaproxy(binary: string, runDir: string): Promise<PlainHaproxy> {
  const [workerSocket, masterSocket] = [`${runDir}/worker.sock`, `${runDir}/master.sock`]
  // A group of its own: whoever ends it ends old workers as well.
  const log = openSync(`${runDir}/haproxy.log`, 'w')
  const child = spawn(binary, ['-W', '-S', masterSocket, '-f', `${runDir}/haproxy.cfg`], {
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  endWithParent(child)
  await waitForHaproxy({ workerSocket, masterSocket }, startTimeoutMs, AbortSignal.timeout(startTimeoutMs))
  return {
    workerSocket,
    reload: async () => {
      const before = await readPids(workerSocket)
      const signal = AbortSignal.timeout(reloadTimeoutMs)
      const verdict = await reload({ socketPath: masterSocket, timeoutMs: reloadTimeoutMs }, signal)
      if (!verdict.done) throw new Error(`HAProxy refused to reload: ${verdict.log.join('; ')}`)
      while ((await readPids(workerSocket)).worker === before.worker) signal.throwIfAborted()
    },
  }
}

/** The bench's end is the program's, and the program's is HAProxy's. */
function endWithParent(child: ChildProcess): void {
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
    process.exit(0)
  }
  process.once('disconnect', end)
  process.once('SIGTERM', end)
}
