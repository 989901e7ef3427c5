// Where the engine is, and how to be let in: the DOCKER_* variables as one value.
// Owns their meaning, which is Docker's own (docker/client, FromEnv). Refuses to connect, and to read files or variables itself.

import { AgentError } from '../core/errors.ts'
import { quote } from '../core/text.ts'

/** An engine's address. */
export type DockerEndpoint =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly tls: DockerTls | undefined
    }

/** Client certificate and authority, as PEM. */
export type DockerTls = {
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** False where DOCKER_TLS_VERIFY is empty: encrypted, but any server is believed, as Docker's own client does. */
  readonly verify: boolean
}

export type DockerVariables = {
  readonly DOCKER_HOST?: string | undefined
  readonly DOCKER_TLS_VERIFY?: string | undefined
  readonly DOCKER_CERT_PATH?: string | undefined
}

/** Reads a text file whole; throws where it cannot. */
export type ReadText = (path: string) => string

const defaultHost = 'unix:///var/run/docker.sock'
const forms = 'unix:///var/run/docker.sock or tcp://manager:2376'

/**
 * The endpoint that the variables name; the local socket if DOCKER_HOST is empty.
 *
 * Throws AgentError `settings-invalid` for an unknown scheme, a bad host or port, and a certificate that is missing.
 */
export function parseEndpoint(variables: DockerVariables, readText: ReadText): DockerEndpoint {
  const host = variables.DOCKER_HOST || defaultHost
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(host) ?? []
  if (scheme === undefined || rest === undefined) {
    throw invalid(`DOCKER_HOST is ${quote(host)}, which has no scheme`, `Write it as ${forms}.`)
  }
  switch (scheme.toLowerCase()) {
    case 'unix':
      return unixEndpoint(host, rest)
    case 'tcp':
      return tcpEndpoint(host, rest, readTls(variables, readText))
    default:
      throw invalid(
        `DOCKER_HOST is ${quote(host)}, and ${scheme}:// is not supported`,
        schemeHint(scheme.toLowerCase()),
      )
  }
}

/** The endpoint as DOCKER_HOST writes it, for messages. */
export function endpointText(endpoint: DockerEndpoint): string {
  if (endpoint.kind === 'unix') return `unix://${endpoint.socketPath}`
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return `tcp://${host}:${endpoint.port}`
}

function schemeHint(scheme: string): string {
  if (scheme === 'ssh')
    return 'Forward the socket yourself (ssh -L /tmp/docker.sock:/var/run/docker.sock) and name that with unix://.'
  if (scheme === 'http' || scheme === 'https')
    return `Write tcp:// in its place; certificates come from DOCKER_CERT_PATH.`
  return `Write it as ${forms}.`
}

function unixEndpoint(host: string, path: string): DockerEndpoint {
  if (!path.startsWith('/')) {
    throw invalid(
      `DOCKER_HOST is ${quote(host)}, which names no absolute path`,
      `Write it as ${defaultHost}.`,
    )
  }
  return { kind: 'unix', socketPath: path }
}

function tcpEndpoint(host: string, rest: string, tls: DockerTls | undefined): DockerEndpoint {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d+))?\/?$/i.exec(rest) ?? []
  const name = bracketed ?? plain
  if (name === undefined) {
    throw invalid(
      `DOCKER_HOST is ${quote(host)}, which is not a host and a port`,
      'Write it as tcp://manager:2376 or tcp://[2001:db8::1]:2376, without a user or a path.',
    )
  }
  // 2375 and 2376 are registered for Docker, plain and with TLS.
  const number = port === undefined ? (tls === undefined ? 2375 : 2376) : Number(port)
  if (number < 1 || number > 65_535) {
    throw invalid(`DOCKER_HOST is ${quote(host)}, and ${port} is not a port`, 'Ports go from 1 to 65535.')
  }
  return { kind: 'tcp', host: name, port: number, tls }
}

function readTls(variables: DockerVariables, readText: ReadText): DockerTls | undefined {
  const folder = variables.DOCKER_CERT_PATH
  const verify = Boolean(variables.DOCKER_TLS_VERIFY)
  if (!folder && !verify) return undefined
  if (!folder) {
    throw invalid(
      'DOCKER_TLS_VERIFY is set, but DOCKER_CERT_PATH is not',
      'Set DOCKER_CERT_PATH to the folder that holds ca.pem, cert.pem and key.pem.',
    )
  }
  const read = (name: string) => readPem(`${folder.replace(/\/+$/, '')}/${name}`, readText)
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem'), verify }
}

function readPem(path: string, readText: ReadText): string {
  let text: string
  try {
    text = readText(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw invalid(
      `${path} cannot be read: ${reason}`,
      'DOCKER_CERT_PATH must hold ca.pem, cert.pem and key.pem.',
      cause,
    )
  }
  if (!text.includes('-----BEGIN ')) {
    throw invalid(
      `${path} holds no PEM block`,
      'ca.pem, cert.pem and key.pem each contain a line that starts with -----BEGIN.',
    )
  }
  return text
}

function invalid(message: string, hint: string, cause?: unknown): AgentError {
  return new AgentError('settings-invalid', `${message}.`, { hint, cause })
}
