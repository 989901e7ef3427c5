// Which secrets and configs services name in their labels, as far as they are worth asking for.
// Refuses to judge labels: the core says what is wrong with a name.

import type { Service } from '../core/snapshot.ts'
import { compareText } from '../core/text.ts'

/** Labels whose value is the name of a secret, of a config, or of a file. */
const labels = ['com.docker.lb.ssl_cert', 'com.docker.lb.ssl_key', 'com.tidegate.lb.basic_auth']

/** What SwarmKit lets a secret or a config be called (manager/controlapi/common.go). */
const namePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9])?$/

/** The names, each once, sorted; empty where no service has such a label. */
export function materialNames(services: readonly Service[]): readonly string[] {
  const names = new Set<string>()
  for (const service of services) {
    for (const label of labels) {
      const name = service.labels[label]?.trim()
      if (name !== undefined && namePattern.test(name)) names.add(name)
    }
  }
  return [...names].sort(compareText)
}
