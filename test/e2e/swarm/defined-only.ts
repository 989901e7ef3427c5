// An object without the properties that are undefined: what exactOptionalPropertyTypes takes for absent.
// Owns that difference. Refuses deep looks.

export type DefinedOnly<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** A copy without undefined properties. */
export function definedOnly<T extends object>(value: T): DefinedOnly<T> {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  // biome-ignore lint/plugin: the type says exactly what the line above does.
  return Object.fromEntries(entries) as DefinedOnly<T>
}
