// Which HAProxy processes belong to a run folder, as the kernel knows them.

import { readdir, readFile } from 'node:fs/promises'

/** Pids of the processes named haproxy whose command line names the folder: masters and workers alike. */
export async function haproxyProcesses(runDir: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      const [program = '', ...args] = commandLine.split('\0')
      return program.endsWith('haproxy') && args.some((each) => each.startsWith(`${runDir}/`))
        ? [Number(pid)]
        : []
    }),
  )
  return found.flat()
}
