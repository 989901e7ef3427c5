// `tidegate diff`: the command and its flags.
// Refuses to compare: diff-run.ts does, and is loaded when it is asked to.

import type { Command } from 'commander'
import { act, type Context, withSettings, withSnapshot } from './command-line.ts'

/** Adds `tidegate diff` to the program. */
export function addDiff(program: Command, context: Context): void {
  const command = program
    .command('diff')
    .description('Compare what should be, what HAProxy runs and what is on disk; exit 1 if they differ.')
  withSettings(withSnapshot(command)).action(() =>
    act(command, context, async (call) => {
      const { diff } = await import('./diff-run.ts')
      return diff(call)
    }),
  )
}
