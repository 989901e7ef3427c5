// compose/demo.yml as it ships, brought up by a real compose on a real engine without a Swarm.
// Owns the engine, the plugin and the looks at the edge. Refuses to judge: scenarios assert.

import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import { docker } from '../swarm/docker.ts'
import { layOut, projectDir } from '../swarm/layout.ts'
import { inNamespace } from '../swarm/network.ts'
import { run, succeeds } from '../swarm/run.ts'
import { type BedNode, createTestBed } from '../swarm/test-bed.ts'

const file = join(projectDir, 'compose/demo.yml')
const proxyFile = join(projectDir, 'compose/demo.socket-proxy.yml')
const pluginDir = join(projectDir, '.cache/compose')

/** For what compose and health checks do in their own time. */
export const slowly = { timeoutMs: 60_000, intervalMs: 200 }

/** What an edge did so far: by the agent's log, and by HAProxy's own word. */
export type Count = { readonly reloads: number; readonly lives: number; readonly workerPid: string }

export type LogLine = { readonly time: string; readonly msg: string; readonly text: string }

export type Demo = AsyncDisposable & {
  readonly node: BedNode
  readonly docker: (...args: readonly string[]) => Promise<string>
  /** `docker compose -f compose/demo.yml ARGS`. */
  readonly compose: (...args: readonly string[]) => Promise<string>
  /** The same with compose/demo.socket-proxy.yml besides. */
  readonly composeBehindProxy: (...args: readonly string[]) => Promise<string>
  /** Which task of a host answers now. */
  readonly whoAnswers: (host: string) => Promise<string>
  /** The tasks that answer for a host within some dozens of requests, sorted. */
  readonly tasksOf: (host: string) => Promise<readonly string[]>
  readonly count: () => Promise<Count>
  readonly log: () => Promise<readonly LogLine[]>
  /** Waits until the agent plans nothing more. */
  readonly settled: () => Promise<void>
  /** The status of a GET on the node's own loopback, where the edge's page is published. */
  readonly askPage: (path: string, credentials?: string) => Promise<string>
}

/** Starts an engine of its own; the demo is not up yet. */
export async function createDemo(name: string): Promise<Demo> {
  const bed = await createTestBed({ nodes: 1, name, swarm: false, demo: true })
  try {
    const [layout] = layOut(name, 1).nodes
    if (layout === undefined) throw new Error('the test bed has no node')
    await providePlugin(layout.runDir)
    // The test bed's clients know the node's port 80.
    const env = { DEMO_PORT: '80' }
    const composeOf = (files: readonly string[], args: readonly string[]) =>
      docker(layout, ['compose', ...files.flatMap((each) => ['--file', each]), ...args], {
        cwd: projectDir,
        env,
      })
    return {
      ...looksAt(bed.node(0)),
      compose: (...args) => composeOf([file], args),
      composeBehindProxy: (...args) => composeOf([file, proxyFile], args),
      askPage: (path, credentials = '') => {
        const [program = '', ...args] = inNamespace(layout.namespace, [
          process.execPath,
          '--input-type=module',
          '--eval',
          askingScript,
          `http://127.0.0.1:9000${path}`,
          credentials,
        ])
        return run(program, args)
      },
      [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose](),
    }
  } catch (error) {
    await bed[Symbol.asyncDispose]()
    throw error
  }
}

const askingScript = `
const [, url, credentials] = process.argv
const headers = credentials === '' ? {} : { authorization: 'Basic ' + btoa(credentials) }
const response = await fetch(url, { headers })
process.stdout.write(response.status + ' ' + (await response.text()))
`

/** The client looks for its plugins in its configuration's folder; one that the machine has it finds by itself. */
async function providePlugin(configDir: string): Promise<void> {
  if (await succeeds('docker', ['compose', 'version'])) return
  await run('sh', [join(import.meta.dirname, 'get-compose.sh'), pluginDir], { timeoutMs: 300_000 })
  await mkdir(join(configDir, 'cli-plugins'), { recursive: true })
  await symlink(join(pluginDir, 'docker-compose'), join(configDir, 'cli-plugins/docker-compose'))
}

function looksAt(node: BedNode) {
  const edge = 'tidegate-demo-edge-1'
  const exec = (...command: readonly string[]) => node.docker('exec', edge, ...command)
  const whoAnswers = async (host: string) => {
    const { status, body } = await node.ask({ host, path: '/json' })
    if (status !== 200) throw new Error(`${host} answered ${status}`)
    const { task } = Object(JSON.parse(body))
    return String(task)
  }
  const log = async (): Promise<readonly LogLine[]> => {
    const text = await node.docker('logs', edge)
    return text.split('\n').flatMap((line) => {
      if (!line.startsWith('{')) return []
      const { time, msg } = Object(JSON.parse(line))
      return [{ time: String(time), msg: String(msg), text: line }]
    })
  }
  return {
    node,
    docker: node.docker,
    whoAnswers,
    tasksOf: async (host: string) => {
      const tasks = new Set<string>()
      for (let turn = 0; turn < 24; turn += 1) tasks.add(await whoAnswers(host))
      return [...tasks].sort()
    },
    log,
    count: async () => {
      const lines = await log()
      const info = await exec(
        '/opt/tidegate/haproxy/ask.pl',
        '/run/tidegate/sockets/worker.sock',
        'show info',
      )
      return {
        reloads: lines.filter(({ msg }) => msg === 'haproxy reloaded').length,
        lives: lines.filter(({ msg }) => msg === 'change applied live').length,
        workerPid: /^Pid: (\d+)$/m.exec(info)?.[1] ?? '',
      }
    },
    settled: async () => {
      await eventually(async () => /^nothing/m.test(await exec('tidegate', 'plan')), slowly)
    },
  }
}
