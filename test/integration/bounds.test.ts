// Bounds of the view of the Swarm, reached on purpose; docs/bounds.md lists all of them and who reaches the others.

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSimulatedSwarm } from '../sim/swarm.ts'
import { fastTiming } from '../sim/timing.ts'
import { eventually } from '../support/eventually.ts'
import { readSource } from '../support/source-reader.ts'
import { tempDir } from '../support/temp-dir.ts'

it('a list that is too long to be read is no list: the last view stands, and the next that fits counts', async () => {
  await using dir = await tempDir()
  const socketPath = join(dir.path, 'docker.sock')
  await using swarm = await createSimulatedSwarm({ socketPath, timing: fastTiming })
  await swarm.createNetwork('demo')
  const create = (name: string, labels: Readonly<Record<string, string>>) =>
    swarm.createService({ name, replicas: 0, networks: ['demo'], labels })
  create('small', {})
  await using reader = readSource(socketPath, { listBytesMax: 20_000 })
  await eventually(() => reader.now().services.length === 1)
  create('large', { note: 'x'.repeat(30_000) })
  await eventually(() => reader.troubles.length > 0)
  const [trouble] = reader.troubles
  expect([trouble?.code, trouble?.message.includes('20000')]).toEqual(['docker-bad-reply', true])
  expect(reader.now().services.map(({ name }) => name)).toEqual(['small'])
  swarm.removeService('large')
  create('other', {})
  await eventually(() => reader.now().services.length === 2)
  expect(reader.recoveries.length).toBe(1)
})
