// The swarm's own root certificate, as the engine tells it.
// Owns `GET /info`. The engine is trusted already, so the socket beside it is believed only if it belongs to its swarm.

import { AgentError } from '../../core/errors.ts'
import type { Docker } from '../../docker/docker.ts'
import { asJson, isTrueAt, objectAt, textAt } from '../../docker/json-read.ts'

const request = { path: '/info' }

/** The root certificate as PEM. Throws AgentError, `docker-not-manager` where the engine is none. */
export async function readTrustRoot(docker: Pick<Docker, 'get'>, signal: AbortSignal): Promise<string> {
  const swarm = objectAt(asJson(parse(await docker.get(request, Buffer.alloc(0), signal))), 'Swarm')
  if (!isTrueAt(swarm, 'ControlAvailable')) {
    throw new AgentError(
      'docker-not-manager',
      'the engine is no Swarm manager, so there is nothing to watch.',
      {
        hint: 'Run the agent on a manager, or promote this node (docker node promote).',
      },
    )
  }
  const root = textAt(objectAt(objectAt(swarm, 'Cluster'), 'TLSInfo'), 'TrustRoot')
  if (root.includes('-----BEGIN CERTIFICATE-----')) return root
  // moby leaves the cluster out while there is no leader to ask (daemon/cluster, Info).
  throw badInfo(
    'no root certificate of its swarm',
    'The managers may have no leader at the moment; it is tried again.',
  )
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw badInfo('what is no JSON', 'Look at what answers at DOCKER_HOST.', cause)
  }
}

function badInfo(found: string, hint: string, cause?: unknown): AgentError {
  return new AgentError('docker-bad-reply', `the engine answered GET /info with ${found}.`, {
    hint: `${hint} Tasks are polled until then.`,
    cause,
  })
}
