// Tasks that crash again and again, as one does that cannot reach its database.
// Owns the kills. Restarts are the simulated Swarm's own, with the service's restart delay between.

import { setTimeout as wait } from 'node:timers/promises'
import type { SimulatedSwarm } from '../../../sim/swarm.ts'
import { createRandom } from '../random.ts'
import type { SimCommand } from './messages.ts'

const tickMs = 50

/** Resolves when the time is over; the last ones killed restart after that. */
export async function flap(
  { killTask, runningTasksOf }: SimulatedSwarm,
  { services, forMs, upMs, seed }: Extract<SimCommand, { kind: 'flap' }>,
): Promise<void> {
  const random = createRandom(seed)
  const dueMs = new Map<string, number>()
  const endMs = performance.now() + forMs
  // Not all at once to begin with: afterwards each has its own rhythm.
  const firstMs = () => performance.now() + random.between(0, upMs.most * 2)
  for (const { ID } of services.flatMap(runningTasksOf)) dueMs.set(ID, firstMs())
  while (performance.now() < endMs) {
    const nowMs = performance.now()
    for (const { ID } of services.flatMap(runningTasksOf)) {
      const due = dueMs.get(ID)
      if (due === undefined) dueMs.set(ID, nowMs + random.between(upMs.least, upMs.most))
      else if (due <= nowMs) {
        dueMs.set(ID, Number.POSITIVE_INFINITY)
        killTask(ID)
      }
    }
    await wait(tickMs)
  }
}
