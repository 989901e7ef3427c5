// One folder of the store, looked at again and again.
// Owns what is remembered of each file, so that only what changed is read. A folder that cannot be listed keeps what was
// seen in it: an error never takes a certificate away. Refuses to decide when to look.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { AgentError } from '../core/errors.ts'
import type { Material } from '../core/snapshot.ts'
import {
  type FileRead,
  type FileState,
  fileErrorCode,
  type Listing,
  listFolder,
  readBounded,
} from './folder.ts'
import { judgedAgain, materialOf, type Place, unreadMaterial } from './material.ts'
import type { PemReader } from './read-pem.ts'
import { hanging, notReadable, tooMany, unreadable } from './trouble.ts'
import { type Lifetime, validityAt } from './validity.ts'
import type { Vault } from './vault.ts'

export type Folder = {
  readonly from: Material['from']
  readonly path: string
  /** Somebody asked for this folder: that it is not there is trouble. */
  readonly isNeeded: boolean
}

export type ShelfParts = {
  readonly folder: Folder
  readonly vault: Vault
  readonly readPem: PemReader
  /** Since 1970. */
  readonly nowMs: () => number
  readonly onTrouble: (error: AgentError) => void
  readonly limits: StoreLimits
}

export type StoreLimits = {
  readonly filesMax: number
  readonly fileBytesMax: number
  readonly lookMsMax: number
}

type Seen = {
  readonly state: FileState
  readonly lifetime: Lifetime | undefined
  readonly material: Material
}

export type Shelf = ShelfParts & {
  files: ReadonlyMap<string, Seen>
  /** What is wrong with the folder, told already. */
  trouble: string | undefined
  /** A look that has not ended: a network file system may hold it up for ever. */
  looking: Promise<string | undefined> | undefined
}

export function createShelf(parts: ShelfParts): Shelf {
  return { ...parts, files: new Map(), trouble: undefined, looking: undefined }
}

/** Enough to keep the disk busy while a key is parsed. */
const filesAtOnce = 8

/** The extensions of certificate files, and of files with users; secrets and configs have the names that they have. */
const certificateFile = /\.(?:pem|crt|cer|key|htpasswd)$/i

/**
 * Looks once, for at most `lookMsMax`; what it finds later counts for the next look, and no other is begun before.
 * Gives the folder's own mark, undefined where there is none to watch.
 */
export async function lookAt(shelf: Shelf, signal: AbortSignal): Promise<string | undefined> {
  const { lookMsMax } = shelf.limits
  shelf.looking ??= look(shelf, signal).finally(() => {
    shelf.looking = undefined
  })
  const late = new AbortController()
  const isLate = delay(lookMsMax, 'late', { signal: late.signal }).catch(() => undefined)
  try {
    const mark = await Promise.race([shelf.looking.then((value) => ({ value })), isLate])
    if (typeof mark === 'object') return mark.value
    tell(shelf, hanging(shelf.folder.path, lookMsMax))
    // Whoever waits no longer must not miss its failure either: the next look meets it.
    shelf.looking.catch(() => undefined)
    return undefined
  } finally {
    late.abort()
  }
}

async function look(shelf: Shelf, signal: AbortSignal): Promise<string | undefined> {
  const { folder, limits } = shelf
  const listing = await tryList(shelf)
  if (listing === undefined) {
    shelf.files = merged(shelf, shelf.files.keys(), new Map())
    return undefined
  }
  const { files } = listing
  const stale = [...files].filter(([name, state]) => !isStillAs(shelf.files.get(name)?.state, state))
  const read = new Map<string, Seen | undefined>()
  for (let first = 0; first < stale.length; first += filesAtOnce) {
    signal.throwIfAborted()
    const some = stale.slice(first, first + filesAtOnce)
    const reads = await Promise.all(
      some.map(async ([name, state]) => ({
        name,
        state,
        read: await readBounded(join(folder.path, name), limits.fileBytesMax),
      })),
    )
    // In the order of their names: which of them there is room for must not depend on the disk.
    for (const each of reads) read.set(each.name, seenOf(shelf, each))
  }
  shelf.files = merged(shelf, files.keys(), read)
  tell(shelf, listing.leftOut === 0 ? undefined : tooMany(folder.path, limits.filesMax, listing.leftOut))
  return listing.folder
}

function isStillAs(last: FileState | undefined, now: FileState): boolean {
  return last !== undefined && last.mark === now.mark && !last.isFresh
}

function merged(
  { files: last, nowMs }: Shelf,
  names: Iterable<string>,
  read: ReadonlyMap<string, Seen | undefined>,
): ReadonlyMap<string, Seen> {
  const files = new Map<string, Seen>()
  for (const name of names) {
    const seen = read.has(name) ? read.get(name) : last.get(name)
    if (seen !== undefined) files.set(name, judged(seen, nowMs()))
  }
  return files
}

async function tryList(shelf: Shelf): Promise<Listing | undefined> {
  const { folder, limits } = shelf
  const isWanted = (name: string) => folder.from !== 'folder' || certificateFile.test(name)
  try {
    return await listFolder(folder.path, isWanted, limits.filesMax)
  } catch (error) {
    const code = fileErrorCode(error)
    const isMissing = code === 'ENOENT' && !folder.isNeeded
    tell(shelf, isMissing ? undefined : unreadable(folder.path, code, error))
    return undefined
  }
}

function judged(seen: Seen, nowMs: number): Seen {
  if (seen.lifetime === undefined) return seen
  const material = judgedAgain(seen.material, validityAt(seen.lifetime, nowMs))
  return material === seen.material ? seen : { ...seen, material }
}

function seenOf(
  { folder, files, vault, readPem, limits, nowMs }: Shelf,
  { name, state, read }: { readonly name: string; readonly state: FileState; readonly read: FileRead },
): Seen | undefined {
  const place = { from: folder.from, name }
  const last = files.get(name)
  // What was not read is tried again by the next look: its cure need not leave a mark.
  const again = { ...state, isFresh: true }
  const unread = (fault: string): Seen => {
    const isSame = last?.material.digest === '' && last.material.fault === fault
    const material = isSame ? last.material : unreadMaterial(place, fault)
    return { state: again, lifetime: undefined, material }
  }
  if (read.kind === 'gone') return undefined
  if (read.kind === 'too-large') return unread(`it is larger than ${limits.fileBytesMax} bytes`)
  if (read.kind === 'failed') {
    const isRefused = read.code === 'EACCES' || read.code === 'EPERM'
    return isRefused || last === undefined ? unread(notReadable(read.code)) : { ...last, state: again }
  }
  const digest = createHash('sha256').update(read.bytes).digest('hex')
  if (last?.material.digest === digest) return { ...last, state }
  const reading = readPem(read.bytes, mayListUsers(place))
  if (!vault.put(digest, reading.pieces)) return unread('there is no room left for so many certificates')
  const material = materialOf(place, digest, reading, nowMs())
  return { state, lifetime: reading.certificate, material }
}

/** A file in the folder says by its name what it is; of a secret or a config nobody knows. */
function mayListUsers({ from, name }: Place): boolean {
  return from !== 'folder' || /\.htpasswd$/i.test(name)
}

/** Once as it begins, and again when it becomes another. */
function tell(shelf: Shelf, error: AgentError | undefined): void {
  if (error !== undefined && error.message !== shelf.trouble) shelf.onTrouble(error)
  shelf.trouble = error?.message
}
