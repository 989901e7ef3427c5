// How the text of a label becomes one of a few words, or part of an address.
// Refuses knowledge of which label holds what (the *-rows.ts).

import { bad, good, type Parsed, parseHosts } from './values.ts'

/** One of some words, in any case. */
export const parseChoice =
  <const W extends string>(words: readonly W[], hint: string) =>
  (text: string): Parsed<W> => {
    const wanted = text.trim().toLowerCase()
    const word = words.find((each) => each === wanted)
    return word === undefined ? bad(text, orText(words), hint) : good(word)
  }

function orText(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** A path with its query, as a health check asks for it. */
export function parseRequestPath(text: string): Parsed<string> {
  const path = text.trim()
  const expected = 'a path such as /health'
  if (!path.startsWith('/')) return bad(text, expected, 'A path starts with a slash.')
  if (path.length > 512) return bad(text, expected, 'It has at most 512 characters.')
  if (!/^[A-Za-z0-9._~%@:+=/?&,-]+$/.test(path)) {
    return bad(text, expected, 'Percent-encode other characters, as a browser does.')
  }
  return good(path)
}

/** One host name, with a port where need be, as the header `Host` has it. */
export function parseHostHeader(text: string): Parsed<string> {
  const [, name = '', port = ''] = /^([^:]*)(:\d{1,5})?$/.exec(text.trim()) ?? []
  const hosts = parseHosts(name).value ?? []
  const [host = '.'] = hosts
  if (hosts.length === 1 && !name.includes(',') && !host.startsWith('.')) return good(`${host}${port}`)
  return bad(text, 'one host name', 'Write for example demo.local.')
}
