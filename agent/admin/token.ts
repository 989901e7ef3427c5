// The token of the admin interface: read from the operator's file, or made once and kept in the run folder.
// Refuses files that others could have written, where it is the agent's own.

import { randomBytes } from 'node:crypto'
import { lstat, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AgentError } from '../core/errors.ts'

/** Letters, digits and the signs of base64, as a header takes them (RFC 6750, section 2.1), and too many to be guessed. */
const pattern = /^[A-Za-z0-9._~+/=-]{16,512}$/

const fileMode = 0o600

/** More than a token and the end of its line. */
const bytesMax = 4096

/**
 * The token in an operator's file.
 * @throws AgentError `admin-unusable`
 */
export async function readToken(path: string): Promise<string> {
  const text = await readText(path)
  if (pattern.test(text)) return text
  throw unusable(
    path,
    'holds no token',
    'Write 16 to 512 letters, digits or . _ ~ + / = - into it, such as `openssl rand -hex 32` prints.',
  )
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax), 0, bytesMax, 0)
      return buffer.toString('utf8', 0, bytesRead).trim()
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unusable(
      path,
      `cannot be read: ${String(cause)}`,
      'Name another file with --admin-token-file.',
      cause,
    )
  }
}

/**
 * The token that an earlier life of the agent has left, or a new one: it outlives the agent, so that browsers and
 * scrapers need no other one after a restart. Only the agent's own user can read it.
 * @throws AgentError `admin-unusable`
 */
export async function keepToken(path: string): Promise<string> {
  const known = await ownToken(path)
  if (known !== undefined) return known
  const token = randomBytes(32).toString('base64url')
  // Under the name by which what a killed agent left half written is swept from the run folder.
  const temporary = join(dirname(path), `.tidegate-${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx', fileMode)
    try {
      await file.writeFile(`${token}\n`)
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    return token
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw unusable(
      path,
      `cannot be written: ${String(cause)}`,
      'Make its folder writable, or name a file with --admin-token-file.',
      cause,
    )
  }
}

/** What somebody else wrote, or could have, is not believed. */
async function ownToken(path: string): Promise<string | undefined> {
  try {
    const { mode, uid, size } = await lstat(path).then((found) =>
      found.isFile() ? found : { mode: 0, uid: -1, size: 0 },
    )
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0 || size > bytesMax) return undefined
    const text = (await readFile(path, 'utf8')).trim()
    return pattern.test(text) ? text : undefined
  } catch {
    return undefined
  }
}

function unusable(path: string, what: string, hint: string, cause?: unknown): AgentError {
  return new AgentError('admin-unusable', `the admin token file ${path} ${what}`, { hint, cause })
}
