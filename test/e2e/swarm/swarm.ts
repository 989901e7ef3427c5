// Makes one Swarm of engines that run.
// Owns init and join. Refuses settings: the Swarm's defaults are what users have.

import { docker } from './docker.ts'
import type { NodeLayout } from './layout.ts'

/** The first node founds the Swarm; the first `managers` of the nodes are managers, the others workers. */
export async function foundSwarm(nodes: readonly NodeLayout[], managers: number): Promise<void> {
  const [first, ...others] = nodes
  if (first === undefined) throw new Error('a Swarm has at least one node')
  await docker(first, ['swarm', 'init', ...addressesOf(first)])
  const token = (role: string) => docker(first, ['swarm', 'join-token', '--quiet', role])
  const tokens = { manager: await token('manager'), worker: await token('worker') }
  // One after the other: managers that join at once wait for each other's elections.
  for (const [index, node] of others.entries()) {
    const role = index + 1 < managers ? 'manager' : 'worker'
    await docker(node, [
      'swarm',
      'join',
      ...addressesOf(node),
      '--token',
      tokens[role],
      `${first.address}:2377`,
    ])
  }
}

function addressesOf({ address }: NodeLayout): readonly string[] {
  return ['--advertise-addr', address, '--listen-addr', `${address}:2377`]
}
