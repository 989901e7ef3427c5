// The process's terminal for a command that draws: another page, no cursor, keys as they are pressed.
// Owns that all of it is undone on every way out of the process. Refuses to know what is drawn, and what a key means.

import { writeSync } from 'node:fs'
import process, { stdin, stdout } from 'node:process'
import type { Terminal } from './cli/terminal.ts'

/** Control sequences as xterm has them: alternate screen (1049), cursor (25), wrapping at the right edge (7). */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const toTop = '\u001b[H'
const wipeLine = '\u001b[K'
const wipeBelow = '\u001b[J'

/** Where the size is not told, as on a serial line. */
const usual = { columns: 80, rows: 24 } as const

/**
 * Takes the terminal until it is disposed of, or the process ends: by itself, by an error, or by a signal. Only SIGKILL
 * leaves it as it is; `reset` helps then.
 */
export function openTerminal(hangUp: () => void): Terminal {
  let isOpen = true
  const restore = () => {
    if (!isOpen) return
    isOpen = false
    if (stdin.isTTY) stdin.setRawMode(false)
    // Written at once: at the end of the process nothing is written later.
    writeTo(stdout.fd, leave)
  }
  const redrawn: (() => void)[] = []
  const resized = () => {
    for (const take of redrawn) take()
  }
  process.once('exit', restore)
  // Whoever closes the window sends this; without a handler the process would end without its `exit` event.
  process.once('SIGHUP', hangUp)
  stdout.on('resize', resized)
  if (stdin.isTTY) stdin.setRawMode(true)
  stdin.setEncoding('utf8').once('end', hangUp).once('error', hangUp).resume()
  stdout.write(enter)
  return {
    size: () => ({ columns: stdout.columns || usual.columns, rows: stdout.rows || usual.rows }),
    draw: (lines) => {
      // A terminal that does not keep up gets the next picture, not all of them.
      if (!isOpen || stdout.writableNeedDrain) return
      stdout.write(`${toTop}${lines.map((line) => line + wipeLine).join('\r\n')}${wipeBelow}`)
    },
    onInput: (take) => void stdin.on('data', (text: string) => take(text)),
    onResize: (take) => void redrawn.push(take),
    [Symbol.dispose]: () => {
      restore()
      process.off('exit', restore)
      process.off('SIGHUP', hangUp)
      stdout.off('resize', resized)
      stdin.removeAllListeners('data').pause()
    },
  }
}

/** A terminal that is gone takes nothing, and needs nothing. */
function writeTo(fd: number, text: string): void {
  try {
    writeSync(fd, text)
  } catch {
    // Gone.
  }
}
