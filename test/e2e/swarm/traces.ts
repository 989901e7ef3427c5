// What a test bed leaves on the machine, as lists of names: to see that there is something, and then nothing.
// Owns the looking. Refuses to remove (sweep.ts does).

import { readdir, readFile } from 'node:fs/promises'
import { layOut } from './layout.ts'
import { run } from './run.ts'

/** Every namespace, mount, cgroup, process and folder of the test bed `name`, sorted. */
export async function tracesOf(name: string): Promise<readonly string[]> {
  const bed = layOut(name, 0)
  const isOurs = (text: string) =>
    [bed.runDir, bed.dataDir, `/${bed.cgroup}`].some((own) => text.includes(own))
  const namespaces = (await readdir('/run/netns').catch(() => []))
    .filter((each) => each.startsWith(bed.namespacePrefix))
    .map((each) => `namespace ${each}`)
  const mounts = (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .filter((line) => isOurs(line) || line.includes(`/run/netns/${bed.namespacePrefix}`))
    .map((line) => `mount ${line.split(' ')[1]}`)
  const folders = (await run('find', [...roots(bed), '-maxdepth', '2', '-type', 'd']))
    .split('\n')
    .filter((line) => isOurs(`${line}/`))
    .map((line) => `folder ${line}`)
  return [...namespaces, ...mounts, ...folders, ...(await processes(isOurs))].toSorted()
}

/** What all test beds must leave alone: the links, the firewall rules and the routes of the machine's own network. */
export async function ownNetwork(): Promise<readonly string[]> {
  const links = (await run('ip', ['-o', 'link'])).split('\n').map((line) => line.split(' ')[1] ?? '')
  const routes = (await run('ip', ['route'])).split('\n')
  const rules = await Promise.all(
    ['filter', 'nat', 'mangle'].map((table) => run('iptables', ['-t', table, '-S'])),
  )
  const forward = await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')
  return [...links, ...routes, ...rules.flatMap((each) => each.split('\n')), `ip_forward ${forward.trim()}`]
}

function roots(bed: { readonly runDir: string; readonly dataDir: string }): readonly string[] {
  return ['/sys/fs/cgroup', '/run', bed.dataDir.replace(/\/[^/]*$/, '')]
}

async function processes(isOurs: (text: string) => boolean): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const found = pids.map(async (pid) => {
    // A process may end while it is looked at.
    const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return isOurs(cgroup) || isOurs(command) ? [`process ${pid} ${command.split('\0')[0]}`] : []
  })
  return (await Promise.all(found)).flat()
}
