// `npm run demo`: the process around the demo.
// Owns arguments, signals and the exit status. Refuses everything else (demo.ts).

import { CommanderError } from 'commander'
import { runDemo } from './demo.ts'
import { type Flags, readFlags } from './flags.ts'

const stop = new AbortController()
let failure = 1
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Stays in place: a second Ctrl-C must not cut the cleaning up short.
  process.on(signal, () => {
    // As shells report it: 128 and the number of SIGINT.
    failure = 130
    stop.abort(new Error(`ended by ${signal}`))
  })
}
// A bug must not leave HAProxy behind.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => stop.abort(error))
}

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
    const why = stop.signal.aborted ? stop.signal.reason : error
    process.stderr.write(`demo: ${why instanceof Error ? why.message : String(why)}\n`)
    return failure
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
