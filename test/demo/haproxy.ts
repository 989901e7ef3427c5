// What the demo asks of HAProxy itself, beside the agent.
// Owns one question and the last resort. Refuses changes: those are the agent's.

import { showProcesses } from '../../agent/haproxy/master.ts'
import { identify, killGroup } from '../../agent/haproxy/pid.ts'
import { createRuntime } from '../../agent/haproxy/runtime.ts'

const timeoutMs = 2000

/**
 * How many requests of a backend met a server that did not answer, and were tried again, since the last reload.
 * Read from `show stat` (management guide, section 9.1: wretr and wredis).
 */
export async function triedAgain(
  workerSocket: string,
  backend: string,
  signal: AbortSignal,
): Promise<number> {
  await using runtime = createRuntime({ socketPath: workerSocket, timeoutMs })
  const [reply = ''] = await runtime.send([`show stat ${backend} 2 -1`], signal)
  const [header = '', row = ''] = reply.split('\n')
  const columns = header.replace(/^# /, '').split(',')
  const values = row.split(',')
  return ['wretr', 'wredis'].reduce((sum, column) => sum + Number(values[columns.indexOf(column)]), 0)
}

/** Kills the HAProxy behind a master socket, if there is one: between two agents it is in nobody's hands. */
export async function endHaproxy(masterSocket: string): Promise<void> {
  const processes = showProcesses({ socketPath: masterSocket, timeoutMs }, AbortSignal.timeout(timeoutMs))
  const pid = await processes.then(({ master }) => master.pid).catch(() => undefined)
  const identity = pid === undefined ? undefined : await identify(pid)
  if (identity !== undefined) await killGroup(identity)
}
