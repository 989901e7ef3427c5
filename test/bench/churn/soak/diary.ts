// What was done when, so that a failure can be read beside what went before it.
// Owns the notes of one soak. Pure but for the clock.

import { mostOf } from '../most.ts'

type Failure = { readonly atMs: number; readonly what: string }

export type Diary = {
  readonly note: (text: string) => void
  /** A line for each cluster of failures: what they were, and what was done in the seconds before. */
  readonly lines: (failures: readonly Failure[]) => readonly string[]
}

/** Failures further apart than this have causes of their own. */
const apartMs = 1000

/** Causes lie at most this long before. */
const beforeMs = 6000

export function createDiary(nowMs: () => number = Date.now): Diary {
  const notes: { readonly atMs: number; readonly text: string }[] = []
  return {
    note: (text) => notes.push({ atMs: nowMs(), text }),
    lines: (failures) =>
      clustersOf(failures).map((cluster) => {
        const fromMs = cluster[0]?.atMs ?? 0
        const untilMs = cluster.at(-1)?.atMs ?? fromMs
        const near = notes.filter(({ atMs }) => atMs >= fromMs - beforeMs && atMs <= untilMs)
        const before = near.map(({ atMs, text }) => `${text} ${((fromMs - atMs) / 1000).toFixed(1)} s before`)
        const most = mostOf(cluster.map(({ what }) => what))
        return `${cluster.length} failed within ${Math.round(untilMs - fromMs)} ms (${most}): ${before.join(', ')}`
      }),
  }
}

function clustersOf(failures: readonly Failure[]): readonly (readonly Failure[])[] {
  const clusters: Failure[][] = []
  for (const failure of failures.toSorted((a, b) => a.atMs - b.atMs)) {
    const last = clusters.at(-1)
    const isNear = last !== undefined && failure.atMs - (last.at(-1)?.atMs ?? 0) < apartMs
    if (isNear) last.push(failure)
    else clusters.push([failure])
  }
  return clusters
}
