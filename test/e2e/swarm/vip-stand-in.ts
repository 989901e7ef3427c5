// A data plane for VIPs where the kernel has no IP_VS: Swarm hands out VIPs all the same, but nothing answers on them.
// Owns the loop that follows the Swarm and keeps each node's rules. Refuses published ports of the ingress network.
//
// Each node balances for itself, in its sandbox of each network: <exec root>/netns/lb_<first 9 of the network's id>. Those
// files are mounts of the engine's own, seen through /proc/<pid>/root.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { engineProcess } from './engine.ts'
import { askEngine } from './engine-api.ts'
import type { BedLayout, NodeLayout } from './layout.ts'
import { run } from './run.ts'
import { natTable, serviceList, taskList, type Vip, vipsOf } from './vip-rules.ts'

const intervalMs = 200

type Context = {
  readonly bed: BedLayout
  /** What each sandbox has, by the inode of its namespace: a sandbox that was made anew has nothing. */
  readonly applied: Map<string, string>
  readonly say: (line: string) => void
}

/** Keeps the VIPs of all nodes until the signal; failures are told once, and tried again. */
export async function keepVips(
  bed: BedLayout,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const context: Context = { bed, applied: new Map(), say }
  let told = ''
  while (!signal.aborted) {
    const trouble = await follow(context).then(
      () => '',
      (error: unknown) => String(error),
    )
    if (trouble !== told && trouble !== '') say(trouble)
    told = trouble
    await wait(intervalMs, undefined, { signal }).catch(() => undefined)
  }
}

async function follow(context: Context): Promise<void> {
  const vips = await look(context.bed.nodes)
  const sandboxes = await Promise.all(context.bed.nodes.map((node) => sandboxesOf(node, vips)))
  const done = await Promise.allSettled(
    sandboxes.flat().map((sandbox) => update(context, sandbox, vips.get(sandbox.network) ?? [])),
  )
  // One sandbox that is just being made or removed must not keep the others waiting.
  const failed = done.find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function update({ applied, say }: Context, sandbox: Sandbox, vips: readonly Vip[]): Promise<void> {
  const table = natTable(vips)
  const before = applied.get(sandbox.key)
  if (before === table || (before === undefined && vips.length === 0)) return
  await apply(sandbox.path, vips, table)
  applied.set(sandbox.key, table)
  const summary = vips.map(({ address, backends }) => `${address} to ${backends.join(' ')}`)
  say(`${sandbox.node}, network ${sandbox.network.slice(0, 9)}: ${summary.join(', ') || 'no VIP'}`)
}

/** What the first manager that answers says. */
async function look(nodes: readonly NodeLayout[]): Promise<ReadonlyMap<string, readonly Vip[]>> {
  let trouble: unknown = new Error('there are no nodes')
  const filters = encodeURIComponent(JSON.stringify({ 'desired-state': ['running'] }))
  for (const { socket } of nodes) {
    try {
      const [services, tasks] = await Promise.all([
        askEngine(socket, '/services'),
        askEngine(socket, `/tasks?filters=${filters}`),
      ])
      return vipsOf(serviceList.parse(services), taskList.parse(tasks))
    } catch (error) {
      trouble = error
    }
  }
  throw trouble
}

type Sandbox = {
  readonly node: string
  readonly key: string
  readonly path: string
  readonly network: string
}

/** The sandboxes that a node has now, of networks that have a VIP or had one. */
async function sandboxesOf(
  node: NodeLayout,
  vips: ReadonlyMap<string, readonly Vip[]>,
): Promise<readonly Sandbox[]> {
  const pid = await engineProcess(node)
  if (pid === undefined) return []
  const folder = join(`/proc/${pid}/root`, node.execRoot, 'netns')
  const names = await readdir(folder).catch(() => [])
  const found = names
    .filter((name) => name.startsWith('lb_'))
    .map(async (name): Promise<readonly Sandbox[]> => {
      const path = join(folder, name)
      const { ino, dev } = await stat(path)
      // A file that no namespace is mounted on yet lies on the disk, with a number that may come back.
      const mounted = dev !== (await stat(folder)).dev
      const network = [...vips.keys()].find((id) => id.startsWith(name.slice(3))) ?? name.slice(3)
      return mounted ? [{ node: node.name, key: `${node.name} ${ino}`, path, network }] : []
    })
  return (await Promise.all(found)).flat()
}

/** Makes the sandbox answer for exactly these VIPs. */
async function apply(sandbox: string, vips: readonly Vip[], table: string): Promise<void> {
  const addresses = vips.map(({ address }) => address)
  // The VIPs are the only addresses of length 32 there: the sandbox's own has the network's.
  const script = `
    set -e
    echo 1 >/proc/sys/net/ipv4/ip_forward
    # Packets leave through the interface they came in by; the sender must not be told of the short cut.
    echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
    echo 0 >/proc/sys/net/ipv4/conf/eth0/send_redirects
    for vip in $(ip -4 -o address show dev eth0 | sed -n 's|.* inet \\([0-9.]*\\)/32 .*|\\1|p'); do
      case " $* " in *" $vip "*) ;; *) ip address delete "$vip/32" dev eth0 ;; esac
    done
    iptables-restore
    for vip; do ip address replace "$vip/32" dev eth0; done`
  await run('nsenter', [`--net=${sandbox}`, '/bin/sh', '-c', script, 'sh', ...addresses], { input: table })
}
