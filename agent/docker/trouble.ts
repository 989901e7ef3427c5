// Says what is wrong with the engine, in words that tell what to do.
// Owns the meaning of socket errors and of the engine's refusals (moby daemon/cluster/errors.go). Refuses to handle them.

import { AgentError } from '../core/errors.ts'
import { quote } from '../core/text.ts'
import { DeadlineError } from './deadline.ts'
import { type DockerEndpoint, endpointText } from './endpoint.ts'

/** The error for a request that got no response, or lost it half-way. */
export function troubleOfSocket(cause: unknown, endpoint: DockerEndpoint, request: string): AgentError {
  const engine = endpointText(endpoint)
  if (cause instanceof DeadlineError) {
    return new AgentError(
      'docker-unreachable',
      `the engine at ${engine} gave ${cause.message} to ${request}.`,
      {
        hint: 'The last routing stands. Look at the engine: it may be overloaded, hung, or cut off from here.',
        cause,
      },
    )
  }
  const code = codeOf(cause)
  const known = knownTrouble(code, endpoint)
  const reason = known?.reason ?? (cause instanceof Error ? cause.message : String(cause))
  return new AgentError(
    known?.refused === true ? 'docker-refused' : 'docker-unreachable',
    `${engine}: ${reason}.`,
    {
      hint: known?.hint ?? 'The last routing stands. It is tried again until the engine answers.',
      cause,
    },
  )
}

/** The error for a response other than 200. `text` is what the engine said, as much of it as was read. */
export function troubleOfStatus(
  status: number,
  text: string,
  endpoint: DockerEndpoint,
  request: string,
): AgentError {
  const engine = endpointText(endpoint)
  const said = messageOf(text)
  const notManager = notManagerHint(said)
  if (notManager !== undefined) {
    return new AgentError(
      'docker-not-manager',
      `the engine at ${engine} is no Swarm manager: ${quote(said, 200)}.`,
      {
        hint: notManager,
      },
    )
  }
  // What Go's server says to plain HTTP on a TLS port (net/http, server.go).
  if (endpoint.kind === 'tcp' && /HTTP request to an HTTPS server/.test(said)) {
    return new AgentError('docker-refused', `the engine at ${engine} wants TLS.`, {
      hint: 'Set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem.',
    })
  }
  if (status === 401 || status === 403) {
    return new AgentError(
      'docker-refused',
      `the engine at ${engine} answered ${status} to ${request}: ${quote(said, 200)}.`,
      {
        hint: 'Tidegate reads /info, /services, /tasks, /nodes, /networks and /events, and /secrets and /configs where labels name one, or of plain Docker /containers/json in the place of services, tasks and nodes: a socket proxy must allow GET on each of them.',
      },
    )
  }
  return badReply(endpoint, request, `${status} ${quote(said, 200)}`)
}

/** The error for a response that is not what was asked for. The message says what came instead. */
export function badReply(
  endpoint: DockerEndpoint,
  request: string,
  found: string,
  cause?: unknown,
): AgentError {
  return new AgentError(
    'docker-bad-reply',
    `the engine at ${endpointText(endpoint)} answered ${request} with ${found}.`,
    {
      hint: 'The last routing stands. The engine may be starting, stopping, or without a quorum of managers; its log says more.',
      cause,
    },
  )
}

type Known = { readonly reason: string; readonly hint: string; readonly refused?: boolean }

function knownTrouble(code: string, endpoint: DockerEndpoint): Known | undefined {
  // Node says no more than this, whether the peer reset the connection or the kernel gave it up.
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return {
      reason: 'the connection broke off',
      hint: 'The last routing stands. It is tried again until the engine answers.',
    }
  }
  if (endpoint.kind === 'unix') return knownOfUnix(code, endpoint.socketPath)
  if (code.startsWith('ERR_TLS_') || code.startsWith('CERT_') || tlsCodes.has(code)) {
    return {
      reason: `the TLS handshake failed (${code})`,
      hint: "Check that ca.pem in DOCKER_CERT_PATH signed the engine's certificate, that it names this host, and that it has not expired.",
      refused: true,
    }
  }
  return knownOfTcp(code, endpoint.tls === undefined)
}

function knownOfUnix(code: string, path: string): Known | undefined {
  switch (code) {
    case 'ENOENT':
      return {
        reason: 'there is no such socket',
        hint: `Mount the engine's socket (-v ${path}:${path}:ro), or set DOCKER_HOST.`,
      }
    case 'EACCES':
    case 'EPERM':
      return {
        reason: 'permission to the socket is denied',
        hint: 'Run the agent as root, or with the group that owns the socket (--group-add with the number that stat -c %g prints).',
        refused: true,
      }
    case 'ECONNREFUSED':
      return {
        reason: 'nothing listens on the socket',
        hint: 'Start the engine. If it was restarted, mount the folder instead of the socket: a new socket is a new file.',
      }
    case 'ENOTSOCK':
      return {
        reason: 'it is not a socket',
        hint: 'Docker makes a folder where a mounted socket did not exist: remove it and start the engine.',
      }
    default:
      return undefined
  }
}

const tlsCodes: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EPROTO',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function knownOfTcp(code: string, plain: boolean): Known | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return {
        reason: 'nothing listens there',
        hint: 'Check host and port in DOCKER_HOST, and that the engine listens on TCP (dockerd -H tcp://...).',
      }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { reason: 'the name does not resolve', hint: 'Check the host in DOCKER_HOST.' }
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return {
        reason: 'the host cannot be reached',
        hint: 'Check the network between here and the engine, and its firewall.',
      }
    case 'HPE_INVALID_CONSTANT':
      return plain
        ? {
            reason: 'what answers there does not speak HTTP',
            hint: 'If the engine wants TLS, set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.',
          }
        : undefined
    default:
      return undefined
  }
}

// Older engines answer 406, newer ones 503, with one of these sentences.
function notManagerHint(said: string): string | undefined {
  if (/swarm is encrypted and needs to be unlocked/i.test(said))
    return 'Run docker swarm unlock on that node.'
  if (/swarm certificates have expired/i.test(said)) return 'Let the node leave the Swarm and join it again.'
  if (!/not a swarm manager|not part of a swarm/i.test(said)) return undefined
  // "Manager is being prepared or has trouble connecting to the cluster": it is one, and will answer in time.
  if (/being prepared/i.test(said)) return undefined
  return 'Run the agent on a manager (placement constraint node.role == manager), promote this node (docker node promote), or, for a Swarm of one, run docker swarm init. Without a Swarm, set source to containers. A manager that is just stopping says the same.'
}

function messageOf(text: string): string {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string')
      return json.message
  } catch {
    // Not the engine's own JSON: a proxy's page, say. It is quoted as it is.
  }
  return text.trim()
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
