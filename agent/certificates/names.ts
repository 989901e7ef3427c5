// The DNS names that a certificate is for.
// Owns what counts as one: host names and wildcards of a whole first label. Refuses addresses, mail addresses and URIs.

import type { X509Certificate } from 'node:crypto'
import { compareText } from '../core/text.ts'

const namePattern = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/

// `DNS:demo.local, IP Address:10.0.0.1, DirName:"CN = a\, b"`: what could be taken for a separator is in quotes.
const alternativePattern = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y

/** Those among its alternative names, its common name where there are none; lower case, sorted. */
export function dnsNames({
  subjectAltName,
  subject,
}: Pick<X509Certificate, 'subjectAltName' | 'subject'>): readonly string[] {
  const alternative = subjectAltName === undefined ? [] : alternativeNames(subjectAltName)
  const names = alternative.length > 0 ? alternative : commonNames(subject)
  const known = names.map((name) => name.toLowerCase()).filter((name) => namePattern.test(name))
  return [...new Set(known)].sort(compareText)
}

function alternativeNames(text: string): readonly string[] {
  const pattern = new RegExp(alternativePattern)
  const names: string[] = []
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole, kind, name] = match
    if (kind === 'DNS' && name !== undefined) names.push(name)
    if (whole === '' || pattern.lastIndex >= text.length) break
  }
  return names
}

// One attribute a line, each with its short name.
function commonNames(subject: string | undefined): readonly string[] {
  return (subject ?? '')
    .split('\n')
    .filter((line) => line.startsWith('CN='))
    .map((line) => line.slice(3))
}
