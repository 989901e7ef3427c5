// The images of a test bed: built once by an engine of their own, then in every node from its first second, as the
// nodes' image stores begin as hard links to the builder's. Layers are never written to, so sharing them is safe.
// Owns the cache and what is stale in it. Refuses to know what is in an image (app-image.ts, edge-image.ts).

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appImages, appKey, importChanges, packApp } from './app-image.ts'
import { buildDemo, demoKey } from './demo-image.ts'
import { docker } from './docker.ts'
import { buildEdge, edgeKey } from './edge-image.ts'
import { startEngine, stopEngine } from './engine.ts'
import { type BedLayout, cacheDir, type EngineLayout, type NodeLayout } from './layout.ts'
import { run } from './run.ts'

type Recipe = {
  /** Differs whenever the image would. */
  readonly key: () => Promise<string>
  readonly build: (builder: EngineLayout, say: (line: string) => void) => Promise<void>
}

export type ImageName = 'application' | 'edge' | 'demo'

const recipes: Readonly<Record<ImageName, Recipe>> = {
  application: { key: appKey, build: buildApp },
  edge: { key: edgeKey, build: buildEdge },
  demo: { key: demoKey, build: buildDemo },
}

const keysFile = join(cacheDir, 'images.json')

/** Makes sure that the cache holds these images as the project's files are now. */
export async function ensureImages(
  { builder }: BedLayout,
  names: readonly ImageName[],
  say: (line: string) => void,
): Promise<void> {
  const before = await readKeys()
  const wanted = await Promise.all(names.map(async (name) => ({ name, key: await recipes[name].key() })))
  const stale = wanted.filter(({ name, key }) => before[name] !== key)
  if (stale.length === 0) return
  const built = { ...before }
  await mkdir(builder.dataRoot, { recursive: true })
  // Gone until the engine has stopped in good order: what a crash leaves is looked at again.
  await rm(keysFile, { force: true })
  await startEngine(builder)
  try {
    for (const { name, key } of stale) {
      say(`building the image of the ${name}`)
      await recipes[name].build(builder, say)
      built[name] = key
    }
    // Layers of builds that nobody will repeat; the younger ones make the next build quick.
    await docker(builder, ['image', 'prune', '--force', '--filter', 'until=24h'])
  } finally {
    await stopEngine(builder)
    await writeFile(keysFile, JSON.stringify(built))
  }
}

/** Fills the image store of a node that has not started yet. */
export async function seedImages({ builder }: BedLayout, node: NodeLayout): Promise<void> {
  await mkdir(node.dataRoot, { recursive: true })
  await run('cp', ['--archive', join(builder.dataRoot, 'image'), node.dataRoot])
  await run('cp', ['--archive', '--link', join(builder.dataRoot, 'overlay2'), node.dataRoot])
}

async function buildApp(builder: EngineLayout): Promise<void> {
  const folder = join(cacheDir, 'app')
  const tar = await packApp(folder)
  for (const { tag, version } of appImages) {
    const changes = importChanges(version).flatMap((change) => ['--change', change])
    await docker(builder, ['import', ...changes, tar, tag])
  }
  await Promise.all([folder, tar].map((path) => rm(path, { recursive: true })))
}

async function readKeys(): Promise<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(await readFile(keysFile, 'utf8').catch(() => '{}'))
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}
