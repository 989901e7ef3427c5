// Tells that something happens in a folder.
// Owns the watches. Refuses to be relied on: network file systems tell nothing, and the kernel may refuse a watch. Whoever
// hears nothing looks all the same.

import { type FSWatcher, watch } from 'node:fs'

export type Hints = Disposable & {
  /** Watches a folder, and no longer one that stood at this path before; `identity` tells them apart. */
  readonly aim: (path: string, identity: string) => void
}

export function createHints(onHint: () => void): Hints {
  const watches = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>()
  const end = (path: string) => {
    watches.get(path)?.watcher.close()
    watches.delete(path)
  }
  return {
    aim: (path, identity) => {
      if (watches.get(path)?.identity === identity) return
      end(path)
      const watcher = tryWatch(path, onHint)
      if (watcher === undefined) return
      watches.set(path, { identity, watcher })
      // The next look aims anew.
      watcher.on('error', () => end(path))
      // What happened before the watch began, nobody has told.
      onHint()
    },
    [Symbol.dispose]: () => {
      for (const path of [...watches.keys()]) end(path)
    },
  }
}

function tryWatch(path: string, onHint: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onHint)
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
