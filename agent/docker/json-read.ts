// Reads members of foreign JSON without trusting it.
// Owns what counts as absent: Go leaves out, or writes as null, what is empty. Refuses to know Docker's types.

/** An element that makes no sense. The message says which member is at fault. */
export class Nonsense extends Error {
  override readonly name = 'Nonsense'
}

export type Json = { readonly [member: string]: unknown }

const nothing: Json = {}

/** The member as an object; an empty one where it is absent or something else. */
export function objectAt(json: Json, member: string): Json {
  const value = json[member]
  return isObject(value) ? value : nothing
}

/** The member's objects, if it is an array; whatever else stands in it is left out. */
export function objectsAt(json: Json, member: string): readonly Json[] {
  return arrayAt(json, member).filter(isObject)
}

/** True if the member is an object, be it an empty one. */
export function hasObject(json: Json, member: string): boolean {
  return isObject(json[member])
}

/** True if the member is. */
export function isTrueAt(json: Json, member: string): boolean {
  return json[member] === true
}

/** The member's texts, if it is an array. */
export function textsAt(json: Json, member: string): readonly string[] {
  return arrayAt(json, member).filter((item) => typeof item === 'string')
}

/** The member as text; empty where it is absent or something else. */
export function textAt(json: Json, member: string): string {
  const value = json[member]
  return typeof value === 'string' ? value : ''
}

/** The member as a safe integer; 0 where it is absent or something else. */
export function integerAt(json: Json, member: string): number {
  const value = json[member]
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0
}

/** The member as text, which must not be empty. Throws Nonsense that names `path`. */
export function neededText(json: Json, member: string, path = member): string {
  const value = json[member]
  if (typeof value !== 'string' || value === '') throw new Nonsense(`${path} is missing`)
  return value
}

/** The value as an object. Throws Nonsense for anything else. */
export function neededObject(value: unknown): Json {
  if (!isObject(value)) throw new Nonsense('it is not an object')
  return value
}

/** The value as an object; an empty one if it is something else. */
export function asJson(value: unknown): Json {
  return isObject(value) ? value : nothing
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function arrayAt(json: Json, member: string): readonly unknown[] {
  const value = json[member]
  return Array.isArray(value) ? value : []
}
