// HAProxy's standard error, as a file that outlives the agent and is followed by it.
// Owns the file's size and the cutting into lines. Refuses to understand a line.

import { type FileHandle, open } from 'node:fs/promises'
import { AgentError } from '../core/errors.ts'
import { errorText } from './socket-error.ts'

/** HAProxy writes a line for each server that comes or goes. Both sides append, so the file can be emptied under it. */
const sizeMax = 1024 * 1024

const lineLengthMax = 2000

export type LogFile = AsyncDisposable & {
  /** For a process to write to; it stays open until the end. */
  readonly fd: number
  /** Where the file ends now, in bytes. */
  readonly size: () => Promise<number>
  /** The lines that stand behind a position that `size` gave. */
  readonly linesFrom: (position: number) => Promise<readonly string[]>
  /** The whole lines that came since the last call, each cut at 2000 characters. One call at a time. */
  readonly nextLines: () => Promise<readonly string[]>
}

type State = { readonly file: FileHandle; position: number; rest: string }

/**
 * Opens or makes the file; what is in it already counts as read.
 * @throws AgentError `files-unwritable`
 */
export async function openLogFile(path: string): Promise<LogFile> {
  const file = await open(path, 'a+', 0o640).catch((error: unknown) => {
    throw new AgentError('files-unwritable', `${path} cannot be opened: ${errorText(error)}`, {
      hint: 'Let the user that the agent runs as write to the folder of the sockets.',
      cause: error,
    })
  })
  const state: State = { file, position: (await file.stat()).size, rest: '' }
  return {
    fd: file.fd,
    size: async () => (await file.stat()).size,
    linesFrom: async (position) => toLines(await readFrom(state, position)),
    nextLines: () => nextLines(state),
    [Symbol.asyncDispose]: () => file.close(),
  }
}

async function nextLines(state: State): Promise<readonly string[]> {
  // Smaller than what was read: another agent emptied it.
  if ((await state.file.stat()).size < state.position) state.position = 0
  const text = await readFrom(state, state.position)
  state.position += text.length
  if (state.position > sizeMax) {
    await state.file.truncate(0)
    state.position = 0
  }
  const whole = text.lastIndexOf('\n') + 1
  const lines = toLines(state.rest + text.slice(0, whole))
  state.rest = ((whole === 0 ? state.rest : '') + text.slice(whole)).slice(0, lineLengthMax)
  return whole === 0 ? [] : lines
}

async function readFrom({ file }: State, position: number): Promise<string> {
  const { size } = await file.stat()
  const length = Math.max(0, Math.min(size - position, sizeMax))
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  // One byte a character: a piece may end within a character, and positions are counted in bytes.
  return buffer.toString('latin1', 0, bytesRead)
}

function toLines(text: string): readonly string[] {
  const lines = Buffer.from(text, 'latin1').toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => line.slice(0, lineLengthMax))
}
