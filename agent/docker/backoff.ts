// How long to wait before trying again.
// Pure: the number of failures and a random number in, milliseconds out.

/** Half of this at least, before the second attempt. */
export const backoffMinMs = 250
/** Never more: an engine that comes back is noticed within this. */
export const backoffMaxMs = 5_000

/**
 * Doubles with each failure in a row, up to a maximum, and spreads agents out over the upper half.
 *
 * `failures` counts from 1; `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(backoffMaxMs, backoffMinMs * 2 ** (failures - 1))
  return full / 2 + (full / 2) * random
}
