// What the bytes of one file hold: a certificate with its chain, a private key, both, users (read-users.ts), or why nothing.
// Owns the parsing, by OpenSSL, and the pieces that HAProxy is given. Refuses files, names and clocks.
// Nothing of a key may appear in a fault: OpenSSL's own words are dropped.

import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { dnsNames } from './names.ts'
import { type Block, cutBlocks } from './pem-blocks.ts'
import { readUsers, type User, type UserReading } from './read-users.ts'
import type { Lifetime } from './validity.ts'

/** The bytes as HAProxy gets them: PEM, each block on lines of its own. */
export type Pieces = {
  readonly chain: string | undefined
  readonly key: string | undefined
  readonly users?: readonly User[] | undefined
}

export type Reading = {
  readonly certificate?: Lifetime & { readonly names: readonly string[]; readonly publicKey: string }
  readonly key?: { readonly publicKey: string }
  readonly pieces: Pieces
  readonly fault?: string
  /** Of a file without PEM: who may come in, or why nobody can be read from it. */
  readonly access?: UserReading
}

/** What Debian's OpenSSL takes at its security level 2. For one key below it, HAProxy refuses its whole configuration. */
const bitsMin: Readonly<Record<string, number>> = { rsa: 2048, ec: 224 }

/** Reads a whole file. Of several keys the first one counts; the first certificate is the leaf, as for HAProxy. */
export type PemReader = (bytes: Buffer, mayListUsers?: boolean) => Reading

/** Certificates of authorities, which many files share, with what is wrong with each. */
type KnownLinks = Map<string, string | undefined>

const knownLinksMax = 1000

/** A reader that remembers the chains it has seen. */
export function createPemReader(): PemReader {
  const known: KnownLinks = new Map()
  return (bytes, mayListUsers = true) => {
    if (known.size > knownLinksMax) known.clear()
    return readPem(bytes, known, mayListUsers)
  }
}

function readPem(bytes: Buffer, known: KnownLinks, mayListUsers: boolean): Reading {
  const { blocks, isBroken } = cutBlocks(bytes.toString('latin1'))
  if (isBroken) return faulty('a PEM block in it is broken or has no end')
  const certificates = blocks.filter(({ label }) => /^(?:X509 )?CERTIFICATE$/.test(label))
  const key = blocks.find(({ label }) => /^(?:[A-Z]+ )?PRIVATE KEY$/.test(label))
  if (certificates.length === 0 && key === undefined) {
    const access = blocks.length === 0 && mayListUsers ? readUsers(bytes) : undefined
    return {
      ...faulty('neither a PEM certificate nor a PEM private key', access?.users),
      ...(access && { access }),
    }
  }
  const chain = readChain(certificates, known)
  const own = key === undefined ? undefined : readKey(key)
  const fault = chain?.fault ?? own?.fault
  if (fault !== undefined) return faulty(fault)
  return {
    ...(chain?.certificate !== undefined && { certificate: chain.certificate }),
    ...(own?.publicKey !== undefined && { key: { publicKey: own.publicKey } }),
    pieces: { chain: chain?.text, key: own?.text },
  }
}

function faulty(fault: string, users?: readonly User[]): Reading {
  return { pieces: { chain: undefined, key: undefined, users }, fault }
}

type Chain = {
  readonly text: string
  readonly certificate?: NonNullable<Reading['certificate']>
  readonly fault?: string
}

function readChain(blocks: readonly Block[], known: KnownLinks): Chain | undefined {
  const [leaf, ...others] = blocks
  if (leaf === undefined) return undefined
  const text = blocks.map((block) => block.text.replaceAll('X509 CERTIFICATE', 'CERTIFICATE')).join('')
  const certificate = attempt(() => readLeaf(leaf))
  if (certificate === undefined) return { text, fault: 'its certificate cannot be read' }
  if (Number.isNaN(certificate.notAfterMs) || Number.isNaN(certificate.notBeforeMs)) {
    return { text, fault: 'its certificate does not say how long it holds' }
  }
  // HAProxy refuses all of the file for one certificate in it.
  const faults = [certificate.weakness, ...others.map((link) => faultOfLink(link, known))]
  const broken = faults.findIndex((fault) => fault !== undefined)
  if (broken >= 0) return { text, fault: `certificate ${broken + 1} in it: ${faults[broken]}` }
  const { weakness: _, ...told } = certificate
  return { text, certificate: told }
}

function faultOfLink({ text }: Block, known: KnownLinks): string | undefined {
  if (known.has(text)) return known.get(text)
  const key = attempt(() => identify(new X509Certificate(text).publicKey))
  const fault = key === undefined ? 'it cannot be read' : key.weakness
  known.set(text, fault)
  return fault
}

function readLeaf({ text }: Block) {
  const certificate = new X509Certificate(text)
  const { publicKey, validFrom, validTo } = certificate
  return {
    names: dnsNames(certificate),
    ...identify(publicKey),
    notBeforeMs: Date.parse(validFrom),
    notAfterMs: Date.parse(validTo),
  }
}

type Key = { readonly text?: string; readonly publicKey?: string; readonly fault?: string }

function readKey({ label, text, hasHeaders }: Block): Key {
  if (label === 'ENCRYPTED PRIVATE KEY' || hasHeaders) return { fault: 'its private key is encrypted' }
  const key = attempt(() => identify(createPublicKey(text)))
  if (key === undefined) return { fault: 'its private key cannot be read' }
  const { publicKey, weakness } = key
  return weakness === undefined ? { text, publicKey } : { fault: `its private key: ${weakness}` }
}

type Identity = { readonly publicKey: string; readonly weakness: string | undefined }

/** What tells a key pair from others, and whether HAProxy would take it. */
function identify(key: KeyObject): Identity {
  // By its numbers: DER and OpenSSL's details take 20 times as long, and are there for what JWK does not know.
  const numbers = attempt(() => key.export({ format: 'jwk' }))
  const identity =
    numbers === undefined ? key.export({ type: 'spki', format: 'der' }) : JSON.stringify(numbers)
  return {
    publicKey: createHash('sha256').update(identity).digest('hex'),
    weakness: numbers?.kty === 'EC' ? undefined : weaknessOf(key, numbers?.n),
  }
}

function weaknessOf(key: KeyObject, modulus: string | undefined): string | undefined {
  // The curves that JWK knows are all strong enough. Others carry their bits in their names: prime192v1, sect163k1.
  const bits = modulus === undefined ? detailedBits(key) : Buffer.from(modulus, 'base64url').length * 8
  const min = key.asymmetricKeyType === undefined ? undefined : bitsMin[key.asymmetricKeyType]
  if (min === undefined || !(bits < min)) return undefined
  return `a key of ${bits} bits, and HAProxy takes none below ${min}`
}

function detailedBits({ asymmetricKeyDetails: details }: KeyObject): number {
  return details?.modulusLength ?? Number(/\d{3}/.exec(details?.namedCurve ?? '')?.[0] ?? Number.NaN)
}

/** What OpenSSL says of a block that it does not like may quote it. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
