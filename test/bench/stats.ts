// Figures out of many measurements.
// Owns percentiles and medians. Refuses units and text: those are the caller's.

/** What stands for many measurements of one thing. */
export type Spread = {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/**
 * The value that the given share of the measurements does not exceed (nearest rank, so it is one that was measured).
 * @param share from 0 to 1
 * @throws RangeError for no measurements
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)))
  const value = sorted[rank - 1]
  if (value === undefined) throw new RangeError('no measurements')
  return value
}

/** The middle value; of an even number of them the mean of the two in the middle. Throws RangeError for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) throw new RangeError('no measurements')
  return (lower + upper) / 2
}

/** Throws RangeError for no measurements. */
export function spread(values: readonly number[]): Spread {
  return {
    count: values.length,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    max: percentile(values, 1),
  }
}

/**
 * The median of the quotients of what was measured in the same round, so that what a shared machine does to a whole round
 * falls out. Throws RangeError where the two were not measured equally often.
 */
export function pairedRatio(values: readonly number[], others: readonly number[]): number {
  if (values.length !== others.length) throw new RangeError(`${values.length} and ${others.length} rounds`)
  return median(values.map((value, round) => value / (others[round] ?? Number.NaN)))
}
