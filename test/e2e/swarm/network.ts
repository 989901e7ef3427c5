// The wires of a test bed: a network namespace a node, each with a cable to a bridge in the clients' namespace.
// Owns namespaces and cables. Refuses the machine's own network: nothing of this is visible there.

import { readdir } from 'node:fs/promises'
import type { BedLayout, NodeLayout } from './layout.ts'
import { run } from './run.ts'

/** Makes the namespaces, the bridge and the cables. */
export async function layCables(bed: BedLayout): Promise<void> {
  const { clientNamespace, bridge } = bed
  for (const namespace of [clientNamespace, ...bed.nodes.map((node) => node.namespace)]) {
    await run('ip', ['netns', 'add', namespace])
  }
  await ipIn(clientNamespace, [
    'link set lo up',
    `link add ${bridge} type bridge`,
    `address add ${bed.clientAddress}/${bed.prefixLength} dev ${bridge}`,
    `link set ${bridge} up`,
    ...bed.nodes.flatMap(({ port, namespace }) => [
      `link add ${port} type veth peer name eth0 netns ${namespace}`,
      `link set ${port} master ${bridge} up`,
    ]),
  ])
  for (const { namespace, address } of bed.nodes) {
    await ipIn(namespace, [
      'link set lo up',
      `address add ${address}/${bed.prefixLength} dev eth0`,
      'link set eth0 up',
    ])
  }
}

/** Pulls a node's cable, or plugs it in again. */
export async function setCable(bed: BedLayout, node: NodeLayout, state: 'up' | 'down'): Promise<void> {
  await ipIn(bed.clientNamespace, [`link set ${node.port} ${state}`])
}

/** Removes every namespace whose name is this test bed's, and with them all that is in them. */
export async function removeNamespaces(bed: BedLayout): Promise<void> {
  const names = await readdir('/run/netns').catch(() => [])
  for (const name of names) {
    if (name.startsWith(bed.namespacePrefix)) await run('ip', ['netns', 'delete', name])
  }
}

/** The command that runs `command` in a network namespace; `ip netns exec` would hide the cgroups. */
export function inNamespace(namespace: string, command: readonly string[]): readonly string[] {
  return ['nsenter', `--net=/run/netns/${namespace}`, ...command]
}

async function ipIn(namespace: string, commands: readonly string[]): Promise<void> {
  await run('ip', ['-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` })
}
