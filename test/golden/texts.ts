// Texts that one has read, kept as files: one for each situation.
// GOLDEN_UPDATE=1 writes them instead (`npm run golden:update`); read the difference before you commit it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, test } from 'vitest'

const { GOLDEN_UPDATE: update } = env

/** Holds each text to the file of its name in a folder beside this file, byte for byte, and the files to the texts. */
export function asTheyWereRead(
  folder: string,
  texts: readonly (readonly [name: string, text: string])[],
): void {
  const dir = join(import.meta.dirname, folder)
  const byFile = new Map(texts.map(([name, text]) => [`${name}.txt`, text]))
  if (update === '1') {
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    for (const [file, text] of byFile) writeFileSync(join(dir, file), text)
  }

  test.for([...byFile])('%s is as it was read', ([file, text]) => {
    expect(text).toBe(readFileSync(join(dir, file), 'utf8'))
  })

  test('every file is of a situation that there is, and each has its own', () => {
    expect(readdirSync(dir).sort()).toEqual([...byFile.keys()].sort())
    expect(byFile.size).toBe(texts.length)
  })
}
