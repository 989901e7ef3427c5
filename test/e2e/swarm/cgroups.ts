// The cgroups of a test bed: every process that it starts is in one, so every process can be found and ended.
// Owns making, emptying and removing them, for cgroup v1, v2 and both at once. Refuses limits: it sets none.

import { mkdir, readdir, readFile, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'

const root = '/sys/fs/cgroup'

/** The root of each hierarchy: the one of cgroup v2, or one a controller. */
async function hierarchies(): Promise<readonly string[]> {
  if (await exists(join(root, 'cgroup.procs'))) return [root]
  const names = await readdir(root)
  const mounted = await Promise.all(
    names.map(async (name) => ((await exists(join(root, name, 'cgroup.procs'))) ? [join(root, name)] : [])),
  )
  return mounted.flat()
}

/** Makes a cgroup that processes can be put into; gives the file that their ids are written to. */
export async function makeCgroup(path: string): Promise<string> {
  const all = await hierarchies()
  // One hierarchy is enough to find a process again, and `pids` has nothing that must be set up first.
  const chosen = all.find((each) => each.endsWith('/pids')) ?? all[0]
  if (chosen === undefined) throw new Error(`no cgroups are mounted at ${root}`)
  const folder = join(chosen, path)
  await mkdir(folder, { recursive: true })
  return join(folder, 'cgroup.procs')
}

/** Ends every process in a cgroup and below at once, and removes it; nothing to do is fine. */
export async function removeCgroup(path: string): Promise<void> {
  const folders = (await hierarchies()).map((each) => join(each, path))
  await eventually(
    async () => {
      const processes = (await Promise.all(folders.map(processesIn))).flat()
      for (const pid of processes) kill(pid)
      if (processes.length > 0) throw new Error(`${processes.length} processes in ${path} live on`)
      await Promise.all(folders.map(removeTree))
      return true
    },
    { timeoutMs: 20_000, intervalMs: 20 },
  )
}

async function processesIn(folder: string): Promise<readonly number[]> {
  const own = (await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
  const below = await Promise.all((await foldersIn(folder)).map(processesIn))
  return [...own, ...below.flat()]
}

async function removeTree(folder: string): Promise<void> {
  for (const child of await foldersIn(folder)) await removeTree(child)
  if (await exists(folder)) await rmdir(folder)
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name))
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended between the look and the signal.
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
