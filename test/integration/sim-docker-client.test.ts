// The real docker client against the simulated Swarm: what people type must work.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

const run = promisify(execFile)

type Docker = (...words: readonly string[]) => Promise<string>

async function createDocker(): Promise<AsyncDisposable & { readonly docker: Docker }> {
  const dir = await tempDir('sim-cli-')
  const socketPath = join(dir.path, 'docker.sock')
  const swarm = await createSimulatedSwarm({ socketPath, timing: { ...fastTiming, stopDelayMs: 60 } })
  const docker: Docker = async (...words) => {
    try {
      const env = { PATH: process.env['PATH'], HOME: dir.path }
      const { stdout } = await run('docker', ['-H', `unix://${socketPath}`, ...words], {
        env,
        timeout: 20_000,
      })
      return stdout.trim()
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        throw new Error(
          'this test needs the docker client: install docker-cli (or docker.io, where that is not packaged)',
          {
            cause: error,
          },
        )
      }
      throw error
    }
  }
  return {
    docker,
    [Symbol.asyncDispose]: async () => {
      await swarm[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

test('docker service create, ls, ps, scale, update and rm work', async () => {
  await using world = await createDocker()
  const { docker } = world
  await docker('network', 'create', '-d', 'overlay', 'demo')
  await docker('network', 'create', '-d', 'overlay', 'other')
  const label = ['--label', 'com.docker.lb.hosts=web.local', '--label', 'com.docker.lb.port=8080']
  const bare = ['--detach', '--no-resolve-image']
  await docker(
    'service',
    'create',
    ...bare,
    '--name',
    'web',
    '--network',
    'demo',
    '--replicas',
    '2',
    ...label,
    'app:1',
  )
  const replicas = () => docker('service', 'ls', '--format', '{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}}')
  await eventually(async () => (await replicas()) === 'web replicated 2/2 app:1')
  await docker('service', 'scale', '--detach', 'web=3')
  await eventually(async () => (await replicas()) === 'web replicated 3/3 app:1')
  const changes = ['--image', 'app:2', '--label-add', 'a=b', '--network-add', 'other', '--force']
  await docker('service', 'update', ...bare, ...changes, 'web')
  const state = '{{.UpdateStatus.State}} {{index .Spec.Labels "a"}} {{len .Endpoint.VirtualIPs}}'
  await eventually(
    async () => (await docker('service', 'inspect', '--format', state, 'web')) === 'completed b 2',
  )
  const running = await docker(
    'service',
    'ps',
    '--filter',
    'desired-state=running',
    '--format',
    '{{.Name}} {{.Image}}',
    'web',
  )
  expect(lines(running).toSorted()).toEqual(['web.1 app:2', 'web.2 app:2', 'web.3 app:2'])
  await docker('service', 'rm', 'web')
  expect(await replicas()).toBe('')
})

test('docker network rm is refused while a service is on the network, and works afterwards', async () => {
  await using world = await createDocker()
  const { docker } = world
  await docker('network', 'create', '-d', 'overlay', 'demo')
  await docker(
    'service',
    'create',
    '--detach',
    '--no-resolve-image',
    '--name',
    'web',
    '--network',
    'demo',
    'app:1',
  )
  await expect(docker('network', 'rm', 'demo')).rejects.toThrow('is in use by service')
  await docker('service', 'rm', 'web')
  await eventually(async () => (await docker('network', 'rm', 'demo')) === 'demo')
  expect(await docker('network', 'ls', '--filter', 'scope=swarm', '--format', '{{.Name}}')).toBe('ingress')
})

test('docker node ls and node update --availability drain work', async () => {
  await using world = await createDocker()
  const { docker } = world
  await docker('node', 'update', '--availability', 'drain', 'node-2')
  const nodes = await docker(
    'node',
    'ls',
    '--format',
    '{{.Hostname}} {{.Status}} {{.Availability}} {{.ManagerStatus}}',
  )
  expect(lines(nodes).toSorted()).toEqual([
    'node-1 Ready Active Leader',
    'node-2 Ready Drain',
    'node-3 Ready Active',
  ])
})

test('docker service create waits for its service when it is not told to detach', async () => {
  await using world = await createDocker()
  const { docker } = world
  const output = await docker(
    'service',
    'create',
    '--no-resolve-image',
    '--name',
    'web',
    '--replicas',
    '2',
    'app:1',
  )
  expect(output).toContain('converged')
})
