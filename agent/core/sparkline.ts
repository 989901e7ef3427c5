// A series of numbers as a line of blocks, one character each.
// Pure. Refuses axes: whoever shows it says what it is of.

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/**
 * The last values as blocks, the newest at the right, padded with blanks at the left. 0 is the lowest block; anything
 * above is at least one step higher, so that a single request is seen.
 * @param most the value of a full block; the largest of those shown unless given
 */
export function sparkline(values: readonly number[], width: number, most?: number): string {
  const shown = width <= 0 ? [] : values.slice(-width)
  const top = most ?? Math.max(0, ...shown)
  return shown
    .map((value) => blockFor(value, top))
    .join('')
    .padStart(Math.max(0, width))
}

function blockFor(value: number, top: number): string {
  if (!(value > 0) || !(top > 0)) return blocks[0]
  const step = Math.ceil((Math.min(value, top) / top) * (blocks.length - 1))
  return blocks[step] ?? blocks[0]
}

/** A series with one more value, of which the last `most` are kept. */
export function lengthened(values: readonly number[], value: number, most: number): readonly number[] {
  const kept = values.slice(-(most - 1))
  kept.push(value)
  return kept
}
