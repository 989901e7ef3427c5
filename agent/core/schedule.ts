// When the loop acts next, as functions of facts and the clock.
// Refuses timers: the loop sets those.

import type { ReloadReason } from './plan.ts'
import type { LoopSettings } from './settings.ts'

/** A reload that is wanted, and since when. */
export type ReloadWish = {
  readonly reasons: readonly ReloadReason[]
  readonly firstMs: number
  /** When a reason was last added or taken away. */
  readonly lastMs: number
}

/** Carries a wish forward; it keeps its age while reasons come and go, so that a steady stream of deploys cannot put it off for ever. */
export function wishReload(
  before: ReloadWish | undefined,
  reasons: readonly ReloadReason[],
  nowMs: number,
): ReloadWish {
  if (before === undefined) return { reasons, firstMs: nowMs, lastMs: nowMs }
  const isSame =
    before.reasons.length === reasons.length &&
    before.reasons.every((each, i) => each.text === reasons[i]?.text)
  return isSame ? before : { reasons, firstMs: before.firstMs, lastMs: nowMs }
}

/** When a wished reload is to happen: once things have settled, and at the latest a fixed time after the first wish. */
export function reloadDueMs(wish: ReloadWish, settings: LoopSettings): number {
  return Math.min(wish.lastMs + settings.reloadSettleMs, wish.firstMs + settings.reloadSettleMaxMs)
}

/** How long to wait after so many failures in a row; doubles up to a limit. */
export function retryDelayMs(failures: number, settings: LoopSettings): number {
  return Math.min(settings.retryMaxMs, settings.retryMs * 2 ** Math.min(failures - 1, 30))
}
