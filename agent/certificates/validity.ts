// Whether a certificate is good at a moment.
// Owns what `expiring` means. Refuses clocks.

import type { Material } from '../core/snapshot.ts'

export type Validity = NonNullable<Material['certificate']>['validity']

/** From when to when a certificate holds, both ends included (RFC 5280, 4.1.2.5). */
export type Lifetime = { readonly notBeforeMs: number; readonly notAfterMs: number }

/** A certificate that ends sooner than this is told of. */
export const expiringMs = 14 * 24 * 3600 * 1000

/** How a certificate of this lifetime is at the given time since 1970. */
export function validityAt({ notBeforeMs, notAfterMs }: Lifetime, nowMs: number): Validity {
  if (nowMs > notAfterMs) return 'expired'
  if (nowMs < notBeforeMs) return 'not-yet'
  return notAfterMs - nowMs < expiringMs ? 'expiring' : 'good'
}
