// The files that HAProxy is started from: written whole or not at all.
// Owns the folder, temporary names and what was written last. Refuses to know what stands in a file.

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { AgentError, assert, isAgentError } from '../core/errors.ts'
import { errorCode, errorText } from './socket-error.ts'

export type Files = {
  /** Where a file stands. */
  readonly path: (name: string) => string
  /**
   * Brings files to the given content, by name relative to the folder, and returns the names of those that changed.
   *
   * All are written under temporary names first and then moved to their own in the order given, so that a full disk
   * leaves every old file as it was, and no reader ever sees half a file. An unchanged file is left alone.
   * @throws AgentError `files-unwritable`
   */
  readonly write: (files: ReadonlyMap<string, Content>, signal: AbortSignal) => Promise<readonly string[]>
  /** The files of a folder in the folder, by name relative to it; none where that is missing. */
  readonly list: (folder: string) => Promise<readonly string[]>
  /** Removes a file; it need not be there. */
  readonly remove: (name: string) => Promise<void>
  /** A file's content as it is on disk; undefined if there is none. */
  readonly read: (name: string, signal: AbortSignal) => Promise<string | undefined>
  /** Removes what a killed agent left half written. Call it before the first write, with no other agent in the folder. */
  readonly sweep: (names: Iterable<string>) => Promise<void>
}

/** A file's text, or the pieces of it in order: what stands in many pieces is neither joined nor compared as a whole. */
export type Content = string | readonly string[]

/** What was written last, and how the disk looked then: content is compared in memory, tampering is seen by `stat`. */
type Written = { readonly content: Content; readonly mark: string }

type State = {
  readonly dir: string
  readonly written: Map<string, Written>
  /** Where texts become bytes: memory that is new each time costs more than what is done in it. */
  scratch: Buffer
}

/** HAProxy may run as another user of the same group. */
const fileMode = 0o640
const dirMode = 0o750

const temporaryPattern = /^\.tidegate-.*\.tmp$/

/** Keeps the files of one folder, which is made when it is missing. */
export function createFiles(options: { readonly dir: string }): Files {
  const state: State = { dir: options.dir, written: new Map(), scratch: Buffer.alloc(0) }
  return {
    path: (name) => pathOf(state, name),
    write: (files, signal) => write(state, files, signal),
    list: async (folder) =>
      (await entriesOf(pathOf(state, folder)))
        .filter((entry) => !temporaryPattern.test(entry))
        .map((entry) => join(folder, entry)),
    remove: (name) => remove(state, name),
    read: (name, signal) => read(pathOf(state, name), signal),
    sweep: (names) => sweep(state, names),
  }
}

function pathOf(state: State, name: string): string {
  assert(
    name !== '' && !isAbsolute(name) && normalize(name) === name && !name.startsWith('..'),
    `file name "${name}"`,
  )
  return join(state.dir, name)
}

/** A name beside `path`, in the same folder so that a rename can take its place. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.tidegate-${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
}

type Staged = {
  readonly name: string
  readonly path: string
  readonly content: Content
  readonly temporary: string
}

async function write(
  state: State,
  files: ReadonlyMap<string, Content>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const staged: Staged[] = []
  try {
    for (const [name, content] of files) {
      signal.throwIfAborted()
      const path = pathOf(state, name)
      if (await isWritten(state, name, path, content)) continue
      const temporary = temporaryBeside(path)
      staged.push({ name, path, content, temporary })
      await writeWhole(temporary, toBytes(state, content), path)
    }
    for (const file of staged) await publish(state, file)
  } catch (error) {
    // What cannot be removed either is swept at the next start; the first error is the one to tell.
    await Promise.allSettled(staged.map(({ temporary }) => rm(temporary, { force: true })))
    throw error
  }
  return staged.map(({ name }) => name)
}

/**
 * Writes a file under a name that nobody reads yet. There is no fsync: the files serve a HAProxy that starts again on
 * a machine that stayed up; after a power loss the agent writes them anew.
 * @throws AgentError `files-unwritable`; `path` is the file it would have become
 */
export async function writeWhole(temporary: string, text: string | Buffer, path: string): Promise<void> {
  try {
    await mkdir(dirname(temporary), { recursive: true, mode: dirMode })
    const file = await open(temporary, 'wx', fileMode)
    try {
      // The process's umask must not decide whether HAProxy may read the file.
      await file.chmod(fileMode)
      await file.writeFile(text)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** UTF-8 takes at most three bytes for each of a string's units. */
const bytesPerUnitMax = 3

/** The content as bytes, which are overwritten by the next call: a state writes one file at a time. */
function toBytes(state: State, content: Content): Buffer {
  const pieces = piecesOf(content)
  const most = pieces.reduce((sum, piece) => sum + piece.length, 0) * bytesPerUnitMax
  if (state.scratch.length < most) state.scratch = Buffer.allocUnsafeSlow(most)
  let length = 0
  for (const piece of pieces) length += state.scratch.write(piece, length)
  return state.scratch.subarray(0, length)
}

function piecesOf(content: Content): readonly string[] {
  return typeof content === 'string' ? [content] : content
}

/** Pieces that stayed are the same strings, which are equal at a glance. The same text cut elsewhere counts as another. */
function isSameContent(a: Content, b: Content): boolean {
  const [some, others] = [piecesOf(a), piecesOf(b)]
  return some.length === others.length && some.every((piece, i) => piece === others[i])
}

function wholeText(content: Content): string {
  return piecesOf(content).join('')
}

async function publish(state: State, { name, path, content, temporary }: Staged): Promise<void> {
  try {
    await rename(temporary, path)
    state.written.set(name, { content, mark: await markOf(path) })
  } catch (error) {
    state.written.delete(name)
    throw unwritable(path, error)
  }
}

async function isWritten(state: State, name: string, path: string, content: Content): Promise<boolean> {
  const last = state.written.get(name)
  try {
    const mark = await markOf(path)
    if (last?.mark === mark) return isSameContent(last.content, content)
    if ((await readFile(path, 'utf8')) !== wholeText(content)) return false
    state.written.set(name, { content, mark })
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw unwritable(path, error)
  }
}

async function markOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path)
  return `${ino} ${size} ${mtimeMs}`
}

async function read(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readFile(path, { encoding: 'utf8', signal })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    signal.throwIfAborted()
    throw unwritable(path, error)
  }
}

async function remove(state: State, name: string): Promise<void> {
  const path = pathOf(state, name)
  state.written.delete(name)
  try {
    await rm(path, { force: true })
  } catch (error) {
    throw unwritable(path, error)
  }
}

async function sweep(state: State, names: Iterable<string>): Promise<void> {
  const folders = new Set([state.dir, ...[...names].map((name) => dirname(pathOf(state, name)))])
  for (const folder of folders) {
    for (const entry of await entriesOf(folder)) {
      if (temporaryPattern.test(entry)) await rm(join(folder, entry), { force: true })
    }
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw unwritable(folder, error)
  }
}

function unwritable(path: string, error: unknown): unknown {
  if (isAgentError(error)) return error
  return new AgentError('files-unwritable', `${path} cannot be written: ${errorText(error)}`, {
    hint: hintFor(errorCode(error)),
    cause: error,
  })
}

function hintFor(code: string | undefined): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full: make room. The files in place are whole; HAProxy runs on, and the agent tries again.'
    case 'EACCES':
    case 'EPERM':
      return 'Let the user that the agent runs as write to this folder.'
    case 'EROFS':
      return 'The file system is mounted read-only: mount a writable volume or a tmpfs there.'
    case 'ENOTDIR':
    case 'EISDIR':
      return 'A folder and a file are mixed up at this path: remove what stands in the way.'
    default:
      return 'The files in place are whole; the agent tries again.'
  }
}
