import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { reload, showProcesses } from '../../agent/haproxy/master.ts'
import { createRuntime } from '../../agent/haproxy/runtime.ts'
import { askWorker, waitForWorker } from '../../agent/haproxy/worker.ts'
import { eventually } from '../support/eventually.ts'
import { faultSocket } from '../support/fault-socket.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { configFor, type HaproxyInstance, startHaproxy } from '../support/haproxy-instance.ts'
import { tempDir } from '../support/temp-dir.ts'

const signal = () => AbortSignal.timeout(20_000)
const timeoutMs = 5000
const backends = 'backend web\n  balance roundrobin'

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  const masterOf = (haproxy: HaproxyInstance) => ({ socketPath: haproxy.masterSocket, timeoutMs })

  test('after a reload the new worker answers with the new structure', async () => {
    await using haproxy = await startHaproxy({ branch, backends })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
    const before = await askWorker(runtime, signal())
    await writeFile(haproxy.configFile, configFor(haproxy, backends, 'b2'))
    const verdict = await reload(masterOf(haproxy), signal())
    expect(verdict.done).toBe(true)
    expect(verdict.log.join('\n')).toContain('Loading success.')
    const worker = await waitForWorker(
      runtime,
      { previousPid: before.pid, structure: 'b2' },
      timeoutMs,
      signal(),
    )
    expect(worker).toMatchObject({ structure: 'b2', stopping: false })
    expect(worker.pid).not.toBe(before.pid)
    // The connection to the old worker is closed, so nothing keeps that one alive.
    await eventually(async () => (await showProcesses(masterOf(haproxy), signal())).oldWorkers.length === 0)
    const processes = await showProcesses(masterOf(haproxy), signal())
    expect(processes.master.pid).toBe(haproxy.child.pid)
    expect(processes.workers.map(({ pid }) => pid)).toEqual([worker.pid])
  })

  test('a connection from before a reload goes on to the old worker, which answers as if nothing had happened', async () => {
    await using haproxy = await startHaproxy({ branch, backends })
    await using old = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
    const before = await askWorker(old, signal())
    expect((await reload(masterOf(haproxy), signal())).done).toBe(true)
    expect(await old.send(['add server web/lost 127.0.0.1:1'], signal())).toEqual(['New server registered.'])
    expect(await askWorker(old, signal())).toEqual({ ...before, stopping: true })
    await old.reset()
    const [state] = await old.send(['show servers state'], signal())
    expect(state).not.toContain('lost')
  })

  test('a configuration that does not load leaves the old worker in charge, and says which line', async () => {
    await using haproxy = await startHaproxy({ branch, backends })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
    const before = await askWorker(runtime, signal())
    await writeFile(haproxy.configFile, configFor(haproxy, 'backend web\n  blance x'))
    const verdict = await reload(masterOf(haproxy), signal())
    expect(verdict.done).toBe(false)
    expect(verdict.log.join('\n')).toMatch(/haproxy\.cfg:\d+\] : unknown keyword 'blance'/)
    await runtime.reset()
    expect(await askWorker(runtime, signal())).toEqual(before)

    await writeFile(haproxy.configFile, configFor(haproxy, backends, 'c3'))
    expect((await reload(masterOf(haproxy), signal())).done).toBe(true)
    const worker = await waitForWorker(
      runtime,
      { previousPid: before.pid, structure: 'c3' },
      timeoutMs,
      signal(),
    )
    expect(worker.structure).toBe('c3')
    await eventually(async () => (await showProcesses(masterOf(haproxy), signal())).oldWorkers.length === 0)
  })
})

test('a worker that is not the expected one is named when the time is over', async () => {
  await using haproxy = await startHaproxy({ backends })
  await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
  const { pid } = await askWorker(runtime, signal())
  await expect(waitForWorker(runtime, { previousPid: pid }, 200, signal())).rejects.toMatchObject({
    code: 'reload-failed',
    message: `the new worker does not answer: worker ${pid} is still the one from before`,
  })
  await expect(waitForWorker(runtime, { structure: 'ff' }, 200, signal())).rejects.toThrow(
    `worker ${pid} has the structure "a1" and not "ff"`,
  )
})

const faults = [
  ['hangs', 'master-unreachable', 'no answer to "reload" within 300 ms', undefined],
  ['closes without a word', 'master-bad-reply', 'answered "" to "reload"', ''],
  [
    'does not know the command',
    'master-bad-reply',
    'answered "Unknown command: reload"',
    'Unknown command: reload\n',
  ],
  ['says neither yes nor no', 'master-bad-reply', 'answered "Success=2"', 'Success=2\n--\n'],
] as const

test.for(faults)('a master that %s gives no verdict', async ([, code, message, answer]) => {
  await using dir = await tempDir()
  await using socket = await faultSocket(join(dir.path, 'master'), (_, connection) => {
    if (answer !== undefined) connection.end(answer)
  })
  const options = { socketPath: socket.path, timeoutMs: 300 }
  await expect(reload(options, signal())).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  })
})

test('a master that is not there is named with the cure', async () => {
  const options = { socketPath: '/nowhere/master.sock', timeoutMs }
  await expect(showProcesses(options, signal())).rejects.toMatchObject({
    code: 'master-unreachable',
    message: 'master socket /nowhere/master.sock: connect ENOENT /nowhere/master.sock',
    hint: expect.stringContaining('not running'),
  })
})
