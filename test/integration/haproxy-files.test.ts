import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFiles } from '../../agent/haproxy/files.ts'
import { tempDir } from '../support/temp-dir.ts'

const signal = () => AbortSignal.timeout(10_000)

test('files are written into folders that are made, readable by the group and nobody else', async () => {
  await using dir = await tempDir()
  const files = createFiles({ dir: join(dir.path, 'run') })
  const written = await files.write(
    new Map([
      ['haproxy.cfg', 'global\n'],
      ['errors/503.http', 'HTTP/1.1 503\n'],
    ]),
    signal(),
  )
  expect(written).toEqual(['haproxy.cfg', 'errors/503.http'])
  expect(await files.read('errors/503.http', signal())).toBe('HTTP/1.1 503\n')
  expect((await stat(files.path('haproxy.cfg'))).mode & 0o777).toBe(0o640)
  expect(await readdir(join(dir.path, 'run'))).toEqual(['errors', 'haproxy.cfg'])
})

test('a file that would not change is left alone, by this agent and by the next', async () => {
  await using dir = await tempDir()
  const content = new Map([
    ['a', 'one'],
    ['b', 'two'],
  ])
  const files = createFiles({ dir: dir.path })
  await files.write(content, signal())
  const before = await stat(files.path('a'))
  expect(await files.write(content, signal())).toEqual([])
  expect(await createFiles({ dir: dir.path }).write(content, signal())).toEqual([])
  expect((await stat(files.path('a'))).ino).toBe(before.ino)
  expect(
    await files.write(
      new Map([
        ['a', 'one'],
        ['b', 'three'],
      ]),
      signal(),
    ),
  ).toEqual(['b'])
})

test('a file that somebody else changed or removed is written again', async () => {
  await using dir = await tempDir()
  const content = new Map([
    ['a', 'one'],
    ['b', 'two'],
  ])
  const files = createFiles({ dir: dir.path })
  await files.write(content, signal())
  await writeFile(files.path('a'), 'tampered')
  execFileSync('rm', [files.path('b')])
  expect(await files.write(content, signal())).toEqual(['a', 'b'])
  expect(await files.read('a', signal())).toBe('one')
})

test('a file that is not there reads as undefined', async () => {
  await using dir = await tempDir()
  expect(await createFiles({ dir: dir.path }).read('none', signal())).toBeUndefined()
})

test('what a killed agent left half written is swept, and nothing else', async () => {
  await using dir = await tempDir()
  await mkdir(join(dir.path, 'errors'))
  await writeFile(join(dir.path, '.tidegate-a.0123.tmp'), 'half')
  await writeFile(join(dir.path, 'errors/.tidegate-b.0123.tmp'), 'half')
  await writeFile(join(dir.path, 'kept.tmp'), 'whole')
  await createFiles({ dir: dir.path }).sweep(['a', 'errors/b'])
  expect((await readdir(dir.path, { recursive: true })).sort()).toEqual(['errors', 'kept.tmp'])
})

// Mounting takes root and its capabilities, which some containers do not give.
const testOnDisk = test.runIf(canMount())

testOnDisk('a full disk leaves every old file whole, and nothing beside them', async () => {
  await using dir = await tempDir()
  await using disk = smallDisk(dir.path)
  const files = createFiles({ dir: disk.path })
  const old = new Map([
    ['a', 'one'],
    ['b', 'two'],
  ])
  await files.write(old, signal())
  const large = new Map([
    ['a', 'x'.repeat(1000)],
    ['b', 'x'.repeat(1024 * 1024)],
  ])
  await expect(files.write(large, signal())).rejects.toMatchObject({
    code: 'files-unwritable',
    message: expect.stringContaining(`${disk.path}/b cannot be written: ENOSPC`),
    hint: expect.stringContaining('disk is full'),
  })
  expect(await readdir(disk.path)).toEqual(['a', 'b'])
  expect(await readFile(files.path('a'), 'utf8')).toBe('one')
  expect(await files.write(old, signal())).toEqual([])
})

testOnDisk('a read-only disk is named as such', async () => {
  await using dir = await tempDir()
  await using disk = smallDisk(dir.path)
  execFileSync('mount', ['-o', 'remount,ro', disk.path])
  await expect(
    createFiles({ dir: disk.path }).write(new Map([['a', 'one']]), signal()),
  ).rejects.toMatchObject({
    code: 'files-unwritable',
    hint: expect.stringContaining('read-only'),
  })
})

test('a folder that the agent may not write to is named, with the cure', async () => {
  await using dir = await tempDir()
  await chmod(dir.path, 0o555)
  const script = `
    import { createFiles } from ${JSON.stringify(join(import.meta.dirname, '../../agent/haproxy/files.ts'))}
    process.setegid(65534); process.seteuid(65534)
    await createFiles({ dir: process.argv[1] }).write(new Map([['a', 'one']]), AbortSignal.timeout(5000))
      .catch((error) => console.log(error.code, error.hint))`
  const output = execFileSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script, dir.path],
    {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    },
  )
  expect(output).toBe('files-unwritable Let the user that the agent runs as write to this folder.\n')
})

test('a folder where a file should be is named', async () => {
  await using dir = await tempDir()
  await mkdir(join(dir.path, 'a'))
  await expect(createFiles({ dir: dir.path }).write(new Map([['a', 'one']]), signal())).rejects.toMatchObject(
    {
      code: 'files-unwritable',
      hint: expect.stringContaining('mixed up'),
    },
  )
})

test.for(['../a', '/etc/a', 'a/../../b', ''])(
  'a name that leads out of the folder is a bug: %j',
  async (name) => {
    await using dir = await tempDir()
    const files = createFiles({ dir: dir.path })
    await expect(files.write(new Map([[name, 'one']]), signal())).rejects.toThrow('bug: file name')
  },
)

function canMount(): boolean {
  // In a mount namespace of its own, gone with the command.
  return spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
}

/** A file system of 64 kB. */
function smallDisk(beside: string): AsyncDisposable & { readonly path: string } {
  const path = join(beside, 'disk')
  execFileSync('mkdir', [path])
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path])
  return { path, [Symbol.asyncDispose]: async () => void execFileSync('umount', [path]) }
}
