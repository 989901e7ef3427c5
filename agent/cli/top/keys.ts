// Keys, from the bytes that a terminal in raw mode sends.
// Pure. Refuses to know what a key does.

/** A printable character, or the name of another key. */
export type Key = string

/** What terminals send for keys without a character (xterm's control sequences, "PC-Style Function Keys"). */
const sequences: ReadonlyMap<string, Key> = new Map([
  ['\u001b[A', 'up'],
  ['\u001b[B', 'down'],
  ['\u001b[C', 'right'],
  ['\u001b[D', 'left'],
  ['\u001bOA', 'up'],
  ['\u001bOB', 'down'],
  ['\u001bOC', 'right'],
  ['\u001bOD', 'left'],
  ['\u001b[5~', 'page-up'],
  ['\u001b[6~', 'page-down'],
  ['\u001b[H', 'home'],
  ['\u001b[F', 'end'],
  ['\u001bOH', 'home'],
  ['\u001bOF', 'end'],
  ['\u001b[1~', 'home'],
  ['\u001b[4~', 'end'],
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u001b', 'escape'],
  ['\u0003', 'interrupt'],
  ['\u0004', 'interrupt'],
])

/** What follows an escape character within one key; the key may be cut off. */
const sequencePattern = /^(?:\[[0-9;]*[A-Za-z~]?|O[A-Za-z]?)?/

/** The keys of one piece of input, in order. What no key is known for is left out. */
export function parseKeys(text: string): readonly Key[] {
  const [first = '', ...escaped] = text.split('\u001b')
  const keys = plainKeys(first)
  for (const part of escaped) {
    const [sequence = ''] = sequencePattern.exec(part) ?? []
    const named = sequences.get(`\u001b${sequence}`)
    if (named !== undefined) keys.push(named)
    keys.push(...plainKeys(part.slice(sequence.length)))
  }
  return keys
}

function plainKeys(text: string): Key[] {
  return [...text].flatMap((character) => {
    const named = sequences.get(character)
    if (named !== undefined) return [named]
    return /\p{Cc}/u.test(character) ? [] : [character]
  })
}
