// What IP_VS would do for the VIPs of a Swarm, as firewall rules: which VIP leads to which tasks in which network.
// Owns the reading of services and tasks, and the rules' text. Refuses to look or to apply (vip-stand-in.ts does).

import { z } from 'zod'

/** The fields of `GET /services` that VIPs are made of. */
export const serviceList = z.array(
  z.object({
    ID: z.string(),
    Endpoint: z.object({
      VirtualIPs: z.array(z.object({ NetworkID: z.string(), Addr: z.string().optional() })).nullish(),
    }),
  }),
)

/** The fields of `GET /tasks`. */
export const taskList = z.array(
  z.object({
    ID: z.string(),
    ServiceID: z.string().optional(),
    DesiredState: z.string(),
    Status: z.object({ State: z.string() }),
    NetworksAttachments: z
      .array(z.object({ Network: z.object({ ID: z.string() }), Addresses: z.array(z.string()).nullish() }))
      .nullish(),
  }),
)

/** A service's VIP in one network, and the addresses that it leads to, sorted; no prefix lengths. */
export type Vip = { readonly address: string; readonly backends: readonly string[] }

/**
 * The VIPs of each network, by network id. A task counts while it runs and is meant to: Swarm takes it out of IP_VS
 * when its desired state leaves `running`, before it sends SIGTERM (moby daemon/cluster/executor/container/controller.go).
 * A VIP without such a task is left out: nothing answers on it, as on a real one.
 */
export function vipsOf(
  services: z.infer<typeof serviceList>,
  tasks: z.infer<typeof taskList>,
): ReadonlyMap<string, readonly Vip[]> {
  const running = tasks.filter((task) => task.DesiredState === 'running' && task.Status.State === 'running')
  const byNetwork = new Map<string, Vip[]>()
  for (const service of services) {
    for (const { NetworkID, Addr } of service.Endpoint.VirtualIPs ?? []) {
      if (Addr === undefined) continue
      const backends = running
        .filter((task) => task.ServiceID === service.ID)
        .flatMap((task) => task.NetworksAttachments ?? [])
        .filter((attachment) => attachment.Network.ID === NetworkID)
        .flatMap((attachment) => (attachment.Addresses ?? []).map(withoutLength))
        .toSorted()
      if (backends.length === 0) continue
      const vips = byNetwork.get(NetworkID) ?? []
      byNetwork.set(NetworkID, [...vips, { address: withoutLength(Addr), backends }])
    }
  }
  return byNetwork
}

/**
 * The nat table for `iptables-restore`: each VIP's new connections go to its tasks in turn, as IP_VS' round robin; those
 * that are under way stay where they are. The tasks see the sandbox as their peer, so that answers come back this way.
 */
export function natTable(vips: readonly Vip[]): string {
  const rules = vips.flatMap(({ address, backends }) =>
    backends.map((backend, index) => {
      const left = backends.length - index
      const turn = left === 1 ? '' : ` -m statistic --mode nth --every ${left} --packet 0`
      return `-A PREROUTING -d ${address}/32${turn} -j DNAT --to-destination ${backend}`
    }),
  )
  return ['*nat', ...rules, '-A POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE', 'COMMIT', ''].join(
    '\n',
  )
}

function withoutLength(address: string): string {
  return address.replace(/\/\d+$/, '')
}
