// An agent that comes while HAProxy is busy with a reload: there must never be two HAProxys in one folder.

import { appendFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createHaproxyProcess } from '../../agent/haproxy/process.ts'
import { haproxyBinary, testedBranches } from '../support/haproxy-binary.ts'
import { configFor, killGroupOf, pathsIn } from '../support/haproxy-instance.ts'
import { exchange } from '../support/live-state.ts'
import { tempDir } from '../support/temp-dir.ts'

test.each(testedBranches)('HAProxy %s is adopted in the middle of a reload', async (branch) => {
  await using dir = await tempDir()
  const paths = pathsIn(dir.path)
  await writeFile(paths.routesMap, '')
  await writeFile(paths.configFile, configFor(paths, ''))
  const options = {
    ...paths,
    binary: haproxyBinary(branch),
    startTimeoutMs: 15_000,
    stopGraceMs: 1000,
    restartMs: 1000,
    restartMaxMs: 1000,
    onEvent: () => {},
  }
  const first = await createHaproxyProcess(options)
  const { pid } = await first.start(AbortSignal.timeout(15_000))
  try {
    await first[Symbol.asyncDispose]()
    // So much to read that the master is away for some tenths of a second at least.
    const backends = Array.from(
      { length: 4000 },
      (_, i) => `backend b${i}\n  server s 127.0.0.1:1 disabled\n`,
    )
    await appendFile(paths.configFile, backends.join(''))
    const reload = exchange(paths.masterSocket, 'reload\n', 15_000).catch(() => '')
    while (await isAnswering(paths.masterSocket));

    await using second = await createHaproxyProcess(options)
    const started = await second.start(AbortSignal.timeout(15_000))
    if (started.how === 'started') killGroupOf(started.pid)
    expect(started).toEqual({ pid, how: 'adopted' })
    await reload
  } finally {
    killGroupOf(pid)
  }
})

async function isAnswering(socket: string): Promise<boolean> {
  const said = await exchange(socket, 'show proc\n').catch(() => '')
  return said.includes('master')
}
