// Removes every trace of a test bed, whatever state it was left in; only the cache of images stays.
// Owns the order. Refuses to depend on anything but the test bed's name: after a crash nothing else is known.

import { rm } from 'node:fs/promises'
import { removeCgroup } from './cgroups.ts'
import { removeFootholds } from './footholds.ts'
import type { BedLayout } from './layout.ts'
import { removeNamespaces } from './network.ts'

/**
 * Ends all processes of the test bed and removes its namespaces (cables, bridges, overlays and firewall rules live in
 * them), cgroups and folders. Mounts need no care: they end with the last process that sees them. Repeatable.
 */
export async function sweep(bed: BedLayout): Promise<void> {
  await removeCgroup(bed.cgroup)
  await removeNamespaces(bed)
  // A copy that a killed start had begun may still be writing there for a moment.
  const patiently = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }
  await Promise.all([bed.runDir, bed.dataDir].map((path) => rm(path, patiently)))
  await removeFootholds(bed)
}
