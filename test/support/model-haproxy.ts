// A HAProxy for the loop that keeps its promises in memory: it starts from saved files, and refuses what a real one would.
// Owns the faults that a test asks for. Refuses time: everything happens at once.

import type { Action } from '../../agent/core/action.ts'
import { AgentError } from '../../agent/core/errors.ts'
import type { Observed } from '../../agent/core/observed.ts'
import { emptyRouting, type Routing } from '../../agent/core/routing.ts'
import type { Files, FilesInPieces, HaproxyPort, RendererPort } from '../../agent/reconcile/ports.ts'
import { applyActions, observedFrom, rendererFor } from './builders.ts'

/** What goes wrong next; each function is asked before the thing happens, and may throw. */
export type Faults = {
  readonly isBusy?: (action: Action) => boolean
  readonly beforeObserve?: () => void
  readonly beforeApply?: () => void
  /** The actions are carried out, and then this throws: a reply that was lost. */
  readonly afterApply?: () => void
  readonly beforeReload?: () => void
  readonly onCheck?: HaproxyPort['check']
}

export type ModelHaproxy = {
  readonly port: HaproxyPort
  readonly renderer: RendererPort
  /** What runs; undefined before the start, and after a death. */
  readonly live: () => Observed | undefined
  /** What a fresh one would run that was started from the files now. */
  readonly saved: () => Observed
  /** What was asked of it, in order: `start`, `reload`, `apply 3`. */
  readonly calls: readonly string[]
  /** How often files were given to it. */
  readonly saves: () => number
  /** It dies; with `isRestarted` it comes back at once, from the files. */
  readonly die: (isRestarted: boolean) => void
  /** Somebody else changes it. */
  readonly meddle: (actions: readonly Action[]) => void
}

/** Makes one that does not run yet, or that runs a routing already, with the files of that. */
export function modelHaproxy(faults: Faults = {}, running?: Routing): ModelHaproxy {
  const product = rendererFor()
  const routings = new WeakMap<Files | FilesInPieces, Routing>()
  const render = (routing: Routing): Files => {
    const files = new Map(product.render(routing))
    routings.set(files, routing)
    return files
  }
  const renderLive = (routing: Routing): FilesInPieces => {
    const files = new Map(product.renderLive(routing))
    routings.set(files, routing)
    return files
  }
  const fromFiles = (): Observed => observedFrom(routings.get(files) ?? emptyRouting)
  const calls: string[] = []
  let saves = 0
  let files: Files | FilesInPieces = running === undefined ? new Map() : render(running)
  let live = running === undefined ? undefined : fromFiles()
  const alive = (): Observed => {
    if (live === undefined) throw new AgentError('runtime-unreachable', 'no HAProxy runs', { hint: '' })
    return live
  }
  const port: HaproxyPort = {
    isRunning: () => live !== undefined,
    observe: async () => {
      faults.beforeObserve?.()
      return alive()
    },
    apply: async (actions) => {
      // A turn, as a socket takes it: who listens to snapshots hears of the next one meanwhile.
      await new Promise((resolve) => setImmediate(resolve))
      faults.beforeApply?.()
      calls.push(`apply ${actions.length}`)
      const busy = actions.filter((action) => action.kind === 'delete-server' && faults.isBusy?.(action))
      live = applyActions(
        alive(),
        actions.filter((action) => !busy.includes(action)),
      )
      faults.afterApply?.()
      return { busy, refused: new Map() }
    },
    check: async (...asked) => faults.onCheck?.(...asked) ?? [],
    save: async (next) => {
      saves += 1
      files = next
    },
    start: async () => {
      calls.push('start')
      live = fromFiles()
    },
    reload: async () => {
      faults.beforeReload?.()
      calls.push('reload')
      live = fromFiles()
    },
  }
  return {
    port,
    renderer: { render, renderLive, structureOf: product.structureOf },
    live: () => live,
    saved: fromFiles,
    calls,
    saves: () => saves,
    die: (isRestarted) => {
      live = isRestarted ? fromFiles() : undefined
    },
    meddle: (actions) => {
      live = applyActions(alive(), actions)
    },
  }
}
