// What stands for many failures in one line.

/** The most frequent of many texts; empty for none. */
export function mostOf(texts: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a)
  return most === undefined ? '' : `${most[1]} × ${most[0]}`
}
