// The certificates, keys and lists of users that the edge can read: files in a folder, and its own secrets and configs.
// Owns when to look: on a hint at once, every two seconds without one. Refuses to hand out keys but to whoever writes
// them for HAProxy.

import type { AgentError } from '../core/errors.ts'
import type { Material } from '../core/snapshot.ts'
import { compareText } from '../core/text.ts'
import { createHints, type Hints } from './hints.ts'
import { createPemReader } from './read-pem.ts'
import { createShelf, type Folder, lookAt, type Shelf, type StoreLimits } from './shelf.ts'
import { createVault, type Vault } from './vault.ts'
import { createWaker, type Waker } from './waker.ts'

export type CertificateStoreOptions = {
  readonly folders: readonly Folder[]
  /** A folder that was asked for is not there, or one cannot be read; once as it begins. */
  readonly onTrouble?: (error: AgentError) => void
  /** By which validity is judged: since 1970. */
  readonly nowMs?: () => number
  readonly pollMs?: number
  readonly limits?: Partial<StoreLimits & { readonly bytesMax: number }>
}

export type CertificateStore = Pick<Vault, 'pem' | 'users'> & {
  /** What was seen last, sorted by `from` and `name`. What did not change keeps its object, the list too. */
  readonly materials: () => readonly Material[]
  /** Looks at all folders once. One look at a time. */
  readonly look: (signal: AbortSignal) => Promise<readonly Material[]>
  /** What is there, then every change of it until the signal aborts; a slow reader gets the newest only. */
  readonly follow: (signal: AbortSignal) => AsyncIterable<readonly Material[]>
  /**
   * Says which files' bytes are in use, by their digests, and that no others are. Those stay at hand though their files
   * vanish: what runs must be writable again.
   */
  readonly retain: (digests: Iterable<string>) => void
}

const defaultLimits = {
  filesMax: 10_000,
  fileBytesMax: 1024 * 1024,
  bytesMax: 64 * 1024 * 1024,
  // Thousands of certificates take seconds when they are read for the first time.
  lookMsMax: 30_000,
}

/**
 * A look waits until nothing has happened for so long: a certificate and its key are mostly renewed one after the other,
 * and half of a pair is worth nothing.
 */
const settleMs = 50
const settleMsMax = 500

/** A slow disk, or very many files, must not keep the agent busy: it rests so many times as long as a look took. */
const restFactor = 20

type State = {
  readonly shelves: readonly Shelf[]
  readonly vault: Vault
  materials: readonly Material[]
}

export function createCertificateStore(options: CertificateStoreOptions): CertificateStore {
  const { folders, onTrouble = () => {}, nowMs = Date.now, pollMs = 2000 } = options
  const limits = { ...defaultLimits, ...options.limits }
  const vault = createVault(limits.bytesMax, () => performance.now())
  const shared = { vault, readPem: createPemReader(), nowMs, onTrouble, limits }
  const state: State = {
    shelves: folders.map((folder) => createShelf({ folder, ...shared })),
    vault,
    materials: [],
  }
  return {
    pem: vault.pem,
    users: vault.users,
    materials: () => state.materials,
    look: (signal) => lookOnce(state, undefined, signal),
    follow: (signal) => follow(state, pollMs, signal),
    retain: (digests) => {
      vault.retain(digests)
      sweep(state)
    },
  }
}

async function lookOnce(
  state: State,
  hints: Hints | undefined,
  signal: AbortSignal,
): Promise<readonly Material[]> {
  for (const shelf of state.shelves) {
    const mark = await lookAt(shelf, signal)
    if (mark !== undefined) hints?.aim(shelf.folder.path, mark)
  }
  const materials = state.shelves
    .flatMap((shelf) => [...shelf.files.values()].map(({ material }) => material))
    .sort((a, b) => compareText(a.from, b.from) || compareText(a.name, b.name))
  const last = state.materials
  const isSame =
    materials.length === last.length && materials.every((material, index) => material === last[index])
  if (!isSame) state.materials = materials
  sweep(state)
  return state.materials
}

function sweep({ vault, materials }: State): void {
  vault.sweep(new Set(materials.map(({ digest }) => digest)))
}

async function* follow(
  state: State,
  pollMs: number,
  signal: AbortSignal,
): AsyncIterable<readonly Material[]> {
  const waker = createWaker()
  using hints = createHints(waker.wake)
  let last: readonly Material[] | undefined
  try {
    while (!signal.aborted) {
      const startedAtMs = performance.now()
      const materials = await lookOnce(state, hints, signal)
      const tookMs = performance.now() - startedAtMs
      // Reading what is new takes long once; only what takes long each time is a reason to rest.
      const restMs = materials === last ? Math.max(pollMs, tookMs * restFactor) : pollMs
      if (materials !== last) yield materials
      last = materials
      if (await waker.sleep(restMs, signal)) await settle(waker, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function settle(waker: Waker, signal: AbortSignal): Promise<void> {
  const latestMs = performance.now() + settleMsMax
  while ((await waker.sleep(settleMs, signal)) && performance.now() < latestMs);
}
