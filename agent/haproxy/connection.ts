// One pipelined conversation over one runtime socket connection.
// Owns the socket, the calls that wait in order, and the end of the conversation. Refuses to reconnect (runtime.ts).

import { connect, type Socket } from 'node:net'
import { AgentError, isAgentError } from '../core/errors.ts'
import { createFraming, type Framing, feed } from './protocol.ts'
import { connectHint, errorText } from './socket-error.ts'

export type ConnectionOptions = {
  readonly socketPath: string
  /** Commands sent ahead of their replies. */
  readonly pipelineDepth: number
  readonly replyLengthMax: number
  /** Told of each command as it is written. */
  readonly onWrite: (command: string) => void
}

export type Connection = {
  readonly isOpen: () => boolean
  /** Replies in the order of the commands. An aborted call ends the connection, for the order of replies is lost then. */
  readonly call: (commands: readonly string[], signal: AbortSignal) => Promise<readonly string[]>
  /** Resolves when the socket is closed; calls still waiting are rejected. */
  readonly close: () => Promise<void>
}

type Call = {
  readonly commands: readonly string[]
  readonly replies: string[]
  written: number
  readonly resolve: (replies: readonly string[]) => void
  readonly reject: (error: unknown) => void
}

type State = {
  readonly options: ConnectionOptions
  readonly socket: Socket
  readonly framing: Framing
  /** In order: replies belong to the first. */
  readonly calls: Call[]
  awaited: number
  /** Undefined while open. */
  ended: AgentError | undefined
}

/**
 * HAProxy closes an idle connection after `stats timeout`, 10 s by default, and asks no one; so the agent's
 * connection says how long it means to stay (management guide, section 9.3, `set timeout cli`).
 */
const greeting = ['prompt', 'set timeout cli 1h']

/** Begins to connect and returns at once: calls wait for the connection, and share its fate. */
export function openConnection(options: ConnectionOptions): Connection {
  const socket = connect({ path: options.socketPath })
  const state: State = { options, socket, framing: createFraming(), calls: [], awaited: 0, ended: undefined }
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => receive(state, chunk))
  socket.on('error', (error) => end(state, unreachable(state, errorText(error), connectHint(error), error)))
  socket.on('close', () => end(state, unreachable(state, 'HAProxy closed the connection', restartHint)))
  greet(state)
  return {
    isOpen: () => state.ended === undefined,
    call: (commands, signal) => call(state, commands, signal),
    close: () => close(state),
  }
}

const restartHint = 'If HAProxy was restarted or reloaded this passes by itself; else read its own log.'

function greet(state: State): void {
  const checked = (replies: readonly string[]) => {
    const surprise = replies.find((reply) => reply !== '')
    if (surprise !== undefined)
      end(state, badReply(state, `answered "${firstLine(surprise)}" to its greeting`))
  }
  enqueue(state, { commands: greeting, replies: [], written: 0, resolve: checked, reject: () => {} })
}

function call(state: State, commands: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    if (state.ended !== undefined) return reject(state.ended)
    if (signal.aborted) return reject(signal.reason)
    const abort = () => {
      reject(signal.reason)
      end(
        state,
        unreachable(state, 'a reply did not come in time, and the order of replies is lost', hungHint),
      )
    }
    signal.addEventListener('abort', abort, { once: true })
    const settle = <T>(then: (value: T) => void) => {
      return (value: T) => {
        signal.removeEventListener('abort', abort)
        then(value)
      }
    }
    enqueue(state, { commands, replies: [], written: 0, resolve: settle(resolve), reject: settle(reject) })
  })
}

export const hungHint =
  'HAProxy is stuck or stopped, or all of its CLI connections are taken (`stats maxconn`, 10 by default).'

function enqueue(state: State, waiting: Call): void {
  state.calls.push(waiting)
  pump(state)
}

/** Writes what the pipeline has room for, in one go. */
function pump(state: State): void {
  let text = ''
  for (const waiting of state.calls) {
    while (waiting.written < waiting.commands.length && state.awaited < state.options.pipelineDepth) {
      const command = waiting.commands[waiting.written] ?? ''
      waiting.written += 1
      state.awaited += 1
      if (waiting.commands !== greeting) state.options.onWrite(command)
      text += `${command}\n`
    }
    if (state.awaited >= state.options.pipelineDepth) break
  }
  if (text !== '') state.socket.write(text)
}

function receive(state: State, chunk: string): void {
  if (state.ended !== undefined) return
  try {
    for (const reply of feed(state.framing, chunk, state.options.replyLengthMax)) accept(state, reply)
  } catch (error) {
    if (!isAgentError(error)) throw error
    end(state, badReply(state, error.message))
  }
  if (state.ended === undefined) pump(state)
}

/** Each line of a payload is asked for by these, in front of the reply; from 3.4 on only where it did not come at once. */
const payloadPrompts = /^(?:\+ )+/

function accept(state: State, reply: string): void {
  const waiting = state.calls[0]
  if (waiting === undefined || waiting.replies.length === waiting.written) {
    end(state, badReply(state, `said "${firstLine(reply)}" unasked`))
    return
  }
  state.awaited -= 1
  const command = waiting.commands[waiting.replies.length] ?? ''
  waiting.replies.push(command.includes('\n') ? reply.replace(payloadPrompts, '') : reply)
  if (waiting.replies.length < waiting.commands.length) return
  state.calls.shift()
  waiting.resolve(waiting.replies)
}

/** Ends the conversation once, for every call with the same error. */
function end(state: State, error: AgentError): void {
  if (state.ended !== undefined) return
  state.ended = error
  state.socket.destroy()
  for (const waiting of state.calls.splice(0)) waiting.reject(error)
}

function close(state: State): Promise<void> {
  return new Promise((resolve) => {
    if (state.socket.closed) return resolve()
    state.socket.once('close', () => resolve())
    end(state, unreachable(state, 'the agent closed the connection', 'The next command connects again.'))
  })
}

function unreachable(state: State, what: string, hint: string, cause?: unknown): AgentError {
  const message = `runtime socket ${state.options.socketPath}: ${what}`
  return new AgentError('runtime-unreachable', message, { hint, cause })
}

function badReply(state: State, what: string): AgentError {
  return new AgentError('runtime-bad-reply', `runtime socket ${state.options.socketPath}: ${what}`, {
    hint: 'Check that the socket is an HAProxy runtime socket (`stats socket … level admin`).',
  })
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 200)
}
