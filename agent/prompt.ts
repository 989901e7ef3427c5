// Lines from a person at a terminal, with editing, completion and a history that outlives the process.
// Owns node:readline and the history's file. Refuses to know what a line means.

import { readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { stdin, stdout } from 'node:process'
import type { Interface } from 'node:readline'
import type { Prompt, PromptOptions } from './cli/ports.ts'

/** Lines that are kept, and that are remembered the next time. */
const historyMax = 500

/** Where the history is kept: in the home of who asks, and of nobody else. */
const historyFile = (): string => join(homedir(), '.tidegate_history')

/** Opens the prompt; nothing is read before `lines` is. */
export function openPrompt({ prompt, complete, signal }: PromptOptions): Prompt {
  const history: string[] = []
  let editor: Interface | undefined
  async function* lines(): AsyncGenerator<string> {
    // Loaded when it is needed: no other command edits lines.
    const { createInterface } = await import('node:readline')
    history.push(...(await readHistory()))
    editor = createInterface({
      input: stdin,
      output: stdout,
      prompt,
      history: [...history],
      historySize: historyMax,
      removeHistoryDuplicates: true,
      signal,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        const last = /\S*$/.exec(line)?.[0] ?? ''
        complete(line).then(
          (words) => done(null, [words.filter((word) => word.startsWith(last)).map(spaced), last]),
          () => done(null, [[], last]),
        )
      },
    })
    const open = editor
    open.on('history', (kept: string[]) => history.splice(0, history.length, ...kept))
    // Ctrl-C gives up what is typed, and ends where nothing is.
    open.on('SIGINT', () => (open.line === '' ? open.close() : clear(open)))
    open.prompt()
    for await (const line of open) {
      yield line
      open.prompt()
    }
    stdout.write('\n')
  }
  return {
    lines: lines(),
    [Symbol.asyncDispose]: async () => {
      editor?.close()
      await writeHistory(history)
    },
  }
}

/** A blank behind a word that is whole, so that the next can be typed. */
function spaced(word: string, _: number, words: readonly string[]): string {
  return words.length === 1 ? `${word} ` : word
}

function clear(editor: Interface): void {
  editor.write(null, { ctrl: true, name: 'e' })
  editor.write(null, { ctrl: true, name: 'u' })
}

/** The newest first, as readline has it. A history that cannot be read is none. */
async function readHistory(): Promise<readonly string[]> {
  try {
    const lines = (await readFile(historyFile(), 'utf8')).split('\n').filter((line) => line !== '')
    return lines.slice(-historyMax).reverse()
  } catch {
    return []
  }
}

/** A home that cannot be written to, as in a container, has no history. */
async function writeHistory(newestFirst: readonly string[]): Promise<void> {
  if (newestFirst.length === 0) return
  const lines = newestFirst
    .slice(0, historyMax)
    .map((line) => line.trim())
    .toReversed()
  try {
    await writeFile(historyFile(), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
  } catch {
    // Not kept.
  }
}
