// What the kernel knows of a process: CPU time and memory.
// Owns the two files of /proc that are read. Linux only, as all of Tidegate.

import { readdirSync, readFileSync } from 'node:fs'

export type Memory = {
  /** Resident now. */
  readonly rssMb: number
  /** The most that ever was. */
  readonly peakMb: number
}

/** CPU time that a process's living threads have used, in microseconds (proc(5), `/proc/pid/task/tid/schedstat`). */
export function cpuUs(pid: number): number {
  let totalNs = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) totalNs += threadNs(pid, thread)
  return totalNs / 1000
}

function threadNs(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0])
  } catch {
    // A thread that ended since the folder was read.
    return 0
  }
}

/** A process's memory, in megabytes of 10^6 bytes (proc(5), `/proc/pid/status`). */
export function memory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024) / 1e6
  return { rssMb: field('VmRSS'), peakMb: field('VmHWM') }
}
