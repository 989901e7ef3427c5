// The bytes of certificates and keys, by the digest of the file they came from.
// Owns how long they are kept: while a file holds them, while they are in use, and for a moment after. Refuses to tell
// anybody of keys but through `pem`, and of hashes but through `users`.

import type { Pieces } from './read-pem.ts'
import type { User } from './read-users.ts'

export type Vault = {
  /** Keeps the pieces of a file; false where there is no room for so many bytes. */
  readonly put: (digest: string, pieces: Pieces) => boolean
  /** Chain and key as one PEM, from now on in use; undefined where either is not known. */
  readonly pem: (certificateDigest: string, keyDigest: string) => Buffer | undefined
  /** The users in a file, from now on in use; undefined where it is not known, or holds none. */
  readonly users: (digest: string) => readonly User[] | undefined
  /** These are in use now, and no others. */
  readonly retain: (digests: Iterable<string>) => void
  /** Forgets what is neither among `held` nor in use, once it has been so for a while. */
  readonly sweep: (held: ReadonlySet<string>) => void
  readonly bytes: () => number
}

type Kept = { readonly pieces: Pieces; readonly size: number; leftAtMs: number | undefined }

/** How long whoever decides by an older list of materials may come for their bytes. */
const graceMs = 60_000

/** @param nowMs a clock that never jumps */
export function createVault(bytesMax: number, nowMs: () => number): Vault {
  const kept = new Map<string, Kept>()
  let inUse = new Set<string>()
  let bytes = 0
  const take = (digest: string): Pieces | undefined => kept.get(digest)?.pieces
  return {
    put: (digest, pieces) => {
      const size = sizeOf(pieces)
      if (kept.has(digest)) return true
      if (bytes + size > bytesMax) return false
      kept.set(digest, { pieces, size, leftAtMs: undefined })
      bytes += size
      return true
    },
    pem: (certificateDigest, keyDigest) => {
      const chain = take(certificateDigest)?.chain
      const key = take(keyDigest)?.key
      if (chain === undefined || key === undefined) return undefined
      inUse.add(certificateDigest).add(keyDigest)
      return Buffer.from(chain + key, 'latin1')
    },
    users: (digest) => {
      const users = take(digest)?.users
      if (users !== undefined) inUse.add(digest)
      return users
    },
    retain: (digests) => {
      inUse = new Set(digests)
    },
    sweep: (held) => {
      for (const [digest, entry] of kept) {
        if (held.has(digest) || inUse.has(digest)) entry.leftAtMs = undefined
        else entry.leftAtMs ??= nowMs()
        if (entry.leftAtMs === undefined || nowMs() - entry.leftAtMs < graceMs) continue
        kept.delete(digest)
        bytes -= entry.size
      }
    },
    bytes: () => bytes,
  }
}

function sizeOf({ chain, key, users = [] }: Pieces): number {
  const ofUsers = users.reduce((sum, { name, hash }) => sum + name.length + hash.length, 0)
  return (chain?.length ?? 0) + (key?.length ?? 0) + ofUsers
}
