// Processes that may be no children of this one: whether they live, and how to end them.
// Owns the reading of /proc. Refuses a pid that was given to another process meanwhile.

import { readFile } from 'node:fs/promises'
import { rest } from './rest.ts'
import { errorCode } from './socket-error.ts'

/** One process for certain: the kernel gives pids again, but not with the same start time. */
export type Identity = {
  readonly pid: number
  /** In clock ticks since the machine started. */
  readonly startTime: string
  /** A leader's group is its own, and can be ended as a whole. */
  readonly isLeader: boolean
}

/**
 * Who has this pid now; undefined if nobody has, or a zombie.
 *
 *     8116 (haproxy) S 1 8116 8116 0 -1 …        (proc(5), /proc/pid/stat: the state is the 3rd, the start the 22nd)
 */
export async function identify(pid: number): Promise<Identity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name may hold spaces and parentheses; the last one closes it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = '', , group = ''] = fields
  const startTime = fields[19]
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined
  return { pid, startTime, isLeader: Number(group) === pid }
}

export async function isAlive(identity: Identity): Promise<boolean> {
  return (await identify(identity.pid))?.startTime === identity.startTime
}

/** Sends a signal to the process, if it is still there. @throws the system's error where that is forbidden */
export async function signalProcess(identity: Identity, name: NodeJS.Signals): Promise<void> {
  if (await isAlive(identity)) send(identity.pid, name)
}

/** Kills the process and what it started; the latter even when the process itself is gone. */
export async function killGroup(identity: Identity): Promise<void> {
  if (identity.isLeader) send(-identity.pid, 'SIGKILL')
  else await signalProcess(identity, 'SIGKILL')
}

function send(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** Rest between two looks at a process that is no child. */
const lookMs = 50

/** Resolves with true once the process is gone, or with false when the signal is aborted before. */
export async function waitForEnd(identity: Identity, signal: AbortSignal): Promise<boolean> {
  while (await isAlive(identity)) {
    if (signal.aborted) return false
    await rest(lookMs, signal)
  }
  return true
}
