// Tells whether files have changed since something was built from them.
// Owns the hash. Refuses times: a fresh clone of the same files is the same.

import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { projectDir } from './layout.ts'

/** A hash over the names and contents of files and whole folders of the project; what is not there counts as empty. */
export async function fileKey(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths.toSorted()) {
    for (const file of await filesIn(path)) {
      const content = await readFile(join(projectDir, file))
      hash.update(`${file}\n${content.length}\n`).update(content)
    }
  }
  return hash.digest('hex')
}

async function filesIn(path: string): Promise<readonly string[]> {
  const full = join(projectDir, path)
  const found = await stat(full).catch(() => undefined)
  if (found === undefined) return []
  if (found.isFile()) return [path]
  const names = (await readdir(full)).filter((name) => !name.startsWith('.') && name !== 'node_modules')
  return (await Promise.all(names.toSorted().map((name) => filesIn(join(path, name))))).flat()
}
