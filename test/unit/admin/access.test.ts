// Who may read, and where the token comes from.

import { chmod, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createGuard } from '../../../agent/admin/access.ts'
import { keepToken, readToken } from '../../../agent/admin/token.ts'
import { tempDir } from '../../support/temp-dir.ts'

const token = 'abcdefghijklmnop0123456789'
const guard = createGuard(token)
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

test.for([
  [`Bearer ${token}`, true],
  [`bearer ${token}`, true],
  [basic(`:${token}`), true],
  [basic(`somebody:${token}`), true],
  [undefined, false],
  ['', false],
  ['Bearer', false],
  ['Bearer ', false],
  [`Bearer ${token}x`, false],
  [`Bearer ${token.slice(0, -1)}`, false],
  [`Bearer x ${token}`, false],
  [token, false],
  [basic(token), false],
  [basic(`${token}:`), false],
  [basic(`a:b:${token}`), false],
  ['Basic !!!', false],
  [`Digest ${token}`, false],
] as const)('%s', ([authorization, isRight]) => {
  expect(guard(authorization)).toBe(isRight)
})

test('a token is made once, for its own user, and kept', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.token')
  const made = await keepToken(path)
  expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toBe(`${made}\n`)
  expect(await keepToken(path)).toBe(made)
  expect(await readToken(path)).toBe(made)
})

test.for<readonly [string, (path: string) => Promise<void>]>([
  ['others can read', (path) => chmod(path, 0o640)],
  ['is too short', (path) => writeFile(path, 'short')],
  ['is empty', (path) => writeFile(path, '')],
  ['holds something else', (path) => writeFile(path, `${'x'.repeat(20)} y\n`)],
])('a token that %s is made anew', async ([, spoil]) => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.token')
  const made = await keepToken(path)
  await spoil(path)
  const again = await keepToken(path)
  expect(again).not.toBe(made)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a link in its place is not followed, but replaced', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'admin.token')
  const target = join(dir.path, 'target')
  await writeFile(target, `${token}\n`, { mode: 0o600 })
  await symlink(target, path)
  expect(await keepToken(path)).not.toBe(token)
  expect(await readFile(target, 'utf8')).toBe(`${token}\n`)
})

test.for([
  ['is not there', undefined, /cannot be read: .*ENOENT/],
  ['is empty', '', /holds no token/],
  ['has a blank in it', 'abcdefgh ijklmnopqrst', /holds no token/],
  ['is too short', 'abcdefghijklmno', /holds no token/],
] as const)("an operator's file that %s is refused", async ([, content, message]) => {
  await using dir = await tempDir()
  const path = join(dir.path, 'token')
  if (content !== undefined) await writeFile(path, content)
  await expect(readToken(path)).rejects.toMatchObject({
    code: 'admin-unusable',
    message: expect.stringMatching(message),
  })
})

test('a folder that cannot be written to is told as such', async () => {
  await expect(keepToken('/nowhere/at/all/admin.token')).rejects.toMatchObject({ code: 'admin-unusable' })
})
