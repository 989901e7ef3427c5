// The runtime socket as the rest of the agent sees it: commands in, replies out, one persistent connection.
// Owns connecting again, the deadline of each call and the count of commands. Refuses to know what a command means.

import { AgentError, assert } from '../core/errors.ts'
import { limits } from '../core/settings.ts'
import { type Connection, hungHint, openConnection } from './connection.ts'
import { deadlineFor } from './deadline.ts'

export type RuntimeOptions = {
  readonly socketPath: string
  /** How long one call of `send` may take, connecting included. */
  readonly timeoutMs: number
  /** Commands sent ahead of their replies. */
  readonly pipelineDepth?: number
  readonly replyLengthMax?: number
}

export type CommandCounts = {
  /** `show …` and `get …`. */
  readonly reads: number
  readonly changes: number
}

/** A command, or one with a payload: lines that follow it, none of them empty (management guide, section 9.3). */
export type RuntimeCommand = string | { readonly line: string; readonly payload: string }

export type Runtime = AsyncDisposable & {
  /**
   * Sends commands in order and returns their replies in the same order, trailing newlines taken off.
   * Connects if there is no connection. Calls may overlap; their commands keep the order of the calls.
   * @throws AgentError `runtime-unreachable` for every waiting call when the connection ends or a reply is late
   * @throws AgentError `runtime-bad-reply` when the other side does not speak the runtime protocol
   */
  readonly send: (commands: readonly RuntimeCommand[], signal: AbortSignal) => Promise<readonly string[]>
  /**
   * Closes the connection, so that the next `send` makes a new one. Needed after a reload: an old connection goes on
   * talking to the old worker, which answers as if nothing had happened (and is kept alive by it).
   */
  readonly reset: () => Promise<void>
  /** Commands written so far, without those that set a connection up. */
  readonly commandsSent: () => CommandCounts
}

/**
 * HAProxy reads a command into one buffer of `tune.bufsize`, 16 kB by default, and refuses a longer line. What the
 * agent sends is far shorter, so a longer line is a bug.
 */
const lineLengthMax = 8192

/** A bound on what one call may ask, far above a full change of 10,000 servers. */
const commandsMax = 200_000

type State = {
  readonly options: Required<RuntimeOptions>
  connection: Connection | undefined
  disposed: boolean
  reads: number
  changes: number
}

export function createRuntime(options: RuntimeOptions): Runtime {
  const defaults = { pipelineDepth: 512, replyLengthMax: limits.replyBytes }
  const state: State = {
    options: { ...defaults, ...options },
    connection: undefined,
    disposed: false,
    reads: 0,
    changes: 0,
  }
  return {
    send: (commands, signal) => send(state, commands, signal),
    reset: () => reset(state),
    commandsSent: () => ({ reads: state.reads, changes: state.changes }),
    [Symbol.asyncDispose]: () => {
      state.disposed = true
      return reset(state)
    },
  }
}

async function send(
  state: State,
  commands: readonly RuntimeCommand[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  assert(!state.disposed, 'the runtime was used after its end')
  assert(commands.length <= commandsMax, `${commands.length} commands in one call`)
  for (const command of commands) refuseUnsafe(command)
  signal.throwIfAborted()
  if (commands.length === 0) return []
  using deadline = deadlineFor(signal, state.options.timeoutMs)
  try {
    return await connected(state).call(commands.map(textOf), deadline.signal)
  } catch (error) {
    throw error === deadline.signal.reason && deadline.isOver()
      ? late(state.options, commands.map(lineOf), error)
      : error
  }
}

/** One text must stay one command: these would end it, start another, or begin a payload. */
function refuseUnsafe(given: RuntimeCommand): void {
  const command = lineOf(given)
  if (typeof given !== 'string') refuseUnsafePayload(given)
  assert(!/[\n\r\0;]|<</.test(command), `unsafe command "${command}"`)
  assert(command !== '' && command.length <= lineLengthMax, `a command of ${command.length} characters`)
}

/** An empty line would end it, and its rest be taken for commands. */
function refuseUnsafePayload({ line, payload }: { readonly line: string; readonly payload: string }): void {
  const isWhole = payload !== '' && !/\n\n|^\n|\n$|[\r\0]/.test(payload)
  assert(
    isWhole && payload.length <= limits.payloadBytes,
    `unsafe payload of ${payload.length} characters to "${line}"`,
  )
}

const lineOf = (command: RuntimeCommand) => (typeof command === 'string' ? command : command.line)

function textOf(command: RuntimeCommand): string {
  return typeof command === 'string' ? command : `${command.line} <<\n${command.payload}\n`
}

function connected(state: State): Connection {
  if (state.connection?.isOpen() === true) return state.connection
  const { socketPath, pipelineDepth, replyLengthMax } = state.options
  const onWrite = (command: string) => {
    if (/^(show|get) /.test(command)) state.reads += 1
    else state.changes += 1
  }
  state.connection = openConnection({ socketPath, pipelineDepth, replyLengthMax, onWrite })
  return state.connection
}

async function reset(state: State): Promise<void> {
  const { connection } = state
  state.connection = undefined
  await connection?.close()
}

function late(options: Required<RuntimeOptions>, commands: readonly string[], cause: unknown): AgentError {
  const asked =
    commands.length === 1 ? `"${commands[0]}"` : `${commands.length} commands from "${commands[0]}" on`
  const message = `runtime socket ${options.socketPath} did not answer ${asked} within ${options.timeoutMs} ms`
  return new AgentError('runtime-unreachable', message, { hint: hungHint, cause })
}
