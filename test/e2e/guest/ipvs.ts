// Looks at IP_VS where Swarm keeps it: in the load-balancer sandbox of an overlay network, by the mark of a VIP's packets.
// Owns the reading of iptables-save and ipvsadm. Refuses to change either.

import { run } from '../swarm/run.ts'
import type { Balancing } from './results.ts'

/** What IP_VS does with connections to this VIP; throws where the VIP has no mark, or IP_VS no service of that mark. */
export async function readBalancing(networkId: string, vip: string): Promise<Balancing> {
  // moby, libnetwork/service_linux.go: the sandbox of a network's load balancer is named by the id's first 9 characters.
  const inSandbox = (...command: readonly string[]) =>
    run('nsenter', [`--net=/run/docker/netns/lb_${networkId.slice(0, 9)}`, ...command])
  const mark = markOf(await inSandbox('iptables-save', '-t', 'mangle'), vip)
  const option = ['--list', '--numeric', '--fwmark-service', `${mark}`]
  const [weights, statistics] = [
    await inSandbox('ipvsadm', ...option),
    await inSandbox('ipvsadm', ...option, '--stats'),
  ]
  const connections = new Map(serverRows(statistics).map(([address, count]) => [address, count]))
  const servers = serverRows(weights).map(([address, , weight]) => ({
    address,
    weight: Number(weight),
    connections: Number(connections.get(address) ?? 0),
  }))
  return { mark, servers: servers.toSorted((a, b) => a.address.localeCompare(b.address)) }
}

/** From `-A INPUT -d 10.0.2.9/32 -j MARK --set-xmark 0x101/0xffffffff`. */
function markOf(rules: string, vip: string): number {
  const rule = rules
    .split('\n')
    .find((line) => line.includes(` -d ${vip}/32 `) && line.includes('--set-xmark'))
  const mark = /--set-xmark (0x[0-9a-f]+)/.exec(rule ?? '')?.[1]
  if (mark === undefined) throw new Error(`no packets are marked for ${vip}:\n${rules}`)
  return Number(mark)
}

/** From `  -> 10.0.2.12:0  Masq  1  0  0`: the address and the fields after it. */
function serverRows(listing: string): readonly (readonly [address: string, ...fields: string[]])[] {
  return [...listing.matchAll(/^\s+-> (\d+\.\d+\.\d+\.\d+):\d+\s+(.*)$/gm)].map(
    ([, address = '', fields = '']) => [address, ...fields.trim().split(/\s+/)] as const,
  )
}
