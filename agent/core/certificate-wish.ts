// What services ask for in TLS, and what is known of certificates, as the choice of certificates needs it.
// Types only.

import type { BackendService } from './routing.ts'
import type { Material, Snapshot } from './snapshot.ts'

/** What a service's labels ask for. */
export type TlsWish = { readonly certificate: string; readonly key: string | undefined }

/** The part of a claim that certificates are about. */
export type TlsClaim = {
  readonly service: BackendService
  readonly labels: Readonly<Record<string, string>>
  /** As routes have them: a wildcard is `.example.com`. */
  readonly hosts: readonly string[]
  readonly tls: TlsWish | undefined
  /** It answers for hosts that nobody claims. */
  readonly isDefault: boolean
  readonly isPassthrough: boolean
}

/** What is known of certificates besides what services ask for. */
export type TlsFacts = {
  readonly [K in 'materials' | 'secrets' | 'configs']: Snapshot[K] | undefined
} & {
  /** Files that HAProxy does not take, each with its words. */
  readonly refused: ReadonlyMap<string, string>
  readonly isTlsOn: boolean
}

/** A certificate and the key that belongs to it. */
export type Pair = { readonly certificate: Material; readonly key: Material }

/** What was found under the names of a wish. `pair` only where both fit. */
export type Found = {
  readonly certificate: Material | undefined
  readonly key: Material | undefined
  readonly pair: Pair | undefined
}
