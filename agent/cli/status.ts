// `tidegate status`: the command and its flags.
// Refuses to answer: status-run.ts does, and is loaded only when it is asked to.

import type { Command } from 'commander'
import { act, type Context, isGiven, withSettings, withSnapshot } from './command-line.ts'

/** Adds `tidegate status` to the program. */
export function addStatus(program: Command, context: Context): void {
  const command = program
    .command('status')
    .description('Print services, routes, servers and problems: what runs, and what is amiss.')
    .argument('[what]', 'a service, a host or a URL: only that, with its servers')
    .option('--all', 'list everything, however much it is')
  withSettings(withSnapshot(command)).action((what: unknown) => {
    const of = typeof what === 'string' ? what : undefined
    return act(command, context, async (call) => {
      const { status } = await import('./status-run.ts')
      return status(call, { of, isAll: isGiven(command, 'all') })
    })
  })
}
