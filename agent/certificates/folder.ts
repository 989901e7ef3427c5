// One folder of certificate files, as it is on disk now.
// Owns which of its entries count, and how a change is seen. Refuses sub-folders, and to read what is no regular file;
// links are followed, since mounts of Docker and Kubernetes are made of them.

import { constants, type Stats, stat } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasControl } from '../core/text.ts'

/** Differs when a file does, or the folder itself. */
export type Mark = string

export type FileState = {
  readonly mark: Mark
  /** Changed a moment ago: the next change may leave the same mark, the file system's clock being as coarse as it is. */
  readonly isFresh: boolean
}

export type Listing = {
  /** The folder's own mark: a watch on it is void when another one stands in its place. */
  readonly folder: string
  /** Regular files by name, in the order of their names. */
  readonly files: ReadonlyMap<string, FileState>
  /** How many were left out, there being too many. */
  readonly leftOut: number
}

export type FileRead =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly code: string }

/** A file that changed so long ago will have another mark when it changes again. */
const freshMs = 2000

/** Lists what is there. Throws what the file system says. */
export async function listFolder(
  path: string,
  isWanted: (name: string) => boolean,
  filesMax: number,
): Promise<Listing> {
  const folder = await statOf(path)
  const names = (await readdir(path)).filter((name) => isPlainName(name) && isWanted(name)).sort()
  const chosen = names.slice(0, filesMax)
  // All at once and by callbacks: of 2,000 files one promise each would cost four times as much.
  const stats = await statAll(chosen.map((name) => join(path, name)))
  const nowMs = Date.now()
  const files = new Map<string, FileState>()
  chosen.forEach((name, index) => {
    const found = stats[index]
    // One that cannot be looked at is tried: whoever reads it is told why.
    if (found === 'failed') files.set(name, { mark: found, isFresh: true })
    else if (found?.isFile() === true) {
      files.set(name, { mark: markOf(found), isFresh: Math.abs(nowMs - found.ctimeMs) < freshMs })
    }
  })
  return { folder: `${folder.dev} ${folder.ino}`, files, leftOut: names.length - chosen.length }
}

/** Hidden entries are temporary files, and what Kubernetes keeps its mounts in. */
function isPlainName(name: string): boolean {
  return !name.startsWith('.') && !hasControl(name)
}

/** Reads a file of at most so many bytes. What is added to it meanwhile is seen the next time, by its mark. */
export async function readBounded(path: string, bytesMax: number): Promise<FileRead> {
  try {
    // A pipe that somebody put there must not hold up everything else.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = await file.stat()
      if (!found.isFile()) return { kind: 'gone' }
      if (found.size > bytesMax) return { kind: 'too-large' }
      const bytes = Buffer.alloc(found.size)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
      return { kind: 'bytes', bytes: bytes.subarray(0, bytesRead) }
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = fileErrorCode(error)
    return isNowhere(code) ? { kind: 'gone' } : { kind: 'failed', code }
  }
}

function isNowhere(code: string | undefined): boolean {
  return code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR'
}

/** The code of what the file system threw, `unknown` if it has none. */
export function fileErrorCode(error: unknown): string {
  if (!(error instanceof Error)) throw error
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}

function markOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): Mark {
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`
}

function statOf(path: string): Promise<Stats> {
  return new Promise((resolve, reject) => {
    stat(path, (error, found) => (error === null ? resolve(found) : reject(error)))
  })
}

type StatResult = Stats | 'failed' | undefined

/** Undefined where there is nothing, be it at the end of a link. */
function statAll(paths: readonly string[]): Promise<readonly StatResult[]> {
  const found: StatResult[] = []
  let left = paths.length
  return new Promise((resolve) => {
    if (left === 0) resolve(found)
    paths.forEach((path, index) => {
      stat(path, (error, stats) => {
        if (error === null) found[index] = stats
        else if (!isNowhere(error.code)) found[index] = 'failed'
        left -= 1
        if (left === 0) resolve(found)
      })
    })
  })
}
