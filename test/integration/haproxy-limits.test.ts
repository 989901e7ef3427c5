import { execFileSync, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { maxConnectionsFor, readFdLimit } from '../../agent/haproxy/fd-limit.ts'
import { observe } from '../../agent/haproxy/observe.ts'
import { createRuntime } from '../../agent/haproxy/runtime.ts'
import { faultSocket } from '../support/fault-socket.ts'
import { haproxyBinary, testedBranches } from '../support/haproxy-binary.ts'
import { startHaproxy } from '../support/haproxy-instance.ts'
import { tempDir } from '../support/temp-dir.ts'

const signal = () => AbortSignal.timeout(20_000)

test('the limit that is read is the one that the shell tells', async () => {
  const hard = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim()
  expect(await readFdLimit()).toBe(Number(hard))
})

test('a limit that cannot be read is not known', async () => {
  expect(await readFdLimit('/nowhere')).toBeUndefined()
})

describe.each(testedBranches)('with HAProxy %s', (branch) => {
  /** Starts HAProxy under a limit of open files; it ends by itself, at once or by SIGTERM after a while. */
  const startUnder = async (fdLimit: number, maxConnections: number) => {
    await using dir = await tempDir()
    const file = join(dir.path, 'haproxy.cfg')
    await writeFile(
      file,
      `
global
    maxconn ${maxConnections}
    nbthread 2
    stats socket ${dir.path}/worker.sock mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend http
    bind unix@${dir.path}/http.sock
`,
    )
    const script = `ulimit -n ${fdLimit} && exec timeout 1 ${haproxyBinary(branch)} -W -S ${dir.path}/master.sock -f ${file}`
    const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
    return { startedAndStopped: status === 124, stderr }
  }

  test('the highest maxconn that a limit allows starts, and twice as much does not', async () => {
    const fdLimit = 1024
    const maxConnections = maxConnectionsFor(fdLimit, { listeners: 2, threads: 2 })
    expect(await startUnder(fdLimit, maxConnections)).toMatchObject({ startedAndStopped: true })
    const tooMuch = await startUnder(fdLimit, 2 * maxConnections)
    expect(tooMuch.startedAndStopped).toBe(false)
    expect(tooMuch.stderr).toMatch(/FD limit/)
  })

  test('1,000 backends of 10 servers are observed in one exchange', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `host-${index}.example`)
    const servers = Array.from(
      { length: 10 },
      (_, slot) => `  server s${slot} 127.0.0.1:${8000 + slot}`,
    ).join('\n')
    await using haproxy = await startHaproxy({
      branch,
      routes: names.map((name) => `${name}/ ${name}`).join('\n'),
      backends: names.map((name) => `backend ${name}\n  balance roundrobin\n${servers}`).join('\n'),
    })
    await using runtime = createRuntime({ socketPath: haproxy.workerSocket, timeoutMs: 5000 })
    const seen = await observe(runtime, { ...haproxy, ignoreBackends: ['no-route'] }, signal())
    expect(seen.backends.size).toBe(1000)
    for (const [name, backend] of seen.backends) {
      expect(backend.routes).toEqual([`${name}/`])
      expect(backend.servers.size).toBe(10)
    }
    expect(runtime.commandsSent()).toEqual({ reads: 5, changes: 0 })
  })
})

test('a running HAProxy that is too old is refused with the reason', async () => {
  await using dir = await tempDir()
  const replies: Readonly<Record<string, string>> = {
    'show info': 'Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 7\ndescription: \nStopping: 0\n',
    'show backend': '# name\n',
    'show servers state': '1\n# be_name srv_name srv_addr srv_port srv_uweight srv_admin_state\n',
  }
  await using socket = await faultSocket(join(dir.path, 's'), (command, connection) => {
    connection.write(`${replies[command] ?? ''}\n> `)
  })
  await using runtime = createRuntime({ socketPath: socket.path, timeoutMs: 2000 })
  await expect(
    observe(
      runtime,
      { routesMap: 'm', redirectsMap: 'r', certificatesList: undefined, ignoreBackends: [] },
      signal(),
    ),
  ).rejects.toMatchObject({
    code: 'haproxy-too-old',
    message: 'HAProxy 2.6.12-1+deb12u4 is too old: 3.0 or later is needed',
  })
})
