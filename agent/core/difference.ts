// What came and what went between two lists that share most of their items, at the price of one walk over both.
// Refuses lists that differ too much: whoever asks then looks at everything.

/** Items that are in one of two lists only. */
export type Difference<T> = { readonly gone: readonly T[]; readonly came: readonly T[] }

/** How many items in a row may differ before the lists count as different altogether. */
const reach = 8

/**
 * Compares two lists by identity; undefined where they differ too much to tell at a glance.
 *
 *     before  a b c d      c is gone, x came: where the lists part, the next item that both have is looked for nearby.
 *     after   a x b d
 *
 * An item that moved may be told as gone and as come.
 */
export function differenceOf<T>(before: readonly T[], after: readonly T[]): Difference<T> | undefined {
  const gone: T[] = []
  const came: T[] = []
  let i = 0
  let j = 0
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      i += 1
      j += 1
      continue
    }
    const skipped = nextMeeting(before, i, after, j)
    if (skipped === undefined) break
    gone.push(...before.slice(i, i + skipped.before))
    came.push(...after.slice(j, j + skipped.after))
    i += skipped.before
    j += skipped.after
  }
  if (before.length - i > reach || after.length - j > reach) return undefined
  return { gone: [...gone, ...before.slice(i)], came: [...came, ...after.slice(j)] }
}

/** How many items to leave out on either side until both lists go on alike. */
function nextMeeting<T>(before: readonly T[], i: number, after: readonly T[], j: number) {
  for (let skipped = 1; skipped <= reach; skipped += 1) {
    for (let fromBefore = 0; fromBefore <= skipped; fromBefore += 1) {
      const fromAfter = skipped - fromBefore
      const item = before[i + fromBefore]
      if (item !== undefined && item === after[j + fromAfter]) return { before: fromBefore, after: fromAfter }
    }
  }
  return undefined
}
