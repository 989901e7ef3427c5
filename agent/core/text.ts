// Ordering and likeness of short texts.
// Refuses locale: two machines must sort alike.

/** Compares by code unit, as a sort callback. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Texts as a person would list them: quoted, at most `most` of them. */
export function listText(texts: readonly string[], most = 5): string {
  const shown = texts.slice(0, most).map((text) => JSON.stringify(text))
  const rest = texts.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}

/** Whether a text holds what could steer a terminal, or begin a line of its own. */
export function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

/** Beyond what JSON escapes: further controls, line separators, and marks that turn the direction of writing. */
const unprintable = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** A foreign sentence on one line: without what could steer a terminal, cut where it gets long. */
export function clean(text: string, most: number): string {
  const line = text
    .replaceAll(unprintable, '')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
  return line.length > most ? `${line.slice(0, most)}…` : line
}

/** A foreign value in a message: quoted, escaped so that it cannot steer a terminal, cut where it gets long. */
export function quote(text: string, most = 80): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text
  return JSON.stringify(cut).replaceAll(
    unprintable,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The candidate that differs from `text` by at most two edits, nearest first; undefined if none is that near. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) > 2) continue
    const distance = editDistance(text, candidate)
    if (distance <= 2 && (best === undefined || distance < best.distance)) best = { candidate, distance }
  }
  return best?.candidate
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count one each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const around = [
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        ...(swapped ? [at(beforeLast, column - 2) + 1] : []),
      ]
      current.push(Math.min(...around))
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
