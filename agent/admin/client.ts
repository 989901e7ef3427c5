// The other end of the admin interface: asks a running agent over its socket, and follows its stream.
// Refuses to read answers: whoever asks knows what to expect.

import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
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
    const asked = request(over(socketPath, path, timeoutMs, signal), (response) => {
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

/** A connection for one request: Node's pool of them would take longer to make ready than the agent to answer. */
function over(socketPath: string, path: string, silenceMs: number, signal: AbortSignal): RequestOptions {
  return {
    path,
    signal,
    timeout: silenceMs,
    createConnection: () => connect({ path: socketPath, timeout: silenceMs }),
  }
}

/** One event of the stream. `data` is JSON. */
export type AdminEvent = { readonly name: string; readonly id: string | undefined; readonly data: string }

/** The stream says something each 15 s at least; one that is silent for longer is dead. */
const silentMs = 40_000

/** The longest line of the stream: a reading of all backends. */
const lineLengthMax = limits.replyBytes

/**
 * Follows the agent's stream until it ends or the signal aborts; undefined where no agent listens.
 * @throws AgentError `admin-unreachable` where it does not answer as it should, also while it is followed
 */
export async function followAdmin(
  socketPath: string | undefined,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<AdminEvent> | undefined> {
  if (socketPath === undefined) return undefined
  try {
    const response = await open(socketPath, path, signal)
    return eventsOf(response, socketPath, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (isNobodyThere(error)) return undefined
    throw unreachable(socketPath, error)
  }
}

function open(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(over(socketPath, path, silentMs, signal), (response) => {
      if (response.statusCode === 200) return resolve(response)
      response.resume()
      reject(new Error(`it answered with status ${response.statusCode}`))
    })
    asked.on('timeout', () => asked.destroy(new Error(`nothing came within ${silentMs} ms`)))
    asked.on('error', reject)
    asked.end()
  })
}

/** Server-sent events, each of one line of data, as the agent writes them (HTML, section 9.2). */
async function* eventsOf(
  response: IncomingMessage,
  socketPath: string,
  signal: AbortSignal,
): AsyncIterable<AdminEvent> {
  const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })
  // A reader of lines does not hand on what befalls its input.
  let failure: unknown
  response.once('error', (error) => {
    failure = error
    lines.close()
  })
  try {
    let fields = new Map<string, string>()
    for await (const line of lines) {
      if (line.length > lineLengthMax) throw new Error(`a line of ${line.length} characters`)
      const [, field = '', value = ''] = /^([a-z]*): ?(.*)$/.exec(line) ?? []
      if (line !== '') fields.set(field, value)
      const name = fields.get('event')
      if (line !== '' || name === undefined) continue
      yield { name, id: fields.get('id'), data: fields.get('data') ?? '' }
      fields = new Map()
    }
    if (failure !== undefined && !signal.aborted) throw failure
  } catch (error) {
    signal.throwIfAborted()
    throw unreachable(socketPath, error)
  } finally {
    response.destroy()
  }
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
