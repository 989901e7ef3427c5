// The edge gives its own service the secrets and configs that services name for their certificates, together with networks,
// and takes them back: in one update for all that is pending, and never touching anything else.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { addedConfigsLabel, addedSecretsLabel } from '../../agent/core/edge-mounts.ts'
import { createSimulatedSwarm, type SimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { makeCertificate } from '../support/certificates.ts'
import { type Edge, freePort, startEdge } from '../support/edge.ts'
import { eventually } from '../support/eventually.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'

/** What the stack file gives the edge: nobody takes that away. */
const own = { name: 'edge-token', file: 'token' }

/** A Swarm with a service for the edge itself, of one task, with a secret that its stack file names, and a network. */
async function startSwarm(dir: TempDir): Promise<SimulatedSwarm> {
  const swarm = await createSimulatedSwarm({
    socketPath: join(dir.path, 'docker.sock'),
    timing: fastTiming,
    runtime: 'none',
  })
  for (const name of ['edge-net', 'demo']) await swarm.createNetwork(name)
  const id = swarm.createSecret(own.name, 'token')
  const secrets = [
    { SecretID: id, SecretName: own.name, File: { Name: own.file, UID: '0', GID: '0', Mode: 0o444 } },
  ]
  swarm.createService({ name: 'edge', replicas: 1, networks: ['edge-net'], secrets })
  await swarm.waitFor('edge', 1, AbortSignal.timeout(10_000))
  return swarm
}

/** An agent that takes itself to run in the edge's task. */
async function startAgent(swarm: SimulatedSwarm, dir: TempDir, flags = {}): Promise<Edge> {
  const containerId = swarm.runningTasksOf('edge')[0]?.Status.ContainerStatus?.ContainerID ?? ''
  return startEdge({
    engine: swarm.socketPath,
    runDir: join(dir.path, 'run'),
    hostname: containerId.slice(0, 12),
    flags: {
      'https-bind': `127.0.0.1:${await freePort()}`,
      'edge-networks': 'auto',
      'networks-settle': '200ms',
      // No task of these Swarms runs anything.
      'accept-grace': '0ms',
      ...flags,
    },
  })
}

const publish = (swarm: SimulatedSwarm, name: string, labels: Readonly<Record<string, string>>) =>
  swarm.createService({
    name,
    replicas: 1,
    networks: ['demo'],
    labels: {
      'com.docker.lb.hosts': `${name}.local`,
      'com.docker.lb.port': '8080',
      ...Object.fromEntries(Object.entries(labels).map(([key, value]) => [`com.docker.lb.${key}`, value])),
    },
  })

const containerOf = (swarm: SimulatedSwarm) => swarm.service('edge').Spec.TaskTemplate.ContainerSpec
const secretsOf = (swarm: SimulatedSwarm) =>
  (containerOf(swarm)?.Secrets ?? []).map(({ SecretName, File }) => `${SecretName} as ${File?.Name}`).sort()
const configsOf = (swarm: SimulatedSwarm) =>
  (containerOf(swarm)?.Configs ?? []).map(({ ConfigName, File }) => `${ConfigName} as ${File?.Name}`).sort()
const networksOf = (swarm: SimulatedSwarm) =>
  (swarm.service('edge').Spec.TaskTemplate.Networks ?? []).map(
    ({ Target }) => swarm.network(Target).Spec.Name,
  )

const replaced = (swarm: SimulatedSwarm) =>
  eventually(() => swarm.service('edge').UpdateStatus?.State === 'completed', { timeoutMs: 20_000 })

const ours = `${own.name} as ${own.file}`

it('gives the edge secrets, a config and a network in one update, and takes them back in another', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  const ids = ['web.crt', 'web.key', 'unused'].map((name) => swarm.createSecret(name, name))
  swarm.createConfig('shop.pem', 'shop')
  const before = containerOf(swarm)
  {
    await using agent = await startAgent(swarm, dir)
    publish(swarm, 'web', { ssl_cert: 'web.crt', ssl_key: 'web.key' })
    publish(swarm, 'shop', { ssl_cert: 'shop.pem' })
    await eventually(() => agent.told.attached.length > 0)
    expect(agent.told.attached).toMatchObject([
      {
        add: [swarm.network('demo').ID],
        secrets: { add: [{ name: 'web.crt' }, { name: 'web.key' }] },
        configs: { add: [{ name: 'shop.pem' }] },
      },
    ])
    expect(secretsOf(swarm)).toEqual([ours, 'web.crt as web.crt', 'web.key as web.key'])
    expect(configsOf(swarm)).toEqual(['shop.pem as /run/configs/shop.pem'])
    expect(networksOf(swarm)).toEqual(['edge-net', 'demo'])
    expect(containerOf(swarm)?.Secrets?.at(-1)?.File).toEqual({
      Name: 'web.key',
      UID: '0',
      GID: '0',
      Mode: 0o400,
    })
    expect(swarm.service('edge').Spec.Labels?.[addedSecretsLabel]).toBe(ids.slice(0, 2).sort().join(','))
    const { Secrets: _, Configs: __, ...rest } = containerOf(swarm) ?? {}
    expect(rest).toEqual((({ Secrets: ___, ...others }) => others)(before ?? {}))
  }
  await replaced(swarm)
  await using agent = await startAgent(swarm, dir)
  await agent.settled()
  expect(() => swarm.removeSecret('web.crt')).toThrow(/in use/)
  swarm.removeService('web')
  swarm.removeService('shop')
  await eventually(() => secretsOf(swarm).length === 1, { timeoutMs: 15_000 })
  expect([secretsOf(swarm), configsOf(swarm), networksOf(swarm)]).toEqual([[ours], [], ['edge-net']])
  const { Labels } = swarm.service('edge').Spec
  expect([Labels?.[addedSecretsLabel], Labels?.[addedConfigsLabel]]).toEqual([undefined, undefined])
  swarm.removeSecret('web.crt')
})

it('follows a label to a new secret: the new one comes and the old one goes in one update', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  swarm.updateService('edge', { networks: ['edge-net', 'demo'] })
  await replaced(swarm)
  swarm.createSecret('web-2025', 'old')
  {
    await using agent = await startAgent(swarm, dir)
    publish(swarm, 'web', { ssl_cert: 'web-2025' })
    await eventually(() => agent.told.attached.length > 0)
  }
  await replaced(swarm)
  await using agent = await startAgent(swarm, dir)
  await agent.settled()
  expect(agent.told.attached).toEqual([])
  swarm.updateService('web', { labels: { 'com.docker.lb.ssl_cert': 'web-2026' } })
  await eventually(() => agent.told.appeared.some(({ found }) => found.includes('web-2026')))
  expect(secretsOf(swarm)).toEqual([ours, 'web-2025 as web-2025'])
  // The secret comes after the label that names it; an event tells of it.
  swarm.createSecret('web-2026', 'new')
  await eventually(() => agent.told.attached.length > 0)
  expect(agent.told.attached).toMatchObject([
    { add: [], secrets: { add: [{ name: 'web-2026' }], remove: [{ name: 'web-2025' }] } },
  ])
  expect(secretsOf(swarm)).toEqual([ours, 'web-2026 as web-2026'])
})

it('needs no secret for what is a file in the certificates folder', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  const certificates = join(dir.path, 'certs')
  await mkdir(certificates)
  await writeFile(join(certificates, 'web.pem'), (await makeCertificate({ names: ['web.local'] })).both)
  swarm.updateService('edge', { networks: ['edge-net', 'demo'] })
  await replaced(swarm)
  for (const name of ['web.pem', 'shop.pem']) swarm.createSecret(name, name)
  await using agent = await startAgent(swarm, dir, { certificates })
  publish(swarm, 'web', { ssl_cert: 'web.pem' })
  publish(swarm, 'shop', { ssl_cert: 'shop.pem' })
  await eventually(() => agent.told.attached.length > 0)
  expect(secretsOf(swarm)).toEqual([ours, 'shop.pem as shop.pem'])
})

it('keeps its hands off secrets where it is told to leave networks alone', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  swarm.updateService('edge', { networks: ['edge-net', 'demo'] })
  await replaced(swarm)
  swarm.createSecret('web.pem', 'x')
  await using agent = await startAgent(swarm, dir, { networks: 'off' })
  publish(swarm, 'web', { ssl_cert: 'web.pem' })
  await eventually(() => agent.status().problems.length > 0)
  expect(agent.status().problems).toMatchObject([{ service: 'web', code: 'certificate-missing' }])
  await agent.settled()
  expect(secretsOf(swarm)).toEqual([ours])
  expect(agent.told.attached).toEqual([])
})

it('asks for no secrets and configs while no service names one, and goes on where it may not ask', async () => {
  await using dir = await tempDir()
  await using swarm = await startSwarm(dir)
  swarm.updateService('edge', { networks: ['edge-net', 'demo'] })
  await replaced(swarm)
  swarm.api.reset()
  await using agent = await startAgent(swarm, dir)
  publish(swarm, 'plain', {})
  await agent.settled()
  const lists = () => ['GET /secrets', 'GET /configs'].map((call) => swarm.api.counts.get(call) ?? 0)
  expect(lists()).toEqual([0, 0])
  swarm.faults.set({ kind: 'error-500', path: /^\/(secrets|configs)/ })
  publish(swarm, 'web', { ssl_cert: 'web.pem' })
  await eventually(() => agent.status().problems.length > 0)
  publish(swarm, 'later', {})
  await eventually(() => agent.status().routing?.backends.has('later.local') === true)
  expect(agent.told.notes).toEqual([])
  swarm.faults.clear()
  swarm.createSecret('web.pem', 'x')
  await eventually(() => secretsOf(swarm).length === 2)
})
