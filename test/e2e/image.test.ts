// The image on a real engine: who runs as whom, and who dies with whom.
// What the edge does with traffic while this happens is the other end-to-end tests' affair.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { createTestBed, type TestBed } from './swarm/test-bed.ts'

// As compose/stack.yml starts it, but for the network: these tests ask from within.
const asInStack = [
  ...['--read-only', '--tmpfs', '/run/tidegate', '--network', 'none', '--env', 'TIDEGATE_NETWORKS=off'],
  ...['--cap-drop', 'ALL'],
  ...['NET_BIND_SERVICE', 'DAC_OVERRIDE', 'CHOWN', 'KILL', 'SETUID', 'SETGID', 'SETPCAP'].flatMap((each) => [
    '--cap-add',
    each,
  ]),
]

const upTimeoutMs = 60_000
const healthCheck = '/opt/tidegate/haproxy/healthcheck.sh'

let bed: TestBed

const docker = (...args: readonly string[]) => bed.node(0).docker(...args)

type Container = AsyncDisposable & {
  readonly id: string
  /** Runs a shell script in it and resolves to what it printed. */
  readonly sh: (script: string) => Promise<string>
  readonly log: () => Promise<string>
  /** Its exit code, once it has ended. */
  readonly ended: () => Promise<number>
}

async function start(...options: readonly string[]): Promise<Container> {
  const socket = `${bed.node(0).socket}:/var/run/docker.sock:ro`
  const id = await docker('run', '--detach', '--volume', socket, ...asInStack, ...options, 'tidegate:latest')
  return {
    id,
    sh: (script) => docker('exec', id, 'sh', '-c', script),
    log: () => docker('logs', id),
    ended: async () => {
      await eventually(async () => (await inspect(id, '{{.State.Running}}')) === 'false', {
        timeoutMs: upTimeoutMs,
        intervalMs: 100,
      })
      return Number(await inspect(id, '{{.State.ExitCode}}'))
    },
    [Symbol.asyncDispose]: async () => {
      await docker('rm', '--force', '--volumes', id)
    },
  }
}

const inspect = (id: string, format: string) => docker('inspect', '--format', format, id)

/** Starts the edge and waits until it serves and its agent has taken HAProxy over. */
async function startServing(): Promise<Container> {
  const edge = await start()
  await adoptions(edge, 1)
  await edge.sh(healthCheck)
  return edge
}

async function adoptions(edge: Container, count: number): Promise<void> {
  await eventually(async () => (await edge.log()).split('haproxy adopted').length > count, {
    timeoutMs: upTimeoutMs,
    intervalMs: 100,
  })
}

type Process = { readonly pid: number; readonly uid: string; readonly caps: string }

/** The processes whose command line begins like this, oldest first. */
async function processes(edge: Container, command: string): Promise<readonly Process[]> {
  const listed = await edge.sh(`
    for each in /proc/[0-9]*; do
      line=$(tr '\\0' ' ' <$each/cmdline 2>/dev/null) || continue
      case $line in '${command}'*)
        echo "\${each#/proc/} $(awk '/^Uid:/ { uid = $2 } /^CapEff:/ { cap = $2 } END { print uid, cap }' $each/status)"
      esac
    done | sort -n`)
  return listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [pid, uid = '', caps = ''] = line.split(' ')
      return { pid: Number(pid), uid, caps: caps.replace(/^0+/, '') }
    })
}

const agents = (edge: Container) => processes(edge, 'node /opt/tidegate/dist/main.js run')
const haproxies = (edge: Container) => processes(edge, 'haproxy -W')

describe('the image', () => {
  beforeAll(async () => {
    bed = await createTestBed({ name: 'tgimage', nodes: 1 })
  })

  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]()
  })

  test('runs HAProxy as a user that may bind ports, and the agent as root without root’s powers', async () => {
    await using edge = await startServing()
    const bindPorts = { uid: '99', caps: '400' }
    expect(await haproxies(edge)).toMatchObject([bindPorts, bindPorts])
    const reachSockets = { uid: '0', caps: '2' }
    expect(await agents(edge)).toMatchObject([reachSockets])
  })

  test('outlives its agent: HAProxy serves on, healthy, and the next agent adopts it', async () => {
    await using edge = await startServing()
    const before = await haproxies(edge)
    const [agent] = await agents(edge)
    await edge.sh(`kill -KILL ${agent?.pid}; ${healthCheck}`)
    await adoptions(edge, 2)
    expect(await haproxies(edge)).toEqual(before)
    expect(await edge.log()).toContain('agent ended, HAProxy serves on')
    expect(await edge.log()).not.toContain('haproxy reloaded')
  })

  test.for(['master', 'worker'] as const)('ends with HAProxy’s %s, and its code', async (which) => {
    await using edge = await startServing()
    const [master, worker] = await haproxies(edge)
    await edge.sh(`kill -KILL ${(which === 'master' ? master : worker)?.pid}`)
    expect(await edge.ended()).toBe(137)
  })

  test.for(['SIGTERM', 'SIGUSR1'])('ends in order on %s, long before its grace is over', async (signal) => {
    await using edge = await startServing()
    const startedMs = performance.now()
    await docker('kill', '--signal', signal, edge.id)
    expect(await edge.ended()).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    expect(await edge.log()).toContain('agent stopped')
  })

  test('ends in order also when it is stopped as it starts', async () => {
    await using edge = await start()
    await eventually(async () => (await processes(edge, '/bin/sh /opt/tidegate')).length > 0)
    await docker('kill', '--signal', 'SIGTERM', edge.id)
    expect(await edge.ended()).toBe(0)
  })

  test('refuses to start with a setting that cannot be, and says which', async () => {
    await using edge = await start('--env', 'TIDEGATE_RETRIES=often')
    expect(await edge.ended()).toBe(2)
  })

  test('does not listen, nor call itself healthy, before the engine has said what to route', async () => {
    await using edge = await start('--env', 'TIDEGATE_DOCKER_HOST=unix:///nowhere.sock')
    await eventually(async () => (await edge.log()).includes('HAProxy waits for it'), {
      timeoutMs: upTimeoutMs,
    })
    expect(await haproxies(edge)).toEqual([])
    await expect(edge.sh(healthCheck)).rejects.toThrow()
  })
})
