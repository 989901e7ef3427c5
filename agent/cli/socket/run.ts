// `tidegate socket` at work: commands in, HAProxy's replies out, from an argument, a pipe or a person.
// Owns the order of things. Refuses to judge commands (allow.ts), and to edit lines (the port's).

import { AgentError, isAgentError } from '../../core/errors.ts'
import { type Call, type ExitCode, exitCodes } from '../commands.ts'
import { refusalOf, type SocketMode } from './allow.ts'
import { completionOf, parseHelp, type Syntax } from './complete.ts'

export type SocketOptions = {
  /** Undefined: those of standard input, or of a person. */
  readonly command: string | undefined
  readonly mode: SocketMode
}

/** One command over one of HAProxy's sockets. @throws AgentError where no reply comes */
type Send = (command: string) => Promise<string>

/**
 * `tidegate socket`
 * @throws AgentError `command-refused`, and where HAProxy does not answer
 */
export async function socket(call: Call, { command, mode }: SocketOptions): Promise<ExitCode> {
  const { ports, settings, signal } = call
  await using runtime = ports.openRuntime(settings)
  const send: Send = mode.isMaster
    ? (text) => ports.askMaster(settings, text, signal)
    : async (text) => (await runtime.send([text], signal))[0] ?? ''
  if (command !== undefined) await once(call, send, command.trim(), mode)
  else if (ports.isTerminal.stdin) await converse(call, send, mode)
  else {
    for (const line of (await ports.readStdin(signal)).split('\n')) {
      if (isCommand(line)) await once(call, send, line.trim(), mode)
    }
  }
  return exitCodes.ok
}

/** Blank lines and comments are none, so that a file of commands can be explained in itself. */
function isCommand(line: string): boolean {
  return line.trim() !== '' && !line.trimStart().startsWith('#')
}

async function once(call: Call, send: Send, command: string, mode: SocketMode): Promise<void> {
  const refusal = refusalOf(command, mode)
  if (refusal !== undefined) throw new AgentError('command-refused', refusal.why, { hint: refusal.hint })
  tell(call, command, await send(command))
}

/** The reply, its last newlines but one taken off; as JSON the last of them as well. */
function tell({ ports, isJson }: Call, command: string, given: string): void {
  const reply = given.replace(/\n+$/, '')
  if (isJson) ports.stdout(`${JSON.stringify({ command, reply })}\n`)
  else if (reply !== '') ports.stdout(`${reply}\n`)
}

const farewells: readonly string[] = ['exit', 'quit', 'q']

async function converse(call: Call, send: Send, mode: SocketMode): Promise<void> {
  const { ports, paint, signal } = call
  const commands = parseHelp(await send('help')).filter(({ words }) => mayBeSaid(words, mode))
  const name = mode.isMaster ? 'master' : 'haproxy'
  await using prompt = ports.openPrompt({
    prompt: `${name}${mode.isWriting ? paint('yellow', ' (write)') : ''}> `,
    complete: (line) => complete(line, commands, send, mode),
    signal,
  })
  if (!mode.isWriting)
    ports.stderr('Commands that only read; --write allows all. Tab completes, help lists, exit ends.\n')
  for await (const line of prompt.lines) {
    const command = line.trim()
    if (farewells.includes(command)) return
    if (isCommand(command)) await answer(call, send, command, mode)
  }
}

function mayBeSaid(words: readonly string[], mode: SocketMode): boolean {
  return refusalOf(words.join(' '), mode) === undefined
}

/** A command that is refused, or that gets no reply, ends nothing: the next one may. */
async function answer(call: Call, send: Send, command: string, mode: SocketMode): Promise<void> {
  try {
    await once(call, send, command, mode)
  } catch (error) {
    if (!isAgentError(error)) throw error
    const { ports, paint } = call
    ports.stderr(`${paint('red', error.message)}\n${paint('dim', error.hint)}\n`)
  }
}

async function complete(
  line: string,
  commands: readonly Syntax[],
  send: Send,
  { isMaster }: SocketMode,
): Promise<readonly string[]> {
  const { words, isBackend } = completionOf(line, commands)
  if (!isBackend || isMaster) return words
  return [...words, ...(await backendNames(send))]
}

/** None where HAProxy does not answer: completion is a help, and no place for trouble. */
async function backendNames(send: Send): Promise<readonly string[]> {
  try {
    return (await send('show backend')).split('\n').filter((name) => name !== '' && !name.startsWith('#'))
  } catch (error) {
    if (isAgentError(error)) return []
    throw error
  }
}
