// The certificates beside HAProxy's configuration: one file for each that is in its list.
// Owns the folder. Refuses to choose certificates, and to keep keys: it is handed them for as long as it takes to write.

import { AgentError } from '../core/errors.ts'
import type { Routing, Sources } from '../core/routing.ts'
import { fileNames } from '../core/settings.ts'
import type { Files } from './files.ts'

type Certificates = Routing['certificates']

/** Where certificates with their keys come from (agent/certificates/store.ts). */
export type PemSource = {
  /** Chain and key as one PEM; undefined where they are no longer at hand. */
  readonly pem: (certificateDigest: string, keyDigest: string) => Buffer | undefined
  /** Says whose bytes are in use, and that no others are. */
  readonly retain: (digests: Iterable<string>) => void
}

/**
 * Writes the files of certificates that have none yet. What a file holds is in its name, so one that is there is right.
 * @throws AgentError `files-unwritable`, and `certificate-gone` where one is neither on disk nor at hand
 */
export async function writeCertificates(
  store: Files,
  source: PemSource,
  certificates: Certificates,
  signal: AbortSignal,
): Promise<void> {
  const present = new Set(await store.list(fileNames.certificates))
  const missing = [...certificates.values()].filter(({ file }) => !present.has(file))
  if (missing.length === 0) return
  const files = missing.map(({ file, certificate, key }) => {
    const pem = source.pem(certificate, key)
    if (pem === undefined) throw gone(store.path(file))
    return [file, pem.toString('latin1')] as const
  })
  await store.write(new Map(files), signal)
}

/** Removes the files of all other certificates. Keys and hashes that nobody needs lie nowhere. */
export async function pruneCertificates(
  store: Files,
  source: PemSource,
  { certificates, users }: Sources,
): Promise<void> {
  const digests = [...certificates.values()].flatMap(({ certificate, key }) => [certificate, key])
  source.retain([...digests, ...users])
  for (const file of await store.list(fileNames.certificates))
    if (!certificates.has(file)) await store.remove(file)
}

function gone(path: string): AgentError {
  return new AgentError('files-unwritable', `${path} cannot be written: its certificate is no longer there`, {
    hint: 'It was removed while it was put in use. The next look at the certificates settles it.',
  })
}
