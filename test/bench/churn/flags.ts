// The command line of the churn bench.
// Owns the parts' names and flags and their help. Refuses to act on them (main.ts).

import { Argument, Command } from 'commander'

export const partNames = ['propagation', 'loss', 'storm', 'soak'] as const
export type PartName = (typeof partNames)[number]

export type ChurnFlags = { readonly parts: readonly PartName[]; readonly isQuick: boolean }

/** Reads the arguments, without those of Node. Prints help or what is wrong with them and throws CommanderError then. */
export function readChurnFlags(args: readonly string[]): ChurnFlags {
  const command = new Command('bench:churn')
    .usage('[parts...] [flags]   (npm run bench:churn -- loss)')
    .description(
      'Measures what deploys cost, and writes test/bench/CHURN.md and churn.json. `propagation` needs root: it starts a real Swarm.',
    )
    .addArgument(new Argument('[parts...]', 'what to measure; everything unless given').choices(partNames))
    .option('--quick', 'little of everything, printed and not written: to see that it works')
    .exitOverride()
    .parse(args, { from: 'user' })
  const named = partNames.filter((name) => command.args.includes(name))
  const { quick } = command.opts<{ quick?: true }>()
  return { parts: named.length === 0 ? partNames : named, isQuick: quick === true }
}
