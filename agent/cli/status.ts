// `tidegate status`: the command and its flags.
// Refuses to answer: status-run.ts does, and is loaded only when it is asked to.

import type { Command } from 'commander'
import { act, type Context, isGiven, withSettings, withSnapshot } from './command-line.ts'
import type { Call } from './commands.ts'
import type { StatusOptions } from './status-run.ts'

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
      const answer = askAgent(call)
      const { status } = await import('./status-run.ts')
      return status(call, { of, isAll: isGiven(command, 'all'), answer })
    })
  })
}

/** Asks the running agent, so that it is at work while the rest is loaded; what becomes of the answer is seen to there. */
function askAgent({ ports, settings, signal, snapshotFile }: Call): StatusOptions['answer'] {
  if (snapshotFile !== undefined) return Promise.resolve(undefined)
  const answer = ports.askAgent(settings, '/api/status', signal)
  // Nobody waits for it yet.
  answer.catch(() => {})
  return answer
}
