// `tidegate socket`: the command and its flags.
// Refuses to answer: run.ts does, and is loaded only when it is asked to.

import type { Command } from 'commander'
import { act, type Context, isGiven, withSettings } from '../command-line.ts'

/** Adds `tidegate socket` to the program. */
export function addSocket(program: Command, context: Context): void {
  const command = program
    .command('socket')
    .description("Speak to HAProxy's runtime socket: one command, those on standard input, or a shell.")
    .argument('[command...]', 'the command; in quotes where a word of it begins with -')
    .option('--write', 'send commands that change something, too')
    .option('--master', "speak to the master process's socket instead")
    .option('--json', 'print {command, reply} as a line of JSON each')
  withSettings(command).action((words: unknown) => {
    const options = {
      command: Array.isArray(words) && words.length > 0 ? words.join(' ') : undefined,
      mode: { isWriting: isGiven(command, 'write'), isMaster: isGiven(command, 'master') },
    }
    return act(command, context, async (call) => {
      const { socket } = await import('./run.ts')
      return socket(call, options)
    })
  })
}
