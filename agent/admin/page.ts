// The page's files, read once at the start.
// Refuses everything else in the folder, and paths: a request names one of these files or none.

import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answer } from './answer.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Beside this file, in the sources as in dist. */
const pageDir = fileURLToPath(new URL('page/', import.meta.url))

/** Answers by path: `/` is index.html, the others are under `/page/`. Empty where the folder is not there. */
export async function readPage(dir: string = pageDir): Promise<ReadonlyMap<string, Answer>> {
  const names = await readdir(dir).catch(() => [])
  const answers = new Map<string, Answer>()
  for (const name of names.toSorted()) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const path = name === 'index.html' ? '/' : `/page/${name}`
    answers.set(path, { status: 200, type, body: await readFile(join(dir, name)) })
  }
  return answers
}
