// When HAProxy was dead, and which failures that excuses.
// Owns the windows. Pure.

/** Times since the epoch. */
export type Span = { readonly fromMs: number; readonly untilMs: number }

/** A client hears of the death of its connection a little later than it happens. */
const lateMs = 250

/** True for a failure that a dead HAProxy explains. */
export function isExcused(atMs: number, outages: readonly Span[]): boolean {
  return outages.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs + lateMs)
}

/** How long each lasted. */
export function lengthsMs(spans: readonly Span[]): readonly number[] {
  return spans.map(({ fromMs, untilMs }) => untilMs - fromMs)
}
