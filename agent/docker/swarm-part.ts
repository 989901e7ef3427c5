// Whether an engine has a part in a Swarm.
// Owns that one question to `GET /info`. Refuses to say what follows.

import { isAgentError } from '../core/errors.ts'
import type { Docker } from './docker.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { asJson, objectAt, textAt } from './json-read.ts'
import { badReply } from './trouble.ts'

const request = { path: '/info' }

/**
 * False only where the engine says that it is in no Swarm: a worker, a manager that is locked, and one that is just
 * starting are in one, and what runs for it must stay. True where a proxy does not let the question pass.
 *
 * Throws AgentError. The member is moby's api/types/swarm, Info.LocalNodeState.
 */
export async function isInSwarm(
  docker: Pick<Docker, 'get'>,
  endpoint: DockerEndpoint,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const body = await docker.get(request, Buffer.alloc(0), signal)
    const info = asJson(JSON.parse(body.toString('utf8')))
    return textAt(objectAt(info, 'Swarm'), 'LocalNodeState') !== 'inactive'
  } catch (cause) {
    if (isAgentError(cause, 'docker-refused')) return true
    if (cause instanceof SyntaxError) throw badReply(endpoint, 'GET /info', 'what is no JSON', cause)
    throw cause
  }
}
