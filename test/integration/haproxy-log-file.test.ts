import { appendFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLogFile } from '../../agent/haproxy/log-file.ts'
import { tempDir } from '../support/temp-dir.ts'

test('lines come once and whole, however they were written', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'log')
  await appendFile(path, 'from before\n')
  await using log = await openLogFile(path)
  expect(await log.nextLines()).toEqual([])
  await appendFile(path, 'one\n\ntw')
  expect(await log.nextLines()).toEqual(['one'])
  expect(await log.nextLines()).toEqual([])
  await appendFile(path, Buffer.from('o \u00fc').subarray(0, 3))
  expect(await log.nextLines()).toEqual([])
  await appendFile(path, Buffer.concat([Buffer.from('\u00fc').subarray(1), Buffer.from('\nthree\n')]))
  expect(await log.nextLines()).toEqual(['two \u00fc', 'three'])
})

test('the lines behind a position can be read without passing them', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'log')
  await using log = await openLogFile(path)
  await appendFile(path, 'one\n')
  const position = await log.size()
  await appendFile(path, 'two\n')
  expect(await log.linesFrom(position)).toEqual(['two'])
  expect(await log.nextLines()).toEqual(['one', 'two'])
})

test('a file that grows is emptied once it was read', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'log')
  await using log = await openLogFile(path)
  const line = `${'x'.repeat(1023)}\n`
  let lines = 0
  for (let round = 0; round < 40; round++) {
    await appendFile(path, line.repeat(100))
    lines += (await log.nextLines()).length
    expect((await stat(path)).size).toBeLessThan(1_200_000)
  }
  expect(lines).toBe(4000)
})

test('a file that somebody else emptied is read from its beginning', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'log')
  await using log = await openLogFile(path)
  await appendFile(path, 'a long line of text\n')
  await log.nextLines()
  await truncate(path)
  await appendFile(path, 'short\n')
  expect(await log.nextLines()).toEqual(['short'])
})

test('a line without an end is cut and does not grow', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'log')
  await using log = await openLogFile(path)
  for (let round = 0; round < 3; round++) {
    await appendFile(path, 'x'.repeat(1500))
    expect(await log.nextLines()).toEqual([])
  }
  await appendFile(path, '\n')
  expect(await log.nextLines()).toEqual(['x'.repeat(2000)])
})

test('a folder that is not there is named', async () => {
  await expect(openLogFile('/nowhere/log')).rejects.toMatchObject({
    code: 'files-unwritable',
    message: expect.stringContaining('/nowhere/log cannot be opened: ENOENT'),
  })
})
