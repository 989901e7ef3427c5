// `tidegate explain`: the command and its flags.
// Refuses to answer: explain-run.ts does, and is loaded with the core's many files only when it is asked to.

import type { Command } from 'commander'
import { act, type Context, withSettings, withSnapshot } from './command-line.ts'

/** Adds `tidegate explain` to the program. */
export function addExplain(program: Command, context: Context): void {
  const command = program
    .command('explain')
    .description(
      'Say who would serve a request or a service, or exactly why nobody does; exit 1 if nobody does.',
    )
    .argument('<question>', "a URL or a host (shop.local/cart), or a service's name or id")
  withSettings(withSnapshot(command)).action((text: string) =>
    act(command, context, async (call) => {
      const { explainText } = await import('./explain-run.ts')
      return explainText(call, text)
    }),
  )
}
