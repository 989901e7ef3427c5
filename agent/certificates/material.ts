// A file as the core sees it.
// Owns what a file that cannot be used is said to be. Refuses bytes: they are in the vault.

import type { Material } from '../core/snapshot.ts'
import type { Reading } from './read-pem.ts'
import { type Validity, validityAt } from './validity.ts'

export type Place = Pick<Material, 'from' | 'name'>

/** What a file holds, judged at a moment. */
export function materialOf(place: Place, digest: string, reading: Reading, nowMs: number): Material {
  const { certificate, key, fault, access } = reading
  return {
    ...place,
    digest,
    ...(certificate !== undefined && {
      certificate: {
        names: certificate.names,
        publicKey: certificate.publicKey,
        notAfter: `${new Date(certificate.notAfterMs).toISOString().slice(0, 19)}Z`,
        validity: validityAt(certificate, nowMs),
      },
    }),
    ...(key !== undefined && { key }),
    ...(fault !== undefined && { fault }),
    ...(access?.users !== undefined && { users: access.users.map(({ name }) => name) }),
    ...(access?.fault !== undefined && { usersFault: access.fault }),
  }
}

/** A file that was not read: it has no digest. */
export function unreadMaterial(place: Place, fault: string): Material {
  return { ...place, digest: '', fault }
}

/** The material itself where its certificate is still as it was judged. */
export function judgedAgain(material: Material, validity: Validity | undefined): Material {
  const { certificate } = material
  if (certificate === undefined || validity === undefined || certificate.validity === validity)
    return material
  return { ...material, certificate: { ...certificate, validity } }
}
