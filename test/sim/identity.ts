// Ids and timestamps as Docker writes them.
// Owns the seeded source of ids: the same seed gives the same ids in the same order. Refuses the real clock's ties:
// two timestamps are never equal, so that "the older service" is always decided.

export type Identity = {
  /** 25 characters of [a-z0-9], as SwarmKit's identity package makes them. */
  readonly id: () => string
  /** 64 hexadecimal digits. */
  readonly containerId: () => string
  /** RFC 3339 with up to nine digits of a second; Go drops trailing zeros, and so does this. */
  readonly timestamp: () => string
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

export function createIdentity(seed: number): Identity {
  const random = mulberry32(seed)
  const draw = (characters: string, length: number) =>
    Array.from({ length }, () => characters[Math.floor(random() * characters.length)]).join('')
  let lastMs = 0
  let ties = 0
  return {
    id: () => draw(alphabet, 25),
    containerId: () => draw('0123456789abcdef', 64),
    timestamp: () => {
      const nowMs = Date.now()
      ties = nowMs > lastMs ? 0 : ties + 1
      lastMs = Math.max(lastMs, nowMs)
      return format(lastMs, ties)
    },
  }
}

function format(ms: number, ns: number): string {
  const seconds = new Date(ms).toISOString().slice(0, 19)
  const fraction = `${String(ms % 1000).padStart(3, '0')}${String(ns).padStart(6, '0')}`.replace(/0+$/, '')
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`
}

/** A small generator of numbers in [0, 1) with 32 bits of state. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
