// The view of the state where no agent tells it.
// Owns who is asked then. Refuses wording (status-text.ts).

import { computeRouting } from '../core/desired.ts'
import { type AgentError, isAgentError } from '../core/errors.ts'
import { expiriesOf } from '../core/expiry.ts'
import { flowsBetween } from '../core/rates.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { buildStatus } from '../core/status-build.ts'
import type { StatusView } from '../core/status-view.ts'
import { type Call, readSnapshot } from './commands.ts'

/**
 * The view, made of what the engine and HAProxy say, or HAProxy alone.
 * @throws AgentError where neither can be asked
 */
export async function findOut(call: Call): Promise<StatusView> {
  const { ports, settings, signal } = call
  const [snapshot, observed, traffic] = await Promise.all([
    readOrMiss(call),
    ports.observe(settings, signal),
    ports.readTraffic(settings, 'backends', signal),
  ])
  const { version } = ports.host
  const running = {
    observed,
    ...(traffic === undefined ? {} : { traffic: flowsBetween(undefined, traffic) }),
  }
  if (!isAgentError(snapshot)) {
    const { routing } = computeRouting(snapshot, settings.routing)
    const certificates = settings.routing.isTlsOn ? expiriesOf(routing, snapshot.materials) : undefined
    const told = { version, routing, problems: routing.problems, certificates }
    return buildStatus({ toldBy: 'engine', ...told, ...running })
  }
  if (observed === undefined) throw snapshot
  return buildStatus({ toldBy: 'haproxy', version, routing: undefined, problems: [], ...running })
}

/** The snapshot; or the trouble with the engine, which HAProxy may make up for. */
async function readOrMiss(call: Call): Promise<Snapshot | AgentError> {
  try {
    return await readSnapshot(call)
  } catch (error) {
    if (isAgentError(error) && error.code.startsWith('docker-')) return error
    throw error
  }
}
