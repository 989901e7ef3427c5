// The source of plain Docker against an engine's API: what it asks, what it makes of events, what trouble does to it.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createContainersSource, readContainers } from '../../agent/containers/source.ts'
import type { Snapshot } from '../../agent/core/snapshot.ts'
import type { Cadence } from '../../agent/docker/schedule.ts'
import type { DockerSource } from '../../agent/docker/source.ts'
import { type ContainerEngine, startContainerEngine } from '../support/container-engine.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'
import { compose, type Element, element, idOf } from '../unit/containers/world.ts'

type World = AsyncDisposable & {
  readonly engine: ContainerEngine
  readonly source: DockerSource
  readonly snapshots: readonly Snapshot[]
  readonly now: () => Snapshot
  readonly states: () => readonly string[]
}

/** Never by itself: what such a source sees, an event has told. */
const idle = { quietMs: 60_000, movingMs: 60_000, fullMs: 60_000 }

const web = (number: number, more: Element = {}): unknown =>
  element({ id: `a${number}`, name: `shop-web-${number}`, labels: compose('web', number), ...more })

async function createWorld(cadence: Partial<Cadence> = {}): Promise<World> {
  const dir = await tempDir()
  const socketPath = join(dir.path, 'docker.sock')
  const engine = await startContainerEngine(socketPath)
  engine.networks = [{ Id: 'front', Name: 'front', Driver: 'bridge' }]
  engine.containers = [web(1), web(2)]
  const stop = new AbortController()
  const snapshots: Snapshot[] = []
  const endpoint = { kind: 'unix', socketPath } as const
  const source = createContainersSource({ endpoint, edgeNetworks: 'every', hostname: 'laptop', cadence })
  const reading = (async () => {
    for await (const snapshot of source.snapshots(stop.signal)) snapshots.push(snapshot)
  })()
  const now = () => {
    const snapshot = snapshots.at(-1)
    if (snapshot === undefined) throw new Error('no snapshot yet')
    return snapshot
  }
  await eventually(() => now().tasks.length === 2 && engine.followers() === 1)
  return {
    engine,
    source,
    snapshots,
    now,
    states: () => now().tasks.map(({ slot, state, desiredState }) => `${slot} ${state} ${desiredState}`),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await reading
      await engine[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

test('asks for all containers, those that have ended among them, and for networks', async () => {
  await using world = await createWorld()
  expect(world.now().services).toMatchObject([{ id: 'shop.web', networkIds: ['front'], origin: 'compose' }])
  expect(world.engine.requests).toContain('/containers/json?all=true')
  expect(world.engine.requests).toContain('/networks')
})

test('takes a container out as soon as it is told to stop, while the list still shows it running', async () => {
  await using world = await createWorld(idle)
  world.engine.tell('container', 'kill', idOf('a2'), { signal: '15' })
  await eventually(() => expect(world.states()).toEqual(['1 running running', '2 running shutdown']), {
    timeoutMs: 500,
  })
  world.engine.containers = [web(1), web(2, { state: 'exited' })]
  world.engine.tell('container', 'die', idOf('a2'))
  await eventually(() => expect(world.states()).toEqual(['1 running running']))
  world.engine.containers = [web(1), web(2)]
  world.engine.tell('container', 'start', idOf('a2'))
  await eventually(() => expect(world.states()).toEqual(['1 running running', '2 running running']))
})

test('leaves a container in that gets a signal which ends nothing', async () => {
  await using world = await createWorld(idle)
  world.engine.tell('container', 'kill', idOf('a2'), { signal: '1' })
  world.engine.containers = [web(1), web(2), web(3)]
  world.engine.tell('container', 'start', idOf('a3'))
  await eventually(() => expect(world.now().tasks).toHaveLength(3))
  expect(world.snapshots.flatMap(({ tasks }) => tasks).some((task) => task.desiredState === 'shutdown')).toBe(
    false,
  )
})

test('takes a container out that gets its own stop signal, and leaves others in that get the same', async () => {
  await using world = await createWorld(idle)
  world.engine.details.set(idOf('a1'), { Config: { StopSignal: 'SIGTERM' } })
  world.engine.details.set(idOf('a2'), { Config: { StopSignal: 'SIGUSR1' } })
  // One that the engine does not tell of comes first: it keeps nobody else waiting.
  world.engine.tell('container', 'kill', idOf('a9'), { signal: '10' })
  world.engine.tell('container', 'kill', idOf('a1'), { signal: '10' })
  world.engine.tell('container', 'kill', idOf('a2'), { signal: '10' })
  await eventually(() => expect(world.states()).toEqual(['1 running running', '2 running shutdown']), {
    timeoutMs: 2000,
  })
  expect(world.source.status().trouble).toBeUndefined()
})

test('follows a health check from its first word to its last', async () => {
  await using world = await createWorld(idle)
  const told = async (status: string, states: readonly string[]) => {
    world.engine.containers = [web(1), web(2, { status })]
    world.engine.tell('container', 'health_status: whatever', idOf('a2'))
    await eventually(() => expect(world.states()).toEqual(states))
  }
  await told('Up 1 second (health: starting)', ['1 running running', '2 starting running'])
  await told('Up 2 seconds (healthy)', ['1 running running', '2 running running'])
  await told('Up 9 seconds (unhealthy)', ['1 running running', '2 starting running'])
})

test('sees by polling what no event told of, and asks for networks that it does not know', async () => {
  await using world = await createWorld({ quietMs: 100, movingMs: 100, fullMs: 60_000 })
  world.engine.networks = [...world.engine.networks, { Id: 'back', Name: 'back', Driver: 'bridge' }]
  const networks = { back: { NetworkID: 'back', IPAddress: '172.21.0.2' } }
  world.engine.containers = [web(1), web(2), element({ id: 'b1', name: 'db', networks })]
  await eventually(() => expect(world.now().networks.map(({ id }) => id)).toEqual(['front', 'back']))
  expect(world.now().tasks.at(-1)?.attachments).toEqual([{ networkId: 'back', addresses: ['172.21.0.2'] }])
})

test('keeps the last snapshot while the engine is in trouble, and does not believe that all is gone at a stroke', async () => {
  await using world = await createWorld({ quietMs: 100, movingMs: 100, doubtMs: 800 })
  const before = world.now()
  world.engine.refusal = 500
  await eventually(() => world.source.status().trouble?.code === 'docker-bad-reply')
  expect(world.now()).toBe(before)
  world.engine.refusal = undefined
  world.engine.containers = []
  await eventually(() => world.source.status().isHeldBack)
  expect(world.now()).toBe(before)
  await eventually(() => expect(world.now().services).toEqual([]))
})

test('believes at once that a service is gone when events tell so', async () => {
  await using world = await createWorld({ ...idle, doubtMs: 60_000 })
  for (const id of ['a1', 'a2']) {
    world.engine.tell('container', 'die', idOf(id))
    world.engine.tell('container', 'destroy', idOf(id), { name: 'x', ...compose('web') })
  }
  world.engine.containers = []
  world.engine.tell('network', 'disconnect', 'front')
  await eventually(() => expect(world.now().services).toEqual([]))
})

test('an element that makes no sense is left out, and told once', async () => {
  await using dir = await tempDir()
  const socketPath = join(dir.path, 'docker.sock')
  await using engine = await startContainerEngine(socketPath)
  engine.containers = [web(1), { Id: 'nonsense' }]
  const oddities: unknown[] = []
  const endpoint = { kind: 'unix', socketPath } as const
  const options = { endpoint, edgeNetworks: 'every', hostname: 'laptop' } as const
  const snapshot = await readContainers(
    { ...options, onOddity: (oddity) => oddities.push(oddity) },
    AbortSignal.timeout(5000),
  )
  expect(snapshot.tasks).toHaveLength(1)
  expect(oddities).toEqual([{ list: '/containers/json', id: 'nonsense', found: 'Id is "nonsense"' }])
})
