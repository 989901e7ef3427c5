// The application that the tests' services run: this machine's Node with its libraries, busybox, and the simulator's
// application, imported as one layer. No base image is needed, so it takes seconds and no registry.
// Owns what is in the image. Refuses engines: it leaves a tar file (images.ts imports it).

import { copyFile, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileKey } from './file-key.ts'
import { projectDir } from './layout.ts'
import { run } from './run.ts'

/** The names that the application goes by: two versions of it, and the images of the document's examples. */
export const appImages: readonly { readonly tag: string; readonly version: string }[] = [
  { tag: 'localhost:5000/tidegate-app:1', version: '1' },
  { tag: 'localhost:5000/tidegate-app:2', version: '2' },
  { tag: 'mirantiseng/docker-demo:latest', version: '0.1' },
  { tag: 'ehazlett/interlock-default-app:latest', version: 'default' },
]

/** What the engine is told about the image; health checks and `docker exec` find a shell, wget (whose `-T` crashes) and `ask`. */
export function importChanges(version: string): readonly string[] {
  return [
    'WORKDIR /',
    'EXPOSE 8080',
    `ENV PATH=/usr/bin:/bin VERSION=${version}`,
    'CMD ["/usr/bin/node","/app/e2e/swarm/app/main.js"]',
  ]
}

const sources = ['test/e2e/swarm/app', 'test/e2e/swarm/app-image.ts', 'test/sim', 'tsconfig.json']

/** Differs whenever the image would. */
export async function appKey(): Promise<string> {
  return `${process.version} ${await fileKey(sources)}`
}

const applets = [
  'sh',
  'cat',
  'env',
  'grep',
  'hostname',
  'ip',
  'kill',
  'ls',
  'nslookup',
  'ps',
  'sleep',
  'wget',
]

/** Puts the image's files into `folder` and packs them; resolves to the tar file's path, beside the folder. */
export async function packApp(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  for (const name of ['bin', 'usr/bin', 'etc', 'tmp', 'app']) {
    await mkdir(join(folder, name), { recursive: true })
  }
  await copyInto(folder, process.execPath, '/usr/bin/node')
  for (const library of await librariesOf(process.execPath)) await copyInto(folder, library)
  await copyInto(folder, (await run('which', ['busybox'])).trim(), '/bin/busybox')
  for (const name of applets) await symlink('busybox', join(folder, 'bin', name))
  const program = '#!/bin/sh\nexec node /app/e2e/swarm/app/ask.js "$@"\n'
  await writeFile(join(folder, 'bin/ask'), program, { mode: 0o755 })
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  const compiler = join(projectDir, 'node_modules/.bin/tsc')
  await run(compiler, ['-p', 'test/e2e/swarm/app', '--outDir', join(folder, 'app')], { cwd: projectDir })
  await writeFile(join(folder, 'app/package.json'), '{ "type": "module" }\n')
  const tar = `${folder}.tar`
  // The same files give the same bytes, and with them the same layer.
  await run('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '-C', folder, '-cf', tar, '.'])
  return tar
}

/** The shared libraries of a program, its loader included, as `ldd` names them. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const printed = await run('ldd', [program])
  return [...printed.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1] ?? '')
}

async function copyInto(folder: string, source: string, as = source): Promise<void> {
  const target = join(folder, as)
  await mkdir(dirname(target), { recursive: true })
  await copyFile(await realpath(source), target)
}
