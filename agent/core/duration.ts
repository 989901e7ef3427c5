// Durations as HAProxy writes them.
// Refuses to read any (labels/measure-values.ts, cli/setting-kinds.ts).

/** HAProxy's whole seconds where they fit, else milliseconds. */
export function duration(timeMs: number): string {
  return timeMs % 1000 === 0 ? `${timeMs / 1000}s` : `${timeMs}ms`
}
