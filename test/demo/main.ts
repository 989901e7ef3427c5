// `npm run demo`: the process around the demo.
// Owns arguments, signals and the exit status. Refuses everything else (demo.ts).

import { CommanderError } from 'commander'
import { runDemo } from './demo.ts'
import { type Flags, readFlags } from './flags.ts'

/** As shells report it: 128 and the number of SIGINT. */
const interrupted = 130

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Stays in place: a second Ctrl-C must not cut the cleaning up short.
  process.on(signal, () => stop.abort(new Error(`ended by ${signal}`)))
}
// A bug must not leave HAProxy behind either.
process.on('unhandledRejection', (error) => stop.abort(error))

process.exit(await main())

async function main(): Promise<number> {
  const flags = flagsOrStatus()
  if (typeof flags === 'number') return flags
  try {
    return await runDemo({
      flags,
      write: (text) => process.stdout.write(text),
      terminal: { isTerminal: process.stdout.isTTY, columns: process.stdout.columns },
      env: process.env,
      signal: stop.signal,
    })
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`)
    return stop.signal.aborted ? interrupted : 1
  }
}

function flagsOrStatus(): Flags | number {
  try {
    return readFlags(process.argv.slice(2))
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
}
