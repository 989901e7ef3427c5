// Says why the watch cannot be followed, in words that tell what to do.
// Owns the meaning of what grpc-js reports. Refuses to handle it: tasks are polled meanwhile.

import { AgentError, type ErrorCode, isAgentError } from '../../core/errors.ts'
import { quote } from '../../core/text.ts'
import { DeadlineError } from '../../docker/deadline.ts'

type Meaning = { readonly code: ErrorCode; readonly found: string; readonly hint: string }

const polled = 'Tasks are polled until then.'

/** What is found in grpc-js's words, which carry those of Node and OpenSSL. */
const meanings: readonly (readonly [RegExp, Meaning])[] = [
  [
    /\bENOENT\b/,
    {
      code: 'docker-unreachable',
      found: 'there is no such socket',
      hint: `It is there while the node is a manager, as /var/run/docker/swarm/control.sock. Mount its folder, or set swarm-socket to off. ${polled}`,
    },
  ],
  [
    /\bE(ACCES|PERM)\b/,
    {
      code: 'docker-refused',
      found: 'permission to the socket is denied',
      hint: `It belongs to root, in a folder that only root may enter: run the agent as root. ${polled}`,
    },
  ],
  [
    /\bECONNREFUSED\b/,
    {
      code: 'docker-unreachable',
      found: 'nothing listens on the socket',
      hint: `If the engine was restarted, mount the folder instead of the socket: a new socket is a new file. ${polled}`,
    },
  ],
  [
    /certificate|altnames|CERT_/i,
    {
      code: 'docker-refused',
      found: "its certificate is not that of a manager of the engine's swarm",
      hint: `Socket and DOCKER_HOST must be of the same engine. ${polled}`,
    },
  ],
  [
    /wrong version number|SSL routines|ssl3_|tlsv1/i,
    {
      code: 'docker-refused',
      found: 'what answers there does not speak TLS',
      hint: `Is it the control socket (swarm/control.sock), or another one of the engine's? ${polled}`,
    },
  ],
]

/** The error for a watch that did not open, or has ended. */
export function troubleOfWatch(cause: unknown, socketPath: string): AgentError {
  if (isAgentError(cause)) return cause
  const place = `swarm socket ${socketPath}`
  if (cause instanceof DeadlineError) {
    return new AgentError('docker-unreachable', `the ${place} gave ${cause.message}.`, {
      hint: `The engine may be overloaded, or hung. ${polled}`,
      cause,
    })
  }
  const said = cause instanceof Error ? cause.message : String(cause)
  const meaning = meanings.find(([pattern]) => pattern.test(said))?.[1]
  if (meaning !== undefined) {
    const { code, found, hint } = meaning
    return new AgentError(code, `the ${place}: ${found}.`, { hint, cause })
  }
  return new AgentError(
    'docker-bad-reply',
    `the watch of the ${place} has ended: ${quote(said.trim(), 200)}.`,
    {
      hint: `It is opened anew. ${polled}`,
      cause,
    },
  )
}
