import { expect, test } from 'vitest'
import { expiriesOf } from '../../../agent/core/expiry.ts'
import { type Certificate, emptyRouting } from '../../../agent/core/routing.ts'
import type { Material } from '../../../agent/core/snapshot.ts'

const certificate = (digest: string, host: string): Certificate => ({
  file: `certificates/${digest}-${host}.pem`,
  certificate: digest,
  key: digest,
  hosts: [host],
})
const material = (name: string, notAfter: string): Material => ({
  name,
  from: 'folder',
  digest: name,
  certificate: { names: [], publicKey: '', notAfter, validity: 'good' },
})
const certificates = new Map(
  [certificate('a', 'a.local'), certificate('b', 'b.local'), certificate('b', 'c.local')].map((each) => [
    each.file,
    each,
  ]),
)

test('those in use are told, each once, the one first that ends first; the default is one of them', () => {
  const materials = [
    material('a', '2027-03-01T00:00:00Z'),
    material('b', '2027-01-01T00:00:00Z'),
    material('d', '2027-02-01T00:00:00Z'),
    material('idle', '2026-12-01T00:00:00Z'),
  ]
  const routing = { ...emptyRouting, certificates, defaultCertificate: certificate('d', '*') }
  expect(expiriesOf(routing, materials).map(({ file }) => file)).toEqual(['b', 'd', 'a'])
  expect(expiriesOf(routing)).toEqual([])
})
