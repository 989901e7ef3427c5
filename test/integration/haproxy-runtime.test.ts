import type { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AgentError } from '../../agent/core/errors.ts'
import { createRuntime } from '../../agent/haproxy/runtime.ts'
import { eventually } from '../support/eventually.ts'
import { faultSocket } from '../support/fault-socket.ts'
import { testedBranches } from '../support/haproxy-binary.ts'
import { startHaproxy } from '../support/haproxy-instance.ts'
import { tempDir } from '../support/temp-dir.ts'

const signal = () => AbortSignal.timeout(20_000)
const timeoutMs = 5000

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  test('1,000 commands in one call are answered in their order', async () => {
    await using haproxy = await startHaproxy({ branch, backends: 'backend web\n  balance roundrobin' })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs, pipelineDepth: 64 })
    const commands = Array.from({ length: 1000 }, (_, index) =>
      index % 2 === 0 ? `add server web/s${index} 127.0.0.1:${1000 + index}` : `get weight web/s${index - 1}`,
    )
    const replies = await runtime.send(commands, signal())
    expect(replies).toHaveLength(1000)
    expect(new Set(replies.filter((_, index) => index % 2 === 0))).toEqual(
      new Set(['New server registered.']),
    )
    expect(new Set(replies.filter((_, index) => index % 2 === 1))).toEqual(new Set(['1 (initial 1)']))
    expect(runtime.commandsSent()).toEqual({ reads: 500, changes: 500 })
  })

  test('calls that overlap each get their own replies', async () => {
    await using haproxy = await startHaproxy({
      branch,
      backends: 'backend web\n  server s1 127.0.0.1:1 weight 7',
    })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs, pipelineDepth: 3 })
    const [weights, [names], none, [info]] = await Promise.all([
      runtime.send(Array<string>(20).fill('get weight web/s1'), signal()),
      runtime.send(['show backend'], signal()),
      runtime.send([], signal()),
      runtime.send(['show info'], signal()),
    ])
    expect(weights).toEqual(Array(20).fill('7 (initial 7)'))
    expect(names).toBe('# name\nno-route\nweb')
    expect(none).toEqual([])
    expect(info).toContain('Name: HAProxy')
  })

  test('a reply of megabytes comes whole, and the next one after it', async () => {
    const routes = Array.from({ length: 30_000 }, (_, index) => `host-${index}.example/ web`).join('\n')
    await using haproxy = await startHaproxy({
      branch,
      routes,
      backends: 'backend web\n  balance roundrobin',
    })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
    const [map = '', names] = await runtime.send([`show map ${haproxy.routesMap}`, 'show backend'], signal())
    expect(map.split('\n')).toHaveLength(30_000)
    expect(map.endsWith('host-29999.example/ web')).toBe(true)
    expect(names).toBe('# name\nno-route\nweb')
  })

  test('a connection stays open longer than HAProxy keeps idle ones by default', async () => {
    await using haproxy = await startHaproxy({ branch })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
    await runtime.send(['show backend'], signal())
    const [sockets = ''] = await runtime.send(['show sess all'], signal())
    // HAProxy says when it would close the connection: `rex=1h`, or what is left of it.
    expect(sockets).toMatch(/[rw]ex=(1h|59m\d+s)/)
  })
})

test('a runtime that was reset connects anew', async () => {
  await using haproxy = await startHaproxy({})
  await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs })
  const connections = async () => {
    const [info = ''] = await runtime.send(['show info'], signal())
    return Number(/^CumConns: (\d+)$/m.exec(info)?.[1])
  }
  const before = await connections()
  expect(await connections()).toBe(before)
  await runtime.reset()
  expect(await connections()).toBe(before + 1)
})

/** Answers the two commands that set a connection up, and hands on the rest. */
const afterGreeting = (onCommand: (command: string, connection: Socket) => void) => {
  return (command: string, connection: Socket) => {
    if (command === 'prompt' || command.startsWith('set timeout')) connection.write('\n> ')
    else onCommand(command, connection)
  }
}

const faults: readonly (readonly [string, string, (command: string, connection: Socket) => void])[] = [
  ['hangs', 'did not answer', () => {}],
  ['sends half a reply and hangs', 'did not answer', (_, connection) => connection.write('# name\nweb\n\n>')],
  [
    'answers the first command only',
    'did not answer 2 commands from "show info" on',
    (command, connection) => {
      if (command === 'show info') connection.write('Name: HAProxy\n\n> ')
    },
  ],
  ['closes', 'HAProxy closed the connection', (_, connection) => connection.end()],
  [
    'sends half a reply and closes',
    'HAProxy closed the connection',
    (_, connection) => connection.end('# name\nweb'),
  ],
  ['drops the connection', 'runtime socket', (_, connection) => connection.destroy()],
  [
    'sends without an end',
    'the reply is longer than 4096 characters',
    (_, connection) => connection.write('x'.repeat(9000)),
  ],
]

test.for(faults)(
  'a socket that %s fails every waiting call with one error, and the next call connects anew',
  async ([, message, onCommand]) => {
    await using dir = await tempDir()
    await using socket = await faultSocket(join(dir.path, 's'), afterGreeting(onCommand))
    await using runtime = createRuntime({ socketPath: socket.path, timeoutMs: 300, replyLengthMax: 4096 })
    const calls = await Promise.allSettled([
      runtime.send(['show info', 'show backend'], signal()),
      runtime.send(['show map x'], signal()),
    ])
    const errors = calls.map((call) =>
      call.status === 'rejected' ? call.reason : `answered ${String(call.value)}`,
    )
    expect(errors[0]).toMatchObject({ message: expect.stringContaining(message) })
    expect(errors[1]).toBeInstanceOf(AgentError)
    await runtime.send(['show info'], signal()).catch(() => {})
    expect(socket.connections()).toBe(2)
  },
)

test('a socket that says more than was asked is not listened to any longer', async () => {
  await using dir = await tempDir()
  const onCommand = (_: string, connection: Socket) => void connection.write('asked\n\n> unasked\n\n> ')
  await using socket = await faultSocket(join(dir.path, 's'), afterGreeting(onCommand))
  await using runtime = createRuntime({ socketPath: socket.path, timeoutMs })
  expect(await runtime.send(['show info'], signal())).toEqual(['asked'])
  expect(await runtime.send(['show info'], signal())).toEqual(['asked'])
  expect(socket.connections()).toBe(2)
})

test('a socket that speaks another protocol is named as such', async () => {
  await using dir = await tempDir()
  await using socket = await faultSocket(join(dir.path, 's'), (_, connection) =>
    connection.write('HTTP/1.1 400 Bad Request\n\n> '),
  )
  await using runtime = createRuntime({ socketPath: socket.path, timeoutMs })
  await expect(runtime.send(['show info'], signal())).rejects.toMatchObject({
    code: 'runtime-bad-reply',
    message: `runtime socket ${socket.path}: answered "HTTP/1.1 400 Bad Request" to its greeting`,
  })
})

test('a socket that is not there and one that nobody serves are told apart in the hint', async () => {
  await using dir = await tempDir()
  await using missing = createRuntime({ socketPath: join(dir.path, 'none'), timeoutMs })
  await expect(missing.send(['show info'], signal())).rejects.toMatchObject({
    code: 'runtime-unreachable',
    hint: expect.stringContaining('has not made the socket'),
  })
})

test('an aborted call ends at once with the reason of the caller', async () => {
  await using dir = await tempDir()
  await using socket = await faultSocket(
    join(dir.path, 's'),
    afterGreeting(() => {}),
  )
  await using runtime = createRuntime({ socketPath: socket.path, timeoutMs })
  const abort = new AbortController()
  const call = runtime.send(['show info'], abort.signal)
  await eventually(() => socket.commands.includes('show info'))
  abort.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
  await expect(runtime.send(['show info'], AbortSignal.abort(new Error('no more')))).rejects.toThrow(
    'no more',
  )
})

test.for([
  'show info\nshow stat',
  'show info; show stat',
  'add map x <<',
  'show\rinfo',
  '',
  'x'.repeat(8193),
])('a command that would not stay one command is never sent: %j', async (command) => {
  await using dir = await tempDir()
  await using socket = await faultSocket(
    join(dir.path, 's'),
    afterGreeting(() => {}),
  )
  await using runtime = createRuntime({ socketPath: socket.path, timeoutMs })
  await expect(runtime.send([command], signal())).rejects.toThrow('bug: ')
  expect(socket.connections()).toBe(0)
})
