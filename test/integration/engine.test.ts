// Which source an engine gets: its own words decide, and only a clear no to Swarm makes it one of containers.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from '../../agent/cli/settings.ts'
import { createEngineSource, dockerEndpoint, type SourceName, sourceOptions } from '../../agent/engine.ts'
import { type ContainerEngine, startContainerEngine } from '../support/container-engine.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

const host = { hostname: 'edge-1', os: 'linux', arch: 'x64', version: '1.2.3', templatesDir: '/templates' }

/** Reads a source until `look` holds; gives which one was chosen. */
async function chosenFor(
  source: string,
  prepare: (engine: ContainerEngine) => void,
  look: (chosen: SourceName | undefined, engine: ContainerEngine, trouble: string | undefined) => boolean,
): Promise<SourceName | undefined> {
  await using dir = await tempDir()
  const socketPath = join(dir.path, 'docker.sock')
  await using engine = await startContainerEngine(socketPath)
  prepare(engine)
  const env = { TIDEGATE_DOCKER_HOST: `unix://${socketPath}`, TIDEGATE_SOURCE: source }
  const settings = readSettings({ flags: {}, env, host })
  let chosen: SourceName | undefined
  const stop = new AbortController()
  const engineSource = createEngineSource(settings, {
    ...sourceOptions(settings, dockerEndpoint(settings), host.hostname),
    onChosen: (name) => {
      chosen = name
    },
  })
  const reading = (async () => {
    for await (const _ of engineSource.snapshots(stop.signal)) if (stop.signal.aborted) return
  })()
  try {
    await eventually(() => look(chosen, engine, engineSource.status().trouble?.code))
    return chosen
  } finally {
    stop.abort()
    await reading
  }
}

const isChosen = (chosen: SourceName | undefined) => chosen !== undefined

test.for([
  ['inactive', 'containers'],
  ['active', 'swarm'],
  ['pending', 'swarm'],
  ['locked', 'swarm'],
  ['error', 'swarm'],
] as const)('auto makes of an engine whose part in a Swarm is "%s" a source of %s', async ([state, name]) => {
  const chosen = await chosenFor('auto', (engine) => Object.assign(engine, { swarmState: state }), isChosen)
  expect(chosen).toBe(name)
})

test('auto takes an engine that refuses the question for one of a Swarm', async () => {
  expect(await chosenFor('auto', (engine) => Object.assign(engine, { refusal: 403 }), isChosen)).toBe('swarm')
})

test('auto asks again while the engine is in trouble, and says which', async () => {
  const chosen = await chosenFor(
    'auto',
    (engine) => Object.assign(engine, { refusal: 500 }),
    (name, engine, trouble) => {
      if (trouble === 'docker-bad-reply') engine.refusal = undefined
      return name !== undefined
    },
  )
  expect(chosen).toBe('containers')
})

test.for(['swarm', 'containers'] as const)(
  'a source that is set to %s is that one, unasked',
  async (name) => {
    let asked: readonly string[] = []
    const chosen = await chosenFor(
      name,
      () => undefined,
      (is, engine) => {
        asked = engine.requests
        return is !== undefined && asked.length > 0
      },
    )
    expect(chosen).toBe(name)
    expect(asked).not.toContain('/info')
  },
)
