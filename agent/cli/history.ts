// `tidegate history`: the command and its flags.
// Refuses to ask the agent: history-run.ts does, and is loaded when it is asked to.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { limits } from '../core/settings.ts'
import { act, type Context, isGiven, withSettings } from './command-line.ts'
import { duration, integer, type Kind } from './setting-kinds.ts'

const wholeNumber = integer(1, Number.MAX_SAFE_INTEGER)

/** Adds `tidegate history` to the program. */
export function addHistory(program: Command, context: Context): void {
  const command = program
    .command('history')
    .description('Print what has changed, newest last: when, why, live or by a reload.')
    .argument('[number]', 'one change, with its reasons and commands', parsed(wholeNumber))
    .option('-f, --follow', 'go on with what changes from now on')
    .addOption(
      new Option('--since <time>', 'changes of the last 10m, 2h...').argParser(
        parsed(duration('1s', '8760h')),
      ),
    )
    .addOption(
      new Option('--limit <number>', 'how many at most (default: 20)').argParser(
        parsed(integer(1, limits.historyEntries)),
      ),
    )
    .option('--json', 'print JSON; with --follow one entry a line')
  withSettings(command).action((seq: unknown) => {
    const options = {
      seq: numberOrNone(seq),
      limit: numberOrNone(command.getOptionValue('limit')),
      sinceMs: numberOrNone(command.getOptionValue('since')),
      isFollowed: isGiven(command, 'follow'),
    }
    return act(command, context, async (call) => {
      const { history } = await import('./history-run.ts')
      return history(call, options)
    })
  })
}

/** Makes commander read a text as the settings do, with their words for what is wrong. */
function parsed(kind: Kind<number>): (text: string) => number {
  return (text) => {
    const found = kind.parse(text)
    if (found.kind === 'value') return found.value
    throw new InvalidArgumentError(`Expected ${found.expected}. ${found.cure}`)
  }
}

const numberOrNone = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
