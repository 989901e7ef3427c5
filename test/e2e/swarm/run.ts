// Runs programs to their end, with a deadline, and says in full what failed.
// Owns child processes that are waited for. Refuses shells: arguments are passed as they are.

import { execFile } from 'node:child_process'
import { createInterface } from 'node:readline'

export type RunOptions = {
  readonly timeoutMs?: number
  readonly input?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Hears each line of error output as it comes: what a program of ours says about its progress. */
  readonly hear?: (line: string) => void
}

/** Runs a program and resolves to what it printed; rejects with its error output where it fails or takes too long. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeoutMs = 120_000, input, cwd, env, hear } = options
  return new Promise((resolve, reject) => {
    const settings = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 * 1024 * 1024,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    }
    const child = execFile(file, args, settings, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      const why = error.killed === true ? `took longer than ${timeoutMs} ms` : lastLines(stdout, stderr)
      reject(new Error(`${[file, ...args].join(' ')}: ${why || error.message}`, { cause: error }))
    })
    if (hear !== undefined && child.stderr !== null) createInterface({ input: child.stderr }).on('line', hear)
    // A program that ends without reading its input is judged by its exit code, not by the broken pipe.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** Whether a program ran and succeeded; what it printed is dropped. */
export async function succeeds(file: string, args: readonly string[]): Promise<boolean> {
  return run(file, args).then(
    () => true,
    () => false,
  )
}

/** What a failed program said at its end: `docker build` prints a step's errors on its standard output. */
function lastLines(...outputs: readonly string[]): string {
  return outputs
    .flatMap((output) => output.trim().split('\n').slice(-20))
    .filter((line) => line !== '')
    .join('\n')
}
