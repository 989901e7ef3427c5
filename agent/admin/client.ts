// The other end of the admin interface: asks a running agent over its socket.
// Refuses to read answers: whoever asks knows what to expect.

import { request } from 'node:http'
import { AgentError } from '../core/errors.ts'
import { limits } from '../core/settings.ts'

export type AdminAnswer = { readonly status: number; readonly body: string }

/** An agent answers from memory; one that takes longer than this is stuck. */
const timeoutMs = 5000

/**
 * Asks the agent that listens on a socket; undefined where none does.
 * @param socketPath undefined where the admin interface is switched off
 * @throws AgentError `admin-unreachable` where somebody listens and does not answer
 */
export async function askAdmin(
  socketPath: string | undefined,
  path: string,
  signal: AbortSignal,
): Promise<AdminAnswer | undefined> {
  if (socketPath === undefined) return undefined
  try {
    return await ask(socketPath, path, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (isNobodyThere(error)) return undefined
    throw unreachable(socketPath, error)
  }
}

function ask(socketPath: string, path: string, signal: AbortSignal): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, signal, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > limits.replyBytes) asked.destroy(new Error(`more than ${limits.replyBytes} bytes`))
        else chunks.push(chunk)
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      )
      response.on('error', reject)
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    asked.on('error', reject)
    asked.end()
  })
}

/** No socket, or one that a dead agent left behind. */
function isNobodyThere(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}

function unreachable(socketPath: string, cause: unknown): AgentError {
  return new AgentError('admin-unreachable', `the agent does not answer on ${socketPath}: ${String(cause)}`, {
    hint: 'Try again; if it stays so, restart the agent: HAProxy goes on meanwhile.',
    cause,
  })
}
