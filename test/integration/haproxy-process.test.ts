import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AgentError } from '../../agent/core/errors.ts'
import { waitForHaproxy } from '../../agent/haproxy/launch.ts'
import { createHaproxyProcess, type ProcessEvent, type ProcessOptions } from '../../agent/haproxy/process.ts'
import { createRuntime } from '../../agent/haproxy/runtime.ts'
import { askWorker } from '../../agent/haproxy/worker.ts'
import { eventually } from '../support/eventually.ts'
import { haproxyBinary, testedBranches } from '../support/haproxy-binary.ts'
import { configFor, killGroupOf, type Paths, pathsIn } from '../support/haproxy-instance.ts'
import { tempDir } from '../support/temp-dir.ts'

const signal = () => AbortSignal.timeout(20_000)

/** A folder with a configuration, and the means to start HAProxy from it any number of times; nothing is left running. */
async function world(branch?: string) {
  const dir = await tempDir()
  const paths = pathsIn(dir.path)
  await writeFile(paths.routesMap, '')
  await writeFile(paths.configFile, configFor(paths, 'backend web\n  balance roundrobin'))
  const pids = new Set<number>()
  const events: ProcessEvent[] = []
  const options: ProcessOptions = {
    ...paths,
    binary: haproxyBinary(branch),
    startTimeoutMs: 5000,
    stopGraceMs: 5000,
    restartMs: 20,
    restartMaxMs: 500,
    onEvent: (event) => {
      events.push(event)
      if (event.kind === 'restarted') pids.add(event.pid)
    },
  }
  const start = async (changes: Partial<ProcessOptions> = {}) => {
    const haproxy = await createHaproxyProcess({ ...options, ...changes })
    try {
      const started = await haproxy.start(signal())
      pids.add(started.pid)
      return { ...haproxy, ...started }
    } catch (error) {
      await haproxy[Symbol.asyncDispose]()
      throw error
    }
  }
  const kinds = () => events.filter((event) => event.kind !== 'output').map((event) => event.kind)
  return {
    ...paths,
    dir: dir.path,
    options,
    pids,
    events,
    kinds,
    start,
    [Symbol.asyncDispose]: async () => {
      for (const pid of pids) killGroupOf(pid)
      await eventually(() => [...pids].every((pid) => !isThere(pid)))
      await dir[Symbol.asyncDispose]()
    },
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function workerOf(paths: Paths) {
  await using runtime = createRuntime({ socketPath: paths.workerSocket, timeoutMs: 2000 })
  return await askWorker(runtime, signal())
}

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  test('it is started, adopted by the next agent without a change, and stopped', async () => {
    await using place = await world(branch)
    const first = await place.start()
    expect(first.how).toBe('started')
    const worker = await workerOf(place)
    await first[Symbol.asyncDispose]()

    await using second = await place.start()
    expect(second).toMatchObject({ how: 'adopted', pid: first.pid })
    expect(await workerOf(place)).toEqual(worker)

    await second.stop(signal())
    expect(isThere(first.pid)).toBe(false)
    expect(isThere(worker.pid)).toBe(false)
    expect(place.kinds()).toEqual([])
  })

  test('it is started again when it dies, and again', async () => {
    await using place = await world(branch)
    await using haproxy = await place.start()
    process.kill(haproxy.pid, 'SIGKILL')
    await eventually(() => place.kinds().includes('restarted'))
    const second = place.events.find((event) => event.kind === 'restarted')
    if (second?.kind !== 'restarted') throw new Error('no restart')
    expect((await workerOf(place)).stopping).toBe(false)

    process.kill((await workerOf(place)).pid, 'SIGKILL')
    await eventually(() => place.kinds().length === 4)
    expect(place.kinds()).toEqual(['died', 'restarted', 'died', 'restarted'])
    expect((await workerOf(place)).stopping).toBe(false)
  })

  test('one that was adopted is started again when it dies', async () => {
    await using place = await world(branch)
    const first = await place.start()
    await first[Symbol.asyncDispose]()
    await using second = await place.start()
    process.kill(second.pid, 'SIGKILL')
    await eventually(() => place.kinds().includes('restarted'))
    expect(place.kinds()).toEqual(['died', 'restarted'])
  })

  test('a configuration with a fault fails the start with its line', async () => {
    await using place = await world(branch)
    await writeFile(place.configFile, configFor(place, 'backend web\n  blance x'))
    const failure = place.start()
    await expect(failure).rejects.toMatchObject({ code: 'haproxy-start-failed' })
    await expect(failure).rejects.toThrow(
      /it ended with exit status 1\n.*haproxy\.cfg:\d+\] : unknown keyword 'blance'/,
    )
  })

  test('a port in use fails the start with its address', async () => {
    await using place = await world(branch)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening', { signal: signal() })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await writeFile(place.configFile, configFor(place, `listen taken\n  bind 127.0.0.1:${port}`))
    const failure = place.start()
    await expect(failure).rejects.toThrow(new RegExp(`annot bind socket.*127\\.0\\.0\\.1:${port}`))
    server.close()
  })

  test('a session may finish during the stop, and one that does not is cut when the grace is over', async () => {
    await using place = await world(branch)
    const upstream = createServer((_, response) => void response.write('begun'))
    upstream.listen(join(place.dir, 'upstream.sock'))
    await writeFile(
      place.configFile,
      configFor(place, `backend web\n  server s1 unix@${place.dir}/upstream.sock`),
    )
    await writeFile(place.routesMap, 'web.example web\n')
    await using haproxy = await place.start({ stopGraceMs: 300 })
    const call = request({ socketPath: place.httpSocket, headers: { host: 'web.example' } }).end()
    const [response] = await once(call, 'response', { signal: signal() })
    await once(response, 'data', { signal: signal() })
    const cut = once(response, 'error', { signal: signal() })
    const sinceMs = performance.now()
    await haproxy.stop(signal())
    expect(performance.now() - sinceMs).toBeGreaterThan(290)
    await cut
    expect(isThere(haproxy.pid)).toBe(false)
    upstream.closeAllConnections()
    upstream.close()
  })
})

test('it survives an agent that is killed, and is adopted by the next one', async () => {
  await using place = await world()
  const { onEvent: _, ...options } = place.options
  const agent = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, '../support/survivor.ts'), JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [output] = await once(agent.stdout, 'data', { signal: signal() })
  const pid = Number(String(output))
  place.pids.add(pid)
  agent.kill('SIGKILL')
  await once(agent, 'exit', { signal: signal() })

  await using haproxy = await place.start()
  expect(haproxy).toMatchObject({ how: 'adopted', pid })
  await haproxy.stop(signal())
})

test('sockets that a dead HAProxy left behind confuse nobody', async () => {
  await using place = await world()
  const first = await place.start()
  await first[Symbol.asyncDispose]()
  killGroupOf(first.pid)
  await eventually(() => !isThere(first.pid))
  expect((await stat(place.masterSocket)).isSocket()).toBe(true)
  await using second = await place.start()
  expect(second.how).toBe('started')
})

test('it is tried again with growing waits until the configuration is mended', async () => {
  await using place = await world()
  await using haproxy = await place.start()
  const sound = await readFile(place.configFile, 'utf8')
  await writeFile(place.configFile, `${sound}\nblance x\n`)
  process.kill(haproxy.pid, 'SIGKILL')
  const failures = () => place.events.flatMap((event) => (event.kind === 'restart-failed' ? [event] : []))
  await eventually(() => failures().length >= 2)
  await writeFile(place.configFile, sound)
  await eventually(() => place.kinds().includes('restarted'))
  expect(failures()[0]?.error.message).toContain("unknown keyword 'blance'")
  expect(failures()[1]?.restartMs).toBeGreaterThan(failures()[0]?.restartMs ?? 0)
})

test('what HAProxy says on standard error is handed on', async () => {
  await using place = await world()
  await using haproxy = await place.start()
  await using runtime = createRuntime({ socketPath: place.workerSocket, timeoutMs: 2000 })
  await runtime.send(['add server web/s1 127.0.0.1:1', 'set server web/s1 state ready'], signal())
  const lines = () => place.events.flatMap((event) => (event.kind === 'output' ? event.lines : []))
  await eventually(() => lines().some((line) => line.includes('Server web/s1 is UP/READY')))
  expect(haproxy.how).toBe('started')
})

test('a program that is too old is refused before it is started', async () => {
  await using place = await world()
  const binary = join(place.dir, 'old')
  await writeFile(
    binary,
    '#!/bin/sh\necho "HAProxy version 2.6.12-1+deb12u4 2023/12/16 - https://haproxy.org/"\n',
  )
  await chmod(binary, 0o755)
  await expect(place.start({ binary })).rejects.toMatchObject({
    code: 'haproxy-too-old',
    message: 'HAProxy 2.6.12-1+deb12u4 is too old: 3.0 or later is needed',
  })
})

test.for([
  ['another program', '/bin/true', '/bin/true -v printed ""'],
  ['none', '/nowhere/haproxy', '/nowhere/haproxy cannot be started'],
] as const)('%s in the place of HAProxy is named', async ([, binary, message]) => {
  await using place = await world()
  const failure = place.start({ binary })
  await expect(failure).rejects.toMatchObject({ code: 'haproxy-missing' })
  await expect(failure).rejects.toThrow(message)
})

test('an agent that waits for an HAProxy that does not come says what to do', async () => {
  await using place = await world()
  const failure = waitForHaproxy(place, 200, signal())
  await expect(failure).rejects.toBeInstanceOf(AgentError)
  await expect(failure).rejects.toMatchObject({
    code: 'haproxy-start-failed',
    message: expect.stringContaining(
      `HAProxy did not answer within 200 ms: runtime socket ${place.workerSocket}`,
    ),
    hint: expect.stringContaining('`-S`'),
  })
})

test('a start that is aborted leaves no HAProxy behind', async () => {
  await using place = await world()
  await writeFile(
    place.configFile,
    configFor(place, '').replace(place.workerSocket, `${place.workerSocket}.other`),
  )
  const haproxy = await createHaproxyProcess(place.options)
  const abort = new AbortController()
  const starting = haproxy.start(abort.signal)
  await eventually(() => stat(place.masterSocket))
  abort.abort(new Error('enough'))
  await expect(starting).rejects.toThrow('enough')
  await eventually(() => refuses(place.masterSocket))
  await haproxy[Symbol.asyncDispose]()
})

function refuses(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })
}
