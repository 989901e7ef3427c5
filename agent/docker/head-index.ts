// Finds an element of a list by its first bytes.
// Owns a hash table of positions; it exists because a Map of 10,000 elements takes longer to fill than a list to compare.

/** As much of an element as tells it from its neighbours: Docker's objects open with `{"ID":"<25 characters>"`. */
export const headBytes = 40

/** How far an element may stand from where its hash puts it; in a table a quarter full, hardly any needs as much. */
const probes = 32

/** Positions plus one, by hash of the head; zero where nothing stands. Its length is a power of two. */
export type HeadIndex = Int32Array

/** Indexes the elements of `bytes` that start and end at the given positions. */
export function indexHeads(bytes: Buffer, starts: readonly number[], ends: readonly number[]): HeadIndex {
  const index = new Int32Array(2 ** Math.ceil(Math.log2(starts.length * 4 + 1)))
  for (let i = 0; i < starts.length; i += 1) {
    const slot = hashOfHead(bytes, starts[i] ?? 0, ends[i] ?? 0)
    for (let probe = slot; probe < slot + probes; probe += 1) {
      const place = probe & (index.length - 1)
      if (index[place] !== 0) continue
      index[place] = i + 1
      break
    }
  }
  return index
}

/** The indexed element that `isSame` confirms for the head at `start..end` of `bytes`; undefined if there is none. */
export function findHead(
  index: HeadIndex,
  bytes: Buffer,
  start: number,
  end: number,
  isSame: (element: number) => boolean,
): number | undefined {
  const slot = hashOfHead(bytes, start, end)
  for (let probe = slot; probe < slot + probes; probe += 1) {
    const element = (index[probe & (index.length - 1)] ?? 0) - 1
    if (element < 0) return undefined
    if (isSame(element)) return element
  }
  return undefined
}

// FNV-1a by words, mixed once more since the table takes the low bits.
function hashOfHead(bytes: Buffer, start: number, end: number): number {
  const until = Math.min(end, start + headBytes) - 4
  let hash = 0x811c9dc5
  for (let i = start; i <= until; i += 4) hash = Math.imul(hash ^ bytes.readInt32LE(i), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 12
}
