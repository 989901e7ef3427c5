// Until when the certificates in use hold.
// Pure. Refuses clocks: whoever reads a certificate judges it (snapshot.ts, Material).

import { allCertificates, type Routing } from './routing.ts'
import type { Material } from './snapshot.ts'
import { compareText } from './text.ts'

export type Expiry = Pick<NonNullable<Material['certificate']>, 'notAfter' | 'validity'> & {
  /** The name of its file, secret or config. */
  readonly file: string
  readonly from: Material['from']
}

/** Those that a routing has in use, each file once, the one first that ends first. */
export function expiriesOf(routing: Routing, materials: readonly Material[] = []): readonly Expiry[] {
  const used = new Set([...allCertificates(routing).values()].map(({ certificate }) => certificate))
  const known = new Map(materials.map((material) => [material.digest, material]))
  return [...used]
    .flatMap((digest): readonly Expiry[] => {
      const material = known.get(digest)
      if (material?.certificate === undefined) return []
      const { notAfter, validity } = material.certificate
      return [{ file: material.name, from: material.from, notAfter, validity }]
    })
    .sort((a, b) => compareText(a.notAfter, b.notAfter) || compareText(a.file, b.file))
}
