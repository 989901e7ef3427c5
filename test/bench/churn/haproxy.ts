// A contender's HAProxy, asked on its runtime socket and found in /proc.
// Owns the reading of servers and processes. Refuses commands that change anything.

import { readdir, readFile } from 'node:fs/promises'
import { exchange } from '../../support/live-state.ts'

/** `service.slot.taskid` of each server that is given connections, as far as whoever commands HAProxy goes: health is not asked. */
export type OpenServers = ReadonlySet<string>

/** The bits of `srv_admin_state` that keep traffic away; 4 says only what the configuration began with. */
const awayBits = 0x01 | 0x02 | 0x20 | 0x08 | 0x10

/** The servers that are open, of these backends or of all. */
export async function readOpenServers(
  socketPath: string,
  backends?: readonly string[],
): Promise<OpenServers> {
  const question =
    backends === undefined
      ? 'show servers state'
      : backends.map((backend) => `show servers state ${backend}`).join(';')
  return parseOpenServers(await exchange(socketPath, `${question}\n`))
}

/** Reads one or more replies to `show servers state` (management guide, section 9.3). */
export function parseOpenServers(text: string): OpenServers {
  const open = new Set<string>()
  let columns: readonly string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) columns = line.slice(2).split(' ')
    const values = line.split(' ')
    if (line.startsWith('#') || values.length < columns.length || columns.length === 0) continue
    const field = (name: string) => values[columns.indexOf(name)] ?? ''
    const isAway = (Number(field('srv_admin_state')) & awayBits) !== 0
    if (!isAway) open.add(field('srv_name'))
  }
  return open
}

export type Pids = { readonly master: number; readonly worker: number }

/** The processes behind a runtime socket, by the worker's own word. Rejects where nobody answers. */
export async function readPids(socketPath: string): Promise<Pids> {
  const worker = Number(/^Pid: (\d+)$/m.exec(await exchange(socketPath, 'show info\n'))?.[1])
  const master = Number(/^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${worker}/status`, 'utf8'))?.[1])
  return { master, worker }
}

/** The master's workers, old ones included. */
export async function workersOf(master: number): Promise<readonly number[]> {
  const listed = await readFile(`/proc/${master}/task/${master}/children`, 'utf8')
  return listed.trim().split(' ').filter(Boolean).map(Number)
}

/** How many files a process has open. */
export async function descriptorsOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

/** Ends HAProxy at once, old workers and all: it is a group of its own. Does nothing where it is gone. */
export function killHaproxy({ master }: Pick<Pids, 'master'>): void {
  try {
    process.kill(-master, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
