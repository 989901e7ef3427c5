// The simulated Swarm as a program of its own: `tsx test/sim/main.ts --socket PATH --nodes 3`.
// Owns the command line and the signals. For trying and testing only.

import { Command, InvalidArgumentError, Option } from 'commander'
import { notice } from './engine-info.ts'
import { type RuntimeKind, runtimeKinds } from './runtime.ts'
import { createSimulatedSwarm } from './swarm.ts'
import { fastTiming, realTiming } from './timing.ts'

type Flags = {
  readonly socket: string
  readonly nodes: number
  readonly runtime: RuntimeKind
  readonly tcp: boolean
  readonly fast: boolean
  readonly network: readonly string[]
}

const program = new Command('simulated-swarm')
  .description(`A ${notice}. Its tasks are HTTP servers on 127.32.0.0/11; it runs no containers.`)
  .requiredOption('--socket <path>', 'unix socket of the API; must not exist yet')
  .option('--nodes <count>', 'nodes in the Swarm', parseCount, 3)
  .addOption(new Option('--runtime <kind>', 'what tasks run as').choices(runtimeKinds).default('in-process'))
  .option('--tcp', 'listen on 127.0.0.1 and a free port as well', false)
  .option('--fast', 'all steps in a fraction of their real time', false)
  .option('--network <name...>', 'overlay networks to begin with', [])
  .parse()

const flags = program.opts<Flags>()
const swarm = await createSimulatedSwarm({
  socketPath: flags.socket,
  nodes: flags.nodes,
  runtime: flags.runtime,
  tcp: flags.tcp,
  timing: flags.fast ? fastTiming : realTiming,
})
for (const name of flags.network) await swarm.createNetwork(name)
console.log(`This is a ${notice}.`)
console.log(`${flags.nodes} nodes, tasks run as: ${flags.runtime}. Look around:`)
console.log(`  docker -H unix://${flags.socket} node ls`)
if (swarm.tcpAddress !== undefined) console.log(`  docker -H tcp://${swarm.tcpAddress} service ls`)
console.log('Ctrl-C ends it and everything it runs.')

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void swarm[Symbol.asyncDispose]().then(() => process.exit(0)))
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 100) return count
  throw new InvalidArgumentError(`"${text}" is not a number from 1 to 100.`)
}
