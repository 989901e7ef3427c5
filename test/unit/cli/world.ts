// A small Swarm and a command line around it, for the tests of the command line.

import type { CliPorts } from '../../../agent/cli/ports.ts'
import { runProgram } from '../../../agent/cli/program.ts'
import { computeRouting } from '../../../agent/core/desired.ts'
import type { Observed } from '../../../agent/core/observed.ts'
import type { Service, Snapshot, Task } from '../../../agent/core/snapshot.ts'
import { routingSettings } from '../../support/builders.ts'

export const host = {
  hostname: 'edge-1',
  os: 'linux',
  arch: 'x64',
  version: '1.2.3',
  templatesDir: '/app/templates',
} as const

export function service(name: string, labels: Readonly<Record<string, string>>): Service {
  const prefixed = Object.entries(labels).map(([label, text]) => [`com.docker.lb.${label}`, text])
  return {
    id: `${name}-id`,
    name,
    createdAt: '2026-01-01T00:00:00Z',
    version: 7,
    labels: Object.fromEntries(prefixed),
    mode: 'replicated',
    networkIds: ['net1'],
    endpointMode: 'vip',
    virtualIps: [{ networkId: 'net1', address: '10.0.0.2' }],
    hostPorts: [],
  }
}

export function task(of: string, slot: number): Task {
  return {
    id: `${of}t${slot}`,
    serviceId: `${of}-id`,
    slot,
    nodeId: 'node1',
    state: 'running',
    desiredState: 'running',
    attachments: [{ networkId: 'net1', addresses: [`10.0.0.${10 + slot}`] }],
    hostPorts: [],
  }
}

/** Two tasks of `shop`, published; one of `blog`, whose port is mistyped unless `labels` says otherwise. */
export function swarm(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    services: [
      service('shop', { hosts: 'shop.local', port: '8080' }),
      service('blog', { hosts: 'blog.local', port: '80a' }),
    ],
    tasks: [task('shop', 1), task('shop', 2), task('blog', 1)],
    nodes: [{ id: 'node1', name: 'node1', address: '192.168.0.1', status: 'ready' }],
    networks: [{ id: 'net1', name: 'demo', ingress: false }],
    edge: { networkIds: 'every' },
    ...changes,
  }
}

/** What an HAProxy reports that was started for a snapshot. */
export function running(snapshot: Snapshot, structure = 'same'): Observed {
  const { routing } = computeRouting(snapshot, routingSettings())
  const backends = [...routing.backends].map(
    ([name, { routes, servers }]) =>
      [
        name,
        {
          routes,
          servers: new Map(servers.map((server) => [server.name, server])),
          source: undefined,
          inStep: false,
          closing: new Map(),
        },
      ] as const,
  )
  return {
    worker: { pid: 4242, version: '3.0.11', structure, stopping: false },
    backends: new Map(backends),
    certificates: new Map(),
    redirects: new Map(),
  }
}

export type Told = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Runs the program with the given arguments. Whatever a port is not given for ends the test when it is asked. */
export async function tidegate(
  argv: readonly string[],
  ports: Partial<CliPorts> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Told> {
  let stdout = ''
  let stderr = ''
  const refuse = (port: string) => () => {
    throw new Error(`the program asked for ${port}`)
  }
  const exitCode = await runProgram(
    {
      argv,
      env: {},
      host,
      isTerminal: { stdin: false, stdout: false, stderr: false },
      stdout: (text) => {
        stdout += text
      },
      stderr: (text) => {
        stderr += text
      },
      readStdin: refuse('standard input'),
      readFile: refuse('a file'),
      writeFiles: refuse('files to be written'),
      readSnapshot: refuse('the engine'),
      accepts: async () => true,
      observe: refuse('HAProxy'),
      readTraffic: refuse('live figures'),
      openTraffic: refuse('figures again and again'),
      openTerminal: refuse('the terminal'),
      askMaster: refuse('the master socket'),
      openPrompt: refuse('lines'),
      openRuntime: refuse('the runtime socket'),
      askAgent: refuse('the agent'),
      followAgent: refuse("the agent's stream"),
      createRenderer: async () => ({
        render: (routing) =>
          new Map([
            ['haproxy.cfg', `backends ${[...routing.backends.keys()].join(' ')}\n`],
            ['routes.map', 'shop.local/ shop.local\n'],
          ]),
        structureOf: () => 'same',
      }),
      run: refuse('a run'),
      ...ports,
    },
    signal,
  )
  return { exitCode, stdout, stderr }
}
