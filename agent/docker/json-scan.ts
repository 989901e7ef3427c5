// Finds where a JSON value ends without parsing it.
// Owns the walk over bytes. Refuses to judge what lies inside a value: JSON.parse does that for the bytes cut out here.

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** True for the four bytes that JSON calls whitespace (RFC 8259, section 2). */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** The first position at or after `at` that holds no whitespace; the length of `bytes` if there is none. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let position = at
  while (isSpace(bytes[position])) position += 1
  return position
}

/** True where an element of an array may end: before a comma, a closing bracket, whitespace. */
export function endsElement(byte: number | undefined): boolean {
  return byte === comma || byte === closeBracket || isSpace(byte)
}

/**
 * The position just after the JSON value that starts at `at`.
 *
 * Right for every valid document; of an invalid one it cuts out bytes that JSON.parse refuses.
 * Throws SyntaxError where the bytes end before the value does.
 */
export function endOfValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first === openBrace || first === openBracket) return endOfNested(bytes, at)
  if (first === quote) return endOfString(bytes, at)
  let position = at
  while (position < bytes.length && !endsElement(bytes[position])) position += 1
  if (position === at) throw new SyntaxError(`expected a value at byte ${at}`)
  return position
}

// Brackets are counted, not matched: a wrong pair inside a value is JSON.parse's to find.
function endOfNested(bytes: Uint8Array, at: number): number {
  let depth = 0
  let position = at
  while (position < bytes.length) {
    const byte = bytes[position]
    if (byte === quote) {
      position = endOfString(bytes, position)
      continue
    }
    position += 1
    if (byte === openBrace || byte === openBracket) depth += 1
    else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return position
  }
  throw new SyntaxError(`the value that starts at byte ${at} is cut off`)
}

function endOfString(bytes: Uint8Array, at: number): number {
  let position = at + 1
  while (position < bytes.length) {
    const byte = bytes[position]
    if (byte === quote) return position + 1
    position += byte === backslash ? 2 : 1
  }
  throw new SyntaxError(`the string that starts at byte ${at} is cut off`)
}
