// `tidegate top`: the command and its flags.
// Refuses to answer: watch.ts does, and is loaded only when it is asked to.

import type { Command } from 'commander'
import { act, type Context, isGiven, withSettings } from '../command-line.ts'

/** Adds `tidegate top` to the program. */
export function addTop(program: Command, context: Context): void {
  const command = program
    .command('top')
    .description('Watch requests, errors, latency and queues live, by host and by server.')
    .option('--once', 'print one table, of one second, and end')
    .option('--json', 'print a reading a second as a line of JSON each; with --once one')
  withSettings(command).action(() =>
    act(command, context, async (call) => {
      const { top } = await import('./watch.ts')
      return top(call, { isOnce: isGiven(command, 'once') })
    }),
  )
}
