// Snapshots with the certificates that the edge can read beside them.
// Owns that neither waits for the other, but at the start: a routing without certificates that are there would take TLS
// away. Refuses to queue: the newest of both is what counts.

import type { Material, Snapshot } from '../core/snapshot.ts'
import type { CertificateStore } from './store.ts'

/** How long the first snapshot waits for the first look: a network file system that hangs must not keep the edge down. */
const firstLookMs = 30_000

type State = {
  snapshot: Snapshot | undefined
  materials: readonly Material[] | undefined
  /** Without materials there is nothing to say yet. */
  isPatient: boolean
  isNew: boolean
  isEnded: boolean
  failure: { readonly error: unknown } | undefined
  wake: () => void
}

/** The source's snapshots with `materials`: one whenever either changes, from the first snapshot on. */
export function withMaterials(
  snapshots: (signal: AbortSignal) => AsyncIterable<Snapshot>,
  store: Pick<CertificateStore, 'follow'>,
  waitMs = firstLookMs,
): (signal: AbortSignal) => AsyncIterable<Snapshot> {
  return (signal) => merge(snapshots, store, waitMs, signal)
}

async function* merge(
  snapshots: (signal: AbortSignal) => AsyncIterable<Snapshot>,
  store: Pick<CertificateStore, 'follow'>,
  waitMs: number,
  signal: AbortSignal,
): AsyncIterable<Snapshot> {
  const state: State = {
    snapshot: undefined,
    materials: undefined,
    isPatient: true,
    isNew: false,
    isEnded: false,
    failure: undefined,
    wake: () => {},
  }
  const stop = new AbortController()
  const end = () => stop.abort(signal.reason)
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  const patience = setTimeout(() => put(state, { isPatient: false }), waitMs)
  const work = Promise.all([
    takeSnapshots(state, snapshots(stop.signal)),
    takeMaterials(state, store.follow(stop.signal)),
  ])
  work.catch((error: unknown) => put(state, { failure: { error } }))
  try {
    yield* newest(state)
  } finally {
    clearTimeout(patience)
    signal.removeEventListener('abort', end)
    stop.abort()
    // Its failure has been thrown already.
    await work.catch(() => undefined)
  }
}

async function* newest(state: State): AsyncIterable<Snapshot> {
  for (;;) {
    const { snapshot, materials, isPatient, failure } = state
    if (failure !== undefined) throw failure.error
    if (state.isNew && snapshot !== undefined && (materials !== undefined || !isPatient)) {
      state.isNew = false
      yield materials === undefined ? snapshot : { ...snapshot, materials }
    } else if (state.isEnded && (snapshot === undefined || !state.isNew)) return
    else await change(state)
  }
}

async function takeSnapshots(state: State, snapshots: AsyncIterable<Snapshot>): Promise<void> {
  for await (const snapshot of snapshots) put(state, { snapshot, isNew: true })
  put(state, { isEnded: true })
}

async function takeMaterials(state: State, lists: AsyncIterable<readonly Material[]>): Promise<void> {
  for await (const materials of lists) put(state, { materials, isNew: true })
}

function change(state: State): Promise<void> {
  return new Promise((resolve) => {
    state.wake = resolve
  })
}

function put(state: State, changed: Partial<State>): void {
  Object.assign(state, changed)
  state.wake()
}
