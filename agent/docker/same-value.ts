// Tells whether two plain values say the same.
// Owns the comparison that lets an object live on when only members nobody reads have changed. Refuses cycles and classes.

/** True for values equal in every member: texts, numbers, booleans, undefined, arrays and plain objects of these. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const entries = Object.entries(a)
  const others = new Map(Object.entries(b))
  return (
    entries.length === others.size &&
    entries.every(([key, value]) => others.has(key) && sameValue(value, others.get(key)))
  )
}
