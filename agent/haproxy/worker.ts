// Waiting until the worker that should run is the one that answers.
// Owns what makes a worker the right one. Refuses to reload (master.ts) or to start anything (launch.ts).

import { AgentError } from '../core/errors.ts'
import type { Worker } from '../core/observed.ts'
import { quote } from '../core/text.ts'
import { parseInfo } from './replies.ts'
import { retry } from './retry.ts'
import type { Runtime } from './runtime.ts'

export type Expected = {
  /** The worker before the reload; left out where any will do. */
  readonly previousPid?: number
  /** The structure's digest in the configuration that should run; left out where any will do. */
  readonly structure?: string
}

/** What the worker behind the runtime socket says of itself. */
export async function askWorker(runtime: Runtime, signal: AbortSignal): Promise<Worker> {
  const [info = ''] = await runtime.send(['show info'], signal)
  return parseInfo(info)
}

/**
 * Connects anew until the expected worker answers, and leaves the connection to it open.
 *
 * An old connection would go on to the old worker, and a new one may too while the old worker hands over its sockets:
 * so the worker itself is asked who it is.
 * @throws AgentError `reload-failed` when another worker answers until the time is over, `runtime-unreachable` when none does
 */
export function waitForWorker(
  runtime: Runtime,
  expected: Expected,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Worker> {
  const attempt = async (either: AbortSignal) => {
    await runtime.reset()
    const worker = await askWorker(runtime, either)
    const mismatch = mismatchOf(worker, expected)
    if (mismatch === undefined) return worker
    throw new AgentError('reload-failed', `the new worker does not answer: ${mismatch}`, {
      hint: 'Look at HAProxy’s own log. The agent goes on with the worker that it finds.',
    })
  }
  return retry(attempt, { timeoutMs, passing: ['reload-failed', 'runtime-unreachable'] }, signal)
}

function mismatchOf(worker: Worker, { previousPid, structure }: Expected): string | undefined {
  if (worker.pid === previousPid) return `worker ${worker.pid} is still the one from before`
  if (worker.stopping) return `worker ${worker.pid} is on its way out`
  if (structure !== undefined && worker.structure !== structure) {
    return `worker ${worker.pid} has the structure ${quote(worker.structure)} and not ${quote(structure)}`
  }
  return undefined
}
