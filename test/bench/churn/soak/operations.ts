// An hour's churn, drawn by lot: what operators do to a Swarm, again and again.
// Owns the choice. The same seed gives the same operations.

import type { Random } from '../random.ts'
import type { SimCommand } from '../sim/messages.ts'

/** Under traffic all the time, so none of them is ever without a running task by anybody's wish. */
export const servedServices = ['shop', 'news', 'mail'] as const

/** Comes and goes, with its backend: each time a reload. */
const guest = 'guest'

const drained = 'node-2'

/** Tasks of each of them at rest. */
export const replicasAtRest = 3

export type Operations = {
  readonly next: () => SimCommand
  /** What brings everything back to where it began. */
  readonly home: () => readonly SimCommand[]
}

export function createOperations(random: Random): Operations {
  let isGuestThere = false
  let isDrained = false
  const service = () => random.oneOf(servedServices)
  const choices: readonly (() => SimCommand)[] = [
    () => ({ kind: 'scale', service: service(), replicas: random.between(2, 8) }),
    () => ({ kind: 'scale', service: service(), replicas: random.between(2, 8) }),
    () => ({ kind: 'update', service: service(), order: 'start-first', parallelism: random.between(1, 3) }),
    () => ({ kind: 'update', service: service(), order: 'stop-first', parallelism: 1 }),
    () => {
      isDrained = !isDrained
      return { kind: isDrained ? 'drain' : 'activate', node: drained }
    },
    () => {
      isGuestThere = !isGuestThere
      return isGuestThere
        ? { kind: 'create', service: guest, replicas: 2 }
        : { kind: 'remove', service: guest }
    },
  ]
  return {
    next: () => random.oneOf(choices)(),
    home: () => {
      const commands: SimCommand[] = servedServices.map((name) => ({
        kind: 'scale',
        service: name,
        replicas: replicasAtRest,
      }))
      if (isDrained) commands.push({ kind: 'activate', node: drained })
      if (isGuestThere) commands.push({ kind: 'remove', service: guest })
      isDrained = false
      isGuestThere = false
      return commands
    },
  }
}
