// How labels become headers, and what may be none.
// Header text is hostile: a value reaches HAProxy's file quoted, and never leaves its line.

import { quote } from '../text.ts'
import { bad, good, type Parsed } from './values.ts'

/** A header to set; without a value: to take away. */
export type Header = { readonly name: string; readonly value?: string }

/** Headers that say how one connection carries a message, or whose it is: HAProxy's own business. */
const reserved = [
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

const valueLengthMax = 1024

/** One header: its name is a part of the label's own, its value the label's. */
export function parseHeader(name: string, text: string): Parsed<Header> {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$/.test(name)) {
    const expected = 'the name of a header behind the last dot'
    return bad(name, expected, 'A name has letters, digits, hyphens and underscores, as X-Robots-Tag.')
  }
  if (reserved.includes(name.toLowerCase())) {
    return bad(name, 'a header of the application', 'HAProxy looks after this one itself; remove the label.')
  }
  const value = text.trim()
  if (value === '') return good({ name })
  if (!/^[\u0020-\u007e]+$/.test(value)) {
    return bad(text, 'printable ASCII', 'Leave out line breaks and other letters, or encode them.')
  }
  if (value.length > valueLengthMax) {
    return bad(text, `at most ${valueLengthMax} characters`, 'Have the application set longer ones.')
  }
  return good({ name, value })
}

/** `Strict-Transport-Security`: seconds, and the two words that may follow; as the header has it. */
export function parseHsts(text: string): Parsed<string> {
  const expected = 'a number of seconds, then includeSubDomains and preload where wanted'
  const [age = '', ...words] = text.trim().split(/\s*[;,]\s*/)
  const known = words.map((word) =>
    ['includeSubDomains', 'preload'].find((each) => each.toLowerCase() === word.toLowerCase()),
  )
  const isGood = /^\d{1,10}$/.test(age) && !known.includes(undefined) && new Set(known).size === known.length
  if (!isGood)
    return bad(text, expected, `Write for example 31536000, or ${quote('31536000; includeSubDomains')}.`)
  return good([`max-age=${Number(age)}`, ...known].join('; '))
}
