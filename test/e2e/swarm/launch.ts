// Starts processes that outlive the call: each in a cgroup of the test bed, so that none can get lost.
// Owns how they are started. Refuses to end them: removing the cgroup does (cgroups.ts).

import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { makeCgroup } from './cgroups.ts'

export type Launch = {
  readonly cgroup: string
  /** Program and arguments. */
  readonly command: readonly string[]
  /** A file: output is appended and the process outlives this one. `pipe`: the caller talks to it. */
  readonly output: 'pipe' | { readonly file: string }
  readonly cwd?: string
}

/** The environment of an engine: a proxy or a remote engine of the caller's must not reach it. */
const bareEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' }

/** Starts a process inside its cgroup, from its first instruction on. */
export async function launch({ cgroup, command, output, cwd }: Launch): Promise<ChildProcess> {
  const procs = await makeCgroup(cgroup)
  const inCgroup = ['-c', 'echo $$ >"$0" && exec "$@"', procs, ...command]
  const common = { env: bareEnv, ...(cwd === undefined ? {} : { cwd }) }
  if (output === 'pipe') {
    return spawn('/bin/sh', inCgroup, { ...common, stdio: ['pipe', 'pipe', 'inherit'] })
  }
  const log = openSync(output.file, 'a')
  const child = spawn('/bin/sh', inCgroup, { ...common, detached: true, stdio: ['ignore', log, log] })
  child.unref()
  return child
}
