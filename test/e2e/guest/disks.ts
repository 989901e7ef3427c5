// The guest's disks: the system from Debian's packages, the images as an engine's own store, and the scenario.
// Owns .cache/guest: each of the first two is made again only when what it is made of has changed.

import { copyFile, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { appImages, appKey } from '../swarm/app-image.ts'
import { edgeImage, edgeKey } from '../swarm/edge-image.ts'
import { fileKey } from '../swarm/file-key.ts'
import { layOut, projectDir } from '../swarm/layout.ts'
import { run } from '../swarm/run.ts'
import { type BedNode, createTestBed } from '../swarm/test-bed.ts'
import type { Disks } from './machine.ts'

const here = 'test/e2e/guest'
const cacheDir = join(projectDir, '.cache/guest')
const systemDir = join(cacheDir, 'system')
const imagesDir = join(cacheDir, 'images')

/** Makes the disks that are not there as they should be, of which `say` hears, and the scenario's in `folder`. */
export async function makeDisks(folder: string, say: (line: string) => void): Promise<Disks> {
  await mkdir(cacheDir, { recursive: true })
  await cached(systemDir, await fileKey([`${here}/system-disk.sh`]), async (part) => {
    say("making the guest's system from Debian's packages")
    await run('sh', [join(projectDir, here, 'system-disk.sh'), part], { timeoutMs: 900_000 })
  })
  const imagesKey = [await appKey(), await edgeKey(), await fileKey([`${here}/disks.ts`])].join(' ')
  await cached(imagesDir, imagesKey, async (part) => {
    say("making the guest's disk of images")
    await makeImagesDisk(join(part, 'images.img'), say)
  })
  const scenario = join(folder, 'scenario.img')
  await makeScenarioDisk(folder, scenario)
  return {
    kernel: join(systemDir, 'vmlinuz'),
    initrd: join(systemDir, 'initrd.img'),
    drives: [join(systemDir, 'system.img'), join(imagesDir, 'images.img'), scenario],
  }
}

/** Fills the folder unless it was filled under the same key: at once, or not at all. */
async function cached(folder: string, key: string, make: (part: string) => Promise<void>): Promise<void> {
  const keyFile = join(folder, 'key')
  if ((await readFile(keyFile, 'utf8').catch(() => undefined)) === key) return
  const part = `${folder}.part`
  await Promise.all([folder, part].map((path) => rm(path, { recursive: true, force: true })))
  await mkdir(part)
  await make(part)
  await writeFile(join(part, 'key'), key)
  await rename(part, folder)
}

/** The image store of a node of a test bed, which the guest's engine takes for its own: nothing is loaded there. */
async function makeImagesDisk(file: string, say: (line: string) => void): Promise<void> {
  const bedName = 'tgguest'
  await using bed = await createTestBed({ name: bedName, nodes: 1, say })
  const node = bed.node(0)
  await removeOtherImages(node)
  await node.stop()
  const dataRoot = layOut(bedName, 1).nodes[0]?.dataRoot ?? ''
  const store = join(dataRoot, 'store')
  await mkdir(store)
  for (const part of ['image', 'overlay2']) await rename(join(dataRoot, part), join(store, part))
  await makeDisk(file, { label: 'images', folder: store, size: '3G' })
}

async function removeOtherImages(node: BedNode): Promise<void> {
  const wanted = new Set([edgeImage, ...appImages.map(({ tag }) => tag)])
  const names = (await node.docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}')).split('\n')
  const others = names.filter((name) => !wanted.has(name) && !name.includes('<none>'))
  if (others.length > 0) await node.docker('image', 'rm', '--force', ...others)
  await node.docker('image', 'prune', '--force')
}

/** What the guest's first process runs: this machine's Node, the scenario compiled for it, and the stack. */
async function makeScenarioDisk(folder: string, file: string): Promise<void> {
  const content = join(folder, 'scenario')
  const app = join(content, 'app')
  await mkdir(app, { recursive: true })
  await copyFile(await realpath(process.execPath), join(content, 'node'))
  const compiler = join(projectDir, 'node_modules/.bin/tsc')
  await run(compiler, ['-p', here, '--outDir', app], { cwd: projectDir })
  await writeFile(join(app, 'package.json'), '{ "type": "module" }\n')
  const files = [`${here}/init.sh`, `${here}/emulated.yml`, 'compose/stack.yml']
  for (const each of files) await copyFile(join(projectDir, each), join(content, basename(each)))
  await makeDisk(file, { label: 'scenario', folder: content, size: '256M' })
}

type DiskContent = { readonly label: string; readonly folder: string; readonly size: string }

async function makeDisk(file: string, { label, folder, size }: DiskContent): Promise<void> {
  await run('mkfs.ext4', ['-q', '-L', label, '-d', folder, file, size])
}
