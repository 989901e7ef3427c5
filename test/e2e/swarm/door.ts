// A door in the clients' namespace: a port of its loopback that leads to a node's published port.
// It lets the clients of test/support, which ask 127.0.0.1, ask a node; the kernel forwards, so that a refused, a reset
// and a vanished connection look as they do without it. Owns its firewall rule. Refuses other namespaces.

import type { BedLayout, NodeLayout } from './layout.ts'
import { inNamespace } from './network.ts'
import { run } from './run.ts'

/** Lets packets of 127.0.0.1 leave the clients' namespace; once for a test bed. */
export async function allowDoors(bed: BedLayout): Promise<void> {
  await runThere(bed, ['sysctl', '-qw', `net.ipv4.conf.${bed.bridge}.route_localnet=1`])
  const masquerade = ['-s', '127.0.0.0/8', '-o', bed.bridge, '-j', 'MASQUERADE']
  await runThere(bed, ['iptables', '-w', '-t', 'nat', '-A', 'POSTROUTING', ...masquerade])
}

/** The port on the clients' loopback that leads to `port` of a node; opened on first use, open as long as the test bed. */
export async function openDoor(bed: BedLayout, node: NodeLayout, port: number): Promise<number> {
  const number = bed.nodes.indexOf(node)
  // Below the ports that the kernel gives to outgoing connections, one range a node; published ports are below 2000 here.
  if (port >= 2000) throw new Error(`a door leads to ports below 2000, got ${port}`)
  const door = 10_000 + number * 2000 + port
  const rule = ['OUTPUT', '-d', '127.0.0.1', '-p', 'tcp', '--dport', `${door}`, '-j', 'DNAT']
  const target = ['--to-destination', `${node.address}:${port}`]
  const table = ['iptables', '-w', '-t', 'nat']
  const isOpen = await runThere(bed, [...table, '-C', ...rule, ...target]).then(
    () => true,
    () => false,
  )
  if (!isOpen) await runThere(bed, [...table, '-A', ...rule, ...target])
  return door
}

function runThere(bed: BedLayout, command: readonly string[]): Promise<string> {
  const [file = '', ...args] = inNamespace(bed.clientNamespace, command)
  return run(file, args)
}
