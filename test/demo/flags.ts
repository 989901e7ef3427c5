// The demo's command line.
// Owns the flags and their help. Refuses to act on them (main.ts).

import { Command, Option } from 'commander'

export type Flags = {
  /** Leave everything running after the tour, and say how to look around. */
  readonly keep: boolean
  /** Print nothing but the summary, as JSON. */
  readonly json: boolean
  /** Everything in a fraction of its time: for tests. */
  readonly fast: boolean
}

/** Reads the arguments, without those of Node. Prints help or what is wrong with them, and throws a `CommanderError` then. */
export function readFlags(args: readonly string[]): Flags {
  const { keep, json, fast } = new Command('demo')
    .usage('[flags]   (npm run demo -- [flags])')
    .description(
      'A tour of Tidegate: a simulated Swarm, a real HAProxy, the agent, and steady traffic.\n' +
        'Exit status 0: no request failed, and every step went as it should.',
    )
    .addOption(
      new Option('--keep', 'leave everything running, and print how to look around').conflicts('json'),
    )
    .option('--json', 'print the summary only, for machines')
    .option('--fast', 'shorter waits everywhere, for tests')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${text}\`npm run demo -- --help\` lists the flags.\n`),
    })
    .parse(args, { from: 'user' })
    .opts<Partial<Flags>>()
  return { keep: keep === true, json: json === true, fast: fast === true }
}
