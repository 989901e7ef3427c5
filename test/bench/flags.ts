// The command line of the benches.
// Owns the names and flags and their help. Refuses to act on them (main.ts).

import { Argument, Command } from 'commander'

export const benchNames = ['change', 'start', 'throughput', 'watch', 'page', 'tls'] as const
export type BenchName = (typeof benchNames)[number]

export type Flags = { readonly names: readonly BenchName[]; readonly isQuick: boolean }

/** Reads the arguments, without those of Node. Prints help or what is wrong with them and throws CommanderError then. */
export function readFlags(args: readonly string[]): Flags {
  const command = new Command('bench')
    .usage('[names...] [flags]   (npm run bench -- change)')
    .description('Measures speed and memory, and writes test/bench/RESULTS.md and results.json.')
    .addArgument(new Argument('[names...]', 'what to measure; everything unless given').choices(benchNames))
    .option('--quick', 'few repetitions, printed and not written: to see that everything works')
    .exitOverride()
    .parse(args, { from: 'user' })
  const named = benchNames.filter((name) => command.args.includes(name))
  const { quick } = command.opts<{ quick?: true }>()
  return { names: named.length === 0 ? benchNames : named, isQuick: quick === true }
}
