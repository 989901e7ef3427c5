// A program in a terminal of its own, as a person has it: what it draws is read, keys are typed, the window is resized.
// Owns util-linux's `script`, which makes the terminal. Refuses to emulate one: a frame is what was drawn last from the top.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { eventually } from './eventually.ts'
import { killGroupOf } from './haproxy-instance.ts'
import { tempDir } from './temp-dir.ts'

export type Pty = AsyncDisposable & {
  /** Process id of the program. */
  readonly pid: number
  /** Everything that came, control sequences included; after the program's end also what `stty -a` says then. */
  readonly output: () => string
  /** The lines that were drawn last, from the top of the screen, without control sequences. */
  readonly frame: () => readonly string[]
  readonly type: (text: string) => void
  readonly resize: (columns: number, rows: number) => Promise<void>
  /** Resolves to the program's exit code. */
  readonly ended: () => Promise<number>
}

/** Starts a program in a terminal of that size. */
export async function startPty(
  command: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Promise<Pty> {
  const dir = await tempDir()
  const file = (name: string) => join(dir.path, name)
  const program = `echo $$ > ${file('pid')}; exec ${command.map(quoted).join(' ')}`
  const all = [
    `stty cols ${columns} rows ${rows}`,
    `tty > ${file('tty')}`,
    `sh -c ${quoted(program)}`,
    'echo "exit code $?"',
    'stty -a',
  ].join('; ')
  const child = spawn('script', ['-qfc', all, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const gone = once(child, 'exit')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const written = (name: string) =>
    eventually(() => readFile(file(name), 'utf8').then((text) => text.trim() || undefined))
  return {
    pid: Number(await written('pid')),
    output: () => output,
    frame: () => frameOf(output),
    type: (text) => child.stdin.write(text),
    resize: async (wide, high) => {
      const stty = spawn('stty', ['-F', await written('tty'), 'cols', `${wide}`, 'rows', `${high}`])
      await once(stty, 'exit')
    },
    ended: async () => {
      await gone
      return Number(/exit code (\d+)/.exec(output)?.[1])
    },
    [Symbol.asyncDispose]: async () => {
      killGroupOf(child.pid)
      await gone
      await dir[Symbol.asyncDispose]()
    },
  }
}

function frameOf(output: string): readonly string[] {
  const from = output.lastIndexOf('\u001b[H')
  return stripVTControlCharacters(output.slice(Math.max(0, from))).split(/\r*\n/)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
